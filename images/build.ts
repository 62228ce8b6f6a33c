// `hostless image build`: a Debian root by mmdebstrap with our agent in it, our initramfs made from it, and both handed on as a new
// generation.
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { INTERRUPTED, runMmdebstrap } from './bootstrap.ts'
import { encodeCpio } from './dom0/cpio.ts'
import { firmwareOf, type InitramfsParts, initramfsEntries, type KernelModules, moduleTables, selectModules } from './dom0/initramfs.ts'
import { isPackageName, mmdebstrapArguments, type Recipe, SOURCE_DATE_EPOCH } from './dom0/recipe.ts'
import { readTar, type TarEntry, type TarSource } from './tar.ts'

export interface BuildOptions extends Recipe {
  /** Folder of ours with the recipe's files: images/dom0 of the package. */
  readonly recipeFolder: string
  /** Folder for what is being built, on the file system of the image store: the root tar is moved, not copied. */
  readonly staging: string
  /** The agent's bundle: what `bundleAgent` makes. */
  readonly agent: string
  /** Public keys (authorized_keys lines) that may log in as root; none: nobody can. */
  readonly authorizedKeys?: string
  /** Ends the build, and what it has started. */
  readonly signal: AbortSignal
  /** Called with each line that tells how far the build is. */
  readonly onProgress: (text: string) => void
}

/** What a build leaves in its staging folder, for `importGeneration`. */
export interface Built {
  readonly root: string
  readonly xen: string
  readonly xenEfi: string
  readonly kernel: string
  readonly initrd: string
  readonly kernelVersion: string
  readonly discard: () => Promise<void>
}

/** Throws an Error that says what to install or to change; nothing is left in `staging` then. */
export async function buildDom0(options: BuildOptions): Promise<Built> {
  const unfit = options.add.find((name) => !isPackageName(name))
  if (unfit !== undefined) throw new Error(`--add ${JSON.stringify(unfit)}: not a Debian package name`)
  await mkdir(options.staging, { recursive: true })
  const folder = await mkdtemp(join(options.staging, '.build-'))
  const discard = () => rm(folder, { recursive: true, force: true })
  try {
    const root = join(folder, 'root.tar')
    await bootstrap(options, folder, root)
    options.onProgress('making the initramfs')
    const { initrd, kernelVersion } = await makeInitramfs(root, options.recipeFolder, folder)
    if (options.signal.aborted) throw new Error(INTERRUPTED)
    const file = (name: string) => join(folder, name)
    return { root, xen: file('xen'), xenEfi: file('xen.efi'), kernel: file('vmlinuz'), initrd, kernelVersion, discard }
  } catch (error) {
    await discard()
    throw error
  }
}

async function bootstrap(options: BuildOptions, folder: string, root: string): Promise<void> {
  const overlay = join(folder, 'overlay')
  await execa('cp', ['-rT', '--no-preserve=mode', join(options.recipeFolder, 'root'), overlay])
  await writeFile(join(overlay, 'usr/lib/hostless/agent.mjs'), options.agent)
  if (options.authorizedKeys !== undefined) {
    await mkdir(join(overlay, 'root/.ssh'), { recursive: true, mode: 0o700 })
    await writeFile(join(overlay, 'root/.ssh/authorized_keys'), checkedKeys(options.authorizedKeys), { mode: 0o600 })
  }
  const files = { overlay, customize: join(options.recipeFolder, 'customize.sh'), boot: folder, root }
  await runMmdebstrap(mmdebstrapArguments(options, files), { ...options, epoch: SOURCE_DATE_EPOCH })
}

/** Public keys only: a private key in a world-readable image would be anybody's. */
function checkedKeys(text: string): string {
  const lines = text.split('\n').map((line) => line.trim())
  const keys = lines.filter((line) => line && !line.startsWith('#'))
  const bad = keys.find((line) => !/(^|\s)(ssh-(ed25519|rsa)|ecdsa-sha2-\S+|sk-\S+) [A-Za-z0-9+/=]+/.test(line))
  if (bad !== undefined || keys.length === 0)
    throw new Error('the file of authorized keys holds something other than public ssh keys: give the .pub file')
  return `${keys.join('\n')}\n`
}

async function makeInitramfs(root: string, recipeFolder: string, folder: string): Promise<{ initrd: string; kernelVersion: string }> {
  const file = await open(root, 'r')
  try {
    const { size } = await file.stat()
    const source: TarSource = {
      size,
      read: async (position, length) => (await file.read(Buffer.alloc(length), 0, length, position)).buffer,
    }
    const entries = new Map<string, TarEntry>()
    for await (const entry of readTar(source)) entries.set(entry.path.toString('latin1').replace(/^\.\//, ''), entry)
    const read = (path: string): Promise<Buffer> => {
      const entry = entries.get(path)
      if (!entry) throw new Error(`the root has no ${path}`)
      return source.read(entry.dataOffset, entry.size)
    }
    const parts = await initramfsParts([...entries.keys()], read, recipeFolder)
    const initrd = join(folder, 'initrd.img')
    const archive = encodeCpio(initramfsEntries(parts))
    // Level 19 makes 11.0 MB of it and takes 36 s of CPU; this makes 12.3 MB in 4 s.
    const packed = await execa('zstd', ['-12', '-T0', '-q', '-c'], { input: archive, encoding: 'buffer' })
    await writeFile(initrd, packed.stdout)
    return { initrd, kernelVersion: parts.version }
  } finally {
    await file.close()
  }
}

async function initramfsParts(
  paths: readonly string[],
  read: (path: string) => Promise<Buffer>,
  recipeFolder: string,
): Promise<InitramfsParts> {
  const versions = new Set(paths.flatMap((path) => /^usr\/lib\/modules\/([^/]+)\/kernel\//.exec(path)?.[1] ?? []))
  const [version, ...others] = versions
  if (!version || others.length > 0)
    throw new Error(`the root must hold the modules of one kernel, it holds: ${[...versions].join(', ') || 'none'}`)
  const base = `usr/lib/modules/${version}/`
  const table = async (name: string) => (await read(base + name)).toString('latin1')
  const modules: KernelModules = {
    version,
    paths: paths.filter((path) => path.startsWith(base) && path.endsWith('.ko')).map((path) => path.slice(base.length)),
    dependencies: await table('modules.dep'),
    aliases: await table('modules.alias'),
    softDependencies: await table('modules.softdep'),
  }
  const chosen = selectModules(modules)
  const contents = new Map<string, Buffer>()
  const firmware = new Map<string, Buffer>()
  const present = new Set(paths)
  for (const path of chosen) {
    const module = await read(base + path)
    contents.set(path, module)
    for (const blob of firmwareOf(module)) {
      if (present.has(`usr/lib/firmware/${blob}`)) firmware.set(blob, await read(`usr/lib/firmware/${blob}`))
    }
  }
  const script = (name: string) => readFile(join(recipeFolder, 'initramfs', name))
  return {
    version,
    busybox: await read('usr/bin/busybox'),
    scripts: { init: await script('init'), 'bin/lease': await script('lease'), 'bin/stick': await script('stick') },
    modules: contents,
    tables: moduleTables(modules, chosen),
    firmware,
  }
}
