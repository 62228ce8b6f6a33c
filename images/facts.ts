// What a manifest tells of an image, read out of the image itself: os-release(5), dpkg's status file,
// the version string of a bzImage (Documentation/arch/x86/boot.rst of Linux). Pure.
import type { Tree } from '../appliance/nfs-server-lite/vfs.ts'
import { DOM0_MEMORY_MIB, type ManifestContent, type PackageEntry } from './manifest.ts'
import type { TarSource } from './tar.ts'

/** Cap of the files that are read: a full Debian has 5 MB of package status. */
const MAX_BYTES = 32 << 20
const WORD = /^[!-~]{1,200}$/
const ARCHITECTURE = 'amd64' // of every kernel that boot-files.ts lets through

/** What the manifest tells besides the files themselves. */
export type ImageFacts = Omit<ManifestContent, 'schema' | 'components'>
/** What somebody knows better than the image. */
export type KnownFacts = Partial<Omit<ImageFacts, 'versions'>> & { readonly versions?: Partial<ImageFacts['versions']> }

export interface InstalledPackages {
  /** Sorted by name. */
  readonly packages: readonly PackageEntry[]
  /** Of the package dpkg itself; undefined without it. */
  readonly architecture: string | undefined
}

/** Packages that are installed, with their sizes in bytes. Stanzas that make no sense are left out. */
export function parseDpkgStatus(status: string): InstalledPackages {
  const stanzas = status.split(/\n\n+/).map(fieldsOf)
  const installed = stanzas.filter(
    (fields) => fields.get('Status')?.endsWith(' installed') && fields.has('Package') && fields.has('Version'),
  )
  const architecture = installed.find((fields) => fields.get('Package') === 'dpkg' && isWord(fields, 'Architecture'))?.get('Architecture')
  const packages = installed.map((fields): PackageEntry => {
    const own = fields.get('Architecture')
    const foreign = architecture !== undefined && own !== undefined && own !== architecture && own !== 'all'
    const kibibytes = Number(fields.get('Installed-Size') ?? 0)
    return {
      name: `${fields.get('Package')}${foreign ? `:${own.slice(0, 32)}` : ''}`,
      version: fields.get('Version') ?? '',
      size: Number.isSafeInteger(kibibytes * 1024) && kibibytes > 0 ? kibibytes * 1024 : 0,
    }
  })
  return { packages: packages.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)), architecture }
}

/** Reads the facts out of the root file system and the kernel; `known` goes before. Rejects as `source.read` does. */
export async function factsOf(tree: Tree, source: TarSource, vmlinuz: Buffer, known: KnownFacts): Promise<ImageFacts> {
  const status = await readPlainFile(tree, source, 'var/lib/dpkg/status')
  const osRelease = (await readPlainFile(tree, source, 'usr/lib/os-release')) ?? (await readPlainFile(tree, source, 'etc/os-release'))
  const installed = parseDpkgStatus(status ?? '')
  const packages = known.packages ?? [...installed.packages]
  const found = {
    kernel: kernelVersion(vmlinuz) ?? 'unknown',
    xen: versionOf(packages, /^xen-hypervisor-[0-9]/) ?? versionOf(packages, /^xen-utils-[0-9]/),
    'drbd-utils': versionOf(packages, /^drbd-utils$/),
    nodejs: versionOf(packages, /^nodejs$/),
  }
  const versions = Object.fromEntries(Object.entries({ ...found, ...known.versions }).filter(([, version]) => version !== undefined))
  return {
    suite: known.suite ?? parseSuite(osRelease ?? '') ?? 'unknown',
    architecture: known.architecture ?? installed.architecture ?? ARCHITECTURE,
    versions: { kernel: found.kernel, ...versions },
    dom0MemoryMiB: known.dom0MemoryMiB ?? DOM0_MEMORY_MIB,
    packages,
  }
}

/** VERSION_CODENAME, or the id with its version; undefined when it says neither. */
export function parseSuite(osRelease: string): string | undefined {
  const fields = new Map<string, string>()
  for (const line of osRelease.split('\n')) {
    const match = /^([A-Z_]+)=(["']?)(.*)\2\s*$/.exec(line)
    if (match?.[1] !== undefined && match[3] !== undefined && /^[a-z0-9._-]{1,64}$/.test(match[3])) fields.set(match[1], match[3])
  }
  const id = fields.get('ID')
  const version = fields.get('VERSION_ID')
  return fields.get('VERSION_CODENAME') ?? (id === undefined ? undefined : version === undefined ? id : `${id}-${version}`)
}

/** `6.12.48+deb13-amd64` of a bzImage; undefined when it carries none. */
export function kernelVersion(vmlinuz: Buffer): string | undefined {
  if (vmlinuz.length < 0x210) return undefined
  const start = vmlinuz.readUInt16LE(0x20e) + 0x200
  const end = vmlinuz.indexOf(0, start)
  const text = vmlinuz.toString('latin1', start, end === -1 ? start : Math.min(end, start + 256))
  return /^[0-9][0-9A-Za-z.+~_-]*/.exec(text)?.[0]
}

/** The version of the first installed package whose name the pattern matches. */
export function versionOf(packages: readonly PackageEntry[], name: RegExp): string | undefined {
  return packages.find((entry) => name.test(entry.name))?.version
}

const isWord = (fields: ReadonlyMap<string, string>, name: string): boolean => WORD.test(fields.get(name) ?? '')

function fieldsOf(stanza: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (const line of stanza.split('\n')) {
    const match = /^([A-Za-z-]+):[ \t]*(.*?)[ \t\r]*$/.exec(line)
    if (match?.[1] !== undefined && match[2]) fields.set(match[1], match[2])
  }
  return fields
}

/** Undefined when it is not there, no regular file, or beyond the cap. Follows no symlink. */
async function readPlainFile(tree: Tree, source: TarSource, path: string): Promise<string | undefined> {
  let file: number | undefined = tree.root
  for (const part of path.split('/')) file = file === undefined ? undefined : tree.lookup(file, Buffer.from(part))
  const offset = file === undefined ? undefined : tree.dataOffset(file)
  const size = file === undefined ? undefined : tree.attributes(file)?.size
  if (offset === undefined || size === undefined || size > MAX_BYTES) return undefined
  return (await source.read(offset, size)).toString('utf8')
}
