// Inputs of an import that pass the gates, small: a root of a few files and boot files of the right shape.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { type ImageName, parseImageName } from '../../appliance/wire/generation.ts'
import type { Log } from '../../appliance/wire/log.ts'
import type { Manifest } from '../../images/manifest.ts'
import { type ImportRequest, importGeneration } from '../../images/publish.ts'
import type { TarSource } from '../../images/tar.ts'
import { type TinyEntry, tinyTar } from './tiny-tar.ts'

export const quiet: Log = { debug() {}, info() {}, warn() {}, error() {} }

export const DPKG_STATUS = `Package: dpkg
Status: install ok installed
Architecture: amd64
Version: 1.22.21
Installed-Size: 6000

Package: drbd-utils
Status: install ok installed
Architecture: amd64
Version: 9.22.0-1
Installed-Size: 2000

Package: xen-hypervisor-4.20-amd64
Status: install ok installed
Architecture: amd64
Version: 4.20.0+68-1
Installed-Size: 9000

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1
`

export const ROOT: readonly TinyEntry[] = [
  { path: './' },
  { path: './etc/' },
  { path: './etc/shadow', data: 'root:*:19000:0:99999:7:::\n', mode: 0o640, gid: 42 },
  { path: './etc/machine-id' },
  { path: './usr/' },
  { path: './usr/lib/' },
  { path: './usr/lib/os-release', data: 'ID=debian\nVERSION_CODENAME=trixie\nVERSION_ID="13"\n' },
  { path: './usr/lib/os-release-too', type: '1', link: './usr/lib/os-release' },
  { path: './lib', type: '2', link: 'usr/lib' },
  { path: './dev/' },
  { path: './dev/null', type: '3', major: 1, minor: 3, mode: 0o666 },
  { path: './var/lib/dpkg/status', data: DPKG_STATUS },
]

export function fakeXen(text = 'xen'): Buffer {
  const bytes = Buffer.alloc(4096)
  bytes.write('\x7fELF', 0, 'latin1')
  bytes.writeUInt32LE(0x1badb002, 128)
  bytes.writeUInt32LE(3, 132)
  bytes.writeUInt32LE((0x1_0000_0000 * 2 - 0x1badb002 - 3) % 0x1_0000_0000, 136)
  bytes.write(text, 1024)
  return bytes
}

export function fakeXenEfi(): Buffer {
  const bytes = Buffer.alloc(512)
  bytes.write('MZ')
  bytes.writeUInt32LE(128, 0x3c)
  bytes.write('PE\0\0', 128)
  return bytes
}

export function fakeKernel(version = '6.12.48+deb13-amd64'): Buffer {
  const bytes = Buffer.alloc(8192)
  bytes.writeUInt16LE(0xaa55, 0x1fe)
  bytes.write('HdrS', 0x202)
  bytes.writeUInt16LE(0x1000, 0x20e)
  bytes.write(`${version} (debian-kernel@lists.debian.org) #1 SMP\0`, 0x1200)
  return bytes
}

export const fakeInitramfs = (): Buffer => Buffer.from('07070100000000 an archive\n')

export interface FakeInputs {
  readonly 'root.tar': string
  readonly xen: string
  readonly vmlinuz: string
  readonly 'initrd.img': string
  readonly 'xen.efi': string
}

/** Writes a whole set of inputs into `folder`; `root` in place of the usual one. */
export async function writeInputs(folder: string, root: readonly TinyEntry[] | Buffer = ROOT): Promise<FakeInputs> {
  const contents = {
    'root.tar': Buffer.isBuffer(root) ? root : tinyTar(root),
    xen: fakeXen(),
    vmlinuz: fakeKernel(),
    'initrd.img': fakeInitramfs(),
    'xen.efi': fakeXenEfi(),
  }
  for (const [name, bytes] of Object.entries(contents)) await writeFile(join(folder, name), bytes)
  const path = (name: keyof FakeInputs): string => join(folder, name)
  return {
    'root.tar': path('root.tar'),
    xen: path('xen'),
    vmlinuz: path('vmlinuz'),
    'initrd.img': path('initrd.img'),
    'xen.efi': path('xen.efi'),
  }
}

/** A folder that goes when the test ends. */
export async function temporaryFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hl-images-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

export function memorySource(bytes: Buffer): TarSource {
  return {
    size: bytes.length,
    read: async (position, length) => {
      if (position + length > bytes.length) throw new RangeError(`${length} bytes at ${position} of ${bytes.length}`)
      return Buffer.from(bytes.subarray(position, position + length))
    },
  }
}

export function imageName(text: string): ImageName {
  const name = parseImageName(text)
  if (!name) throw new Error(`${text} is no image name`)
  return name
}

/** A data directory that is not yet there, and inputs beside it. */
export async function setUp(t: ExecutionContext, root?: readonly TinyEntry[]) {
  const folder = await temporaryFolder(t)
  const inputs = join(folder, 'inputs')
  await mkdir(inputs)
  const dataDir = join(folder, 'data')
  return { folder, dataDir, files: await writeInputs(inputs, root), images: join(dataDir, 'images/dom0') }
}

/** The manifest of an import that succeeds. */
export async function imported(dataDir: string, files: FakeInputs, more: Partial<ImportRequest> = {}): Promise<Manifest> {
  const outcome = await importGeneration({ dataDir, name: imageName('dom0'), files, log: quiet, ...more })
  if (outcome.kind !== 'imported') throw new Error(JSON.stringify(outcome))
  return outcome.manifest
}
