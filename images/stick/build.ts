// Makes a stick by Debian's tools, as whoever calls: no root, no loop device, no mount. The image goes to a stream as xorriso writes it.
import { mkdir, mkdtemp, readFile, realpath, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { execa } from 'execa'
import type { Generation } from '../../appliance/wire/generation.ts'
import { codeOf } from '../store/files.ts'
import {
  earlyConfig,
  formatArguments,
  GRUB_BIOS,
  GRUB_UEFI,
  IPXE_BIOS,
  IPXE_UEFI,
  isoArguments,
  markerPath,
  mkimageArguments,
  readsAutoexec,
  STICK_EPOCH,
  type StickFile,
  stickId,
} from './contents.ts'

export type StickRequest = {
  /** GRUB's grub.cfg. */
  readonly config: string
  readonly output: Writable
  readonly signal?: AbortSignal
} & (
  | { readonly kind: 'appliance' /** iPXE's. */; readonly script: string }
  /** `folder`: of the generation, whose files have been verified. */
  | { readonly kind: 'alone'; readonly generation: Generation; readonly folder: string }
)

export interface BuiltStick {
  readonly bytes: number
  /** What somebody should know of this stick. */
  readonly notes: readonly string[]
}

/** Of a generation on a stick; the root as the initramfs looks for it. */
export const STICK_COMPONENTS = ['xen', 'vmlinuz', 'initrd.img', 'root.squashfs'] as const

const OLD_IPXE =
  'the package ipxe of this machine reads no script on UEFI: there the stick finds the appliance by its DHCP alone (Debian 13’s reads one)'

/** Rejects with which program failed at what, or whose package is missing. What has left by then is no whole stick. */
export async function buildStick(request: StickRequest): Promise<BuiltStick> {
  const work = await mkdtemp(join(tmpdir(), 'hostless-stick-'))
  try {
    return await buildIn(work, request)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function buildIn(work: string, request: StickRequest): Promise<BuiltStick> {
  const at = (name: string) => join(work, name)
  const id = stickId([request.config, ...(request.kind === 'appliance' ? [request.script] : [request.generation])])
  await writeFile(at('early.cfg'), earlyConfig(id))
  await writeFile(at('grub.cfg'), request.config)
  await writeFile(at('marker'), `${id}\n`)
  const own: StickFile[] = [
    { path: '/boot/grub/grub.cfg', source: at('grub.cfg') },
    { path: markerPath(id), source: at('marker') },
  ]
  await run('grub-mkimage', mkimageArguments('bios', at('early.cfg'), at('eltorito.img')), `grub-pc-bin (${GRUB_BIOS})`, request.signal)
  const uefi = await uefiProgram(at, request)
  await makeEfi(at, id, uefi.files, request.signal)
  const files = [...own, ...uefi.iso, ...(await filesOf(at, request))]
  const bytes = await writeIso(isoArguments({ id, eltorito: at('eltorito.img'), efi: at('efi.img'), files }), request)
  return { bytes, notes: uefi.notes }
}

async function filesOf(at: (name: string) => string, request: StickRequest): Promise<readonly StickFile[]> {
  switch (request.kind) {
    case 'alone':
      return STICK_COMPONENTS.map((name) => ({
        path: `/hostless/${request.generation}/${name}`,
        source: join(request.folder, name),
      }))
    case 'appliance':
      await writeFile(at('stick.ipxe'), request.script)
      return [
        { path: '/hostless/ipxe.lkrn', source: await installed(IPXE_BIOS, 'ipxe') },
        { path: '/hostless/stick.ipxe', source: at('stick.ipxe') },
      ]
  }
}

interface UefiProgram {
  /** In the EFI system partition: name there, file here. */
  readonly files: readonly (readonly [string, string])[]
  readonly iso: readonly StickFile[]
  readonly notes: readonly string[]
}

/** GRUB, or iPXE itself where it reads its script from the partition beside it. */
async function uefiProgram(at: (name: string) => string, request: StickRequest): Promise<UefiProgram> {
  if (request.kind === 'appliance') {
    const ipxe = await installed(IPXE_UEFI, 'ipxe')
    if (readsAutoexec(await readFile(ipxe))) {
      await writeFile(at('autoexec.ipxe'), request.script)
      const script = ['::/autoexec.ipxe', '::/EFI/BOOT/autoexec.ipxe'].map((name) => [name, at('autoexec.ipxe')] as const)
      return { files: [['::/EFI/BOOT/BOOTX64.EFI', ipxe], ...script], iso: [], notes: [] }
    }
    return { ...(await grubProgram(at, request)), iso: [{ path: '/hostless/ipxe.efi', source: ipxe }], notes: [OLD_IPXE] }
  }
  return grubProgram(at, request)
}

async function grubProgram(at: (name: string) => string, { signal }: StickRequest): Promise<UefiProgram> {
  const target = at('bootx64.efi')
  await run('grub-mkimage', mkimageArguments('uefi', at('early.cfg'), target), `grub-efi-amd64-bin (${GRUB_UEFI})`, signal)
  return { files: [['::/EFI/BOOT/BOOTX64.EFI', target]], iso: [], notes: [] }
}

async function makeEfi(
  at: (name: string) => string,
  id: string,
  files: UefiProgram['files'],
  signal: AbortSignal | undefined,
): Promise<void> {
  const image = at('efi.img')
  await run('mformat', formatArguments(image, id), 'mtools', signal)
  await run('mmd', ['-i', image, '::/EFI', '::/EFI/BOOT'], 'mtools', signal)
  await mkdir(at('efi'))
  for (const [index, [name, source]] of files.entries()) {
    // A copy, as mtools takes the time of the file.
    const copy = at(`efi/${index}`)
    await writeFile(copy, await readFile(source))
    await utimes(copy, STICK_EPOCH, STICK_EPOCH)
    await run('mcopy', ['-m', '-i', image, copy, name], 'mtools', signal)
  }
}

const ENVIRONMENT = { SOURCE_DATE_EPOCH: String(STICK_EPOCH), TZ: 'UTC', LC_ALL: 'C', MTOOLS_SKIP_CHECK: '1' }

async function run(program: string, args: readonly string[], wanted: string, signal: AbortSignal | undefined): Promise<void> {
  const ended = await execa(program, args, {
    env: ENVIRONMENT,
    reject: false,
    stdin: 'ignore',
    ...(signal ? { cancelSignal: signal } : {}),
  })
  if (ended.code === 'ENOENT') throw new Error(`${program} is missing: apt-get install ${packageOf(program)}`)
  if (ended.isCanceled) throw new Error('interrupted')
  if (ended.failed) throw new Error(`${program} failed (${wanted}): ${ended.stderr.trim() || `exit code ${ended.exitCode}`}`)
}

function packageOf(program: string): string {
  return program === 'grub-mkimage' ? 'grub-common grub-pc-bin grub-efi-amd64-bin' : program === 'xorriso' ? 'xorriso' : 'mtools'
}

async function writeIso(args: readonly string[], { output, signal }: StickRequest): Promise<number> {
  let bytes = 0
  const child = execa('xorriso', args, {
    env: ENVIRONMENT,
    reject: false,
    stdin: 'ignore',
    buffer: { stdout: false },
    ...(signal ? { cancelSignal: signal } : {}),
  })
  const written = pipeline(
    child.stdout,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        bytes += chunk.length
        yield chunk
      }
    },
    output,
  ).catch((error: unknown) => {
    child.kill()
    return error
  })
  const ended = await child
  const fault = await written
  if (ended.code === 'ENOENT') throw new Error('xorriso is missing: apt-get install xorriso')
  if (ended.isCanceled) throw new Error('interrupted')
  if (fault !== undefined) throw new Error(`the stick could not be written: ${codeOf(fault)}`, { cause: fault })
  if (ended.failed) throw new Error(`xorriso failed: ${ended.stderr.trim() || `exit code ${ended.exitCode}`}`)
  return bytes
}

/** Where a file of a package really is: Debian 12 has links there. */
async function installed(path: string, name: string): Promise<string> {
  return realpath(path).catch((error: unknown) => {
    throw new Error(`${path} is missing: apt-get install ${name}`, { cause: error })
  })
}
