// A bare Debian to install the package in: minbase by mmdebstrap, kept in .lab/debian with the packages that will be wanted, unpacked by
// nobody yet. Each run writes to a layer of its own, and each command has mounts, network and processes that end with it, however it ends.
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'

export const SUITES = ['bookworm', 'trixie'] as const
export type Suite = (typeof SUITES)[number]

export interface Ran {
  readonly exitCode: number | undefined
  /** stdout and stderr as they came. */
  readonly said: string
}

export interface Chroot {
  /** Where a file of it is, once it is written; no command may run meanwhile. */
  path(file: string): string
  /** As root, by sh -e, without a network but loopback. */
  run(script: string): Promise<Ran>
  discard(): Promise<void>
}

const CACHE = new URL('../../.lab/debian/', import.meta.url).pathname

/** `wanted`: packages that are to be there without a network. Rejects with what mmdebstrap says. */
export async function bareDebian(suite: Suite, wanted: readonly string[]): Promise<Chroot> {
  const base = await baseOf(suite, wanted)
  const layer = await mkdtemp(join(tmpdir(), `hostless-${suite}-`))
  const [upper, work, root] = [join(layer, 'upper'), join(layer, 'work'), join(layer, 'root')]
  for (const folder of [upper, work, root]) await mkdir(folder)
  const mounts = [
    `mount -t overlay overlay -o 'lowerdir=${base},upperdir=${upper},workdir=${work}' '${root}'`,
    `mount -t proc proc '${root}/proc'`,
    `mount -t sysfs sysfs '${root}/sys'`,
    `mount --rbind /dev '${root}/dev'`,
    'ip link set lo up',
    `exec chroot '${root}' /bin/sh -e -c "$1"`,
  ]
  const apart = ['--mount', '--propagation=private', '--net', '--pid', '--fork', '--kill-child']
  return {
    path: (file) => join(upper, file),
    run: async (script) => {
      const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive', HOME: '/root' }
      const options = { env, extendEnv: false, stdin: 'ignore', all: true, reject: false } as const
      const { exitCode, all } = await execa('unshare', [...apart, 'sh', '-e', '-c', mounts.join('\n'), 'sh', script], options)
      return { exitCode, said: all ?? '' }
    },
    discard: () => rm(layer, { recursive: true, force: true }),
  }
}

/** What runs of this file have left on the machine, of the kept bases apart: layers, and mounts that others see. */
export async function leftovers(): Promise<readonly string[]> {
  const isOurs = (text: string): boolean => SUITES.some((suite) => text.includes(`hostless-${suite}-`)) || /\bmmdebstrap\./.test(text)
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').filter((line) => isOurs(line) || line.includes(CACHE))
  return [...(await readdir(tmpdir())).filter(isOurs), ...(await readdir(CACHE)).filter((name) => name.endsWith('.part')), ...mounts]
}

/** Made once for what is wanted; one of another time is thrown away. */
async function baseOf(suite: Suite, wanted: readonly string[]): Promise<string> {
  // With what they recommend, as the apt of a bare Debian installs it; mmdebstrap's own does not.
  const fetch = `APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get install --yes --download-only -o APT::Install-Recommends=true ${wanted.join(' ')}`
  const key = createHash('sha256').update(fetch).digest('hex').slice(0, 12)
  const base = join(CACHE, `${suite}-${key}`)
  if (existsSync(base)) return base
  await mkdir(CACHE, { recursive: true })
  for (const old of await readdir(CACHE)) if (old.startsWith(`${suite}-`)) await rm(join(CACHE, old), { recursive: true, force: true })
  const draft = `${base}.part`
  const options = ['--mode=root', '--variant=minbase', '--skip=cleanup/apt', '--format=directory', `--customize-hook=${fetch}`]
  try {
    await execa('mmdebstrap', [...options, suite, draft], { stdin: 'ignore', env: { LC_ALL: 'C.UTF-8' } })
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    throw error
  }
  await rename(draft, base)
  return base
}
