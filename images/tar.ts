// Reads the headers of a plain tar: POSIX ustar, pax (POSIX.1-2001, and Solaris' older form) and GNU's extensions (tar(5)).
// File contents stay where they are: an entry says where its bytes begin. No size in a header is
// trusted beyond the end of the file. Sparse files and multi-volume archives are refused.
import { readTarNumber } from './tar-number.ts'
import { globalKeyword, parsePax } from './tar-pax.ts'

const BLOCK = 512
/** Bytes fetched at once: the headers of small files come in one read. */
const WINDOW = 8192
const MAX_EXTENSION = 1 << 20
const MAX_ID = 0xffff_ffff

/** A seekable tar. */
export interface TarSource {
  /** Bytes in the file. */
  readonly size: number
  /** Exactly `length` bytes at `position`, else it rejects. */
  read(position: number, length: number): Promise<Buffer>
}

export type TarEntryKind = 'regular' | 'hardlink' | 'symlink' | 'character' | 'block' | 'directory' | 'fifo'

export interface TarEntry {
  readonly kind: TarEntryKind
  /** As written in the tar, long names resolved: `./etc/passwd`. Any bytes but NUL. */
  readonly path: Buffer
  /** Of a symlink its text, of a hard link the path of its target; else empty. */
  readonly linkTarget: Buffer
  /** 0 to 0o7777. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Bytes of a regular file; 0 for all others. */
  readonly size: number
  readonly mtimeSeconds: number
  readonly mtimeNanoseconds: number
  readonly deviceMajor: number
  readonly deviceMinor: number
  /** pax SCHILY.xattr.*, by attribute name. */
  readonly xattrs: ReadonlyMap<string, Buffer>
  /** Where the entry begins, its extension headers included. */
  readonly start: number
  /** Where a regular file's bytes begin. */
  readonly dataOffset: number
  /** Where the next entry begins. */
  readonly end: number
}

/** A tar that cannot be used. `offset` is that of the header, in bytes from the start of the file. */
export class TarError extends Error {
  override readonly name = 'TarError'
  readonly offset: number
  readonly entry: string

  constructor(offset: number, entry: string, problem: string) {
    super(`tar entry ${entry === '' ? '' : `${JSON.stringify(entry)} `}at byte ${offset}: ${problem}`)
    this.offset = offset
    this.entry = entry
  }
}

interface Extensions {
  pax: ReadonlyMap<string, Buffer>
  longName?: Buffer
  longLink?: Buffer
}

/** All entries in the order of the file. Throws TarError, or what `source.read` rejects with. */
export async function* readTar(source: TarSource): AsyncGenerator<TarEntry, void, void> {
  const fetch = windowed(source)
  let position = 0
  let start = 0
  let extensions: Extensions = { pax: new Map() }
  for (;;) {
    if (position + BLOCK > source.size) throw new TarError(position, '', 'the file ends without an end-of-archive mark: it is cut off')
    const header = await fetch(position, BLOCK)
    if (isZero(header)) {
      if (start !== position) throw new TarError(start, '', 'an extension header without an entry after it')
      return await checkEnd(fetch, source.size, position)
    }
    checkSum(header, position)
    const type = String.fromCharCode(header.readUInt8(156))
    if (type === 'V') {
      // A volume label (tar --label): no file.
      const length = number(header, 124, 12, 'size', position, nameOf(untilNul(header.subarray(0, 100))))
      if (length < 0 || length > MAX_EXTENSION) throw new TarError(position, '', `a volume label of ${length} bytes`)
      position += BLOCK + padded(length)
      start = position
      extensions = { pax: new Map() }
      continue
    }
    if ('xXgLK'.includes(type)) {
      const length = number(header, 124, 12, 'size', position, '')
      if (length < 0 || length > MAX_EXTENSION) throw new TarError(position, '', `an extension header of ${length} bytes`)
      const data = position + BLOCK
      if (data + length > source.size) throw new TarError(position, '', 'an extension header reaches beyond the end of the file')
      extensions = extend(extensions, type, Buffer.from(await fetch(data, length)), position)
      position = data + padded(length)
      continue
    }
    const entry = decodeEntry(header, extensions, type, start, position)
    if (entry.dataOffset + entry.size > source.size) {
      throw new TarError(position, nameOf(entry.path), `${entry.size} bytes wanted, the file ends after ${source.size - entry.dataOffset}`)
    }
    yield entry
    position = entry.end
    start = position
    extensions = { pax: new Map() }
  }
}

/** What is wrong with a file that is no plain tar, by its first bytes; undefined when nothing is. */
export function compressionOf(head: Uint8Array): string | undefined {
  const hex = Buffer.from(head.subarray(0, 6)).toString('hex')
  if (hex.startsWith('1f8b')) return 'gzip'
  if (hex.startsWith('28b52ffd')) return 'zstd'
  if (hex === 'fd377a585a00') return 'xz'
  return hex.startsWith('425a68') ? 'bzip2' : undefined
}

function windowed(source: TarSource): (position: number, length: number) => Promise<Buffer> {
  let window: Buffer = Buffer.alloc(0)
  let at = 0
  return async (position, length) => {
    if (position < at || position + length > at + window.length) {
      window = await source.read(position, Math.min(Math.max(length, WINDOW), source.size - position))
      at = position
    }
    return window.subarray(position - at, position - at + length)
  }
}

function extend(extensions: Extensions, type: string, data: Buffer, offset: number): Extensions {
  switch (type) {
    case 'L':
      return { ...extensions, longName: untilNul(data) }
    case 'K':
      return { ...extensions, longLink: untilNul(data) }
    default: {
      const records = parsePax(data)
      if (!records) throw new TarError(offset, '', 'a malformed pax header')
      if (type !== 'g') return { ...extensions, pax: new Map([...extensions.pax, ...records]) }
      // tar2sqfs ignores global headers: with them NFS root and squashfs would differ.
      const meant = [...records.keys()].find((key) => globalKeyword(key) === 'applies')
      if (meant !== undefined)
        throw new TarError(offset, '', `a global pax header sets ${meant}: make the tar without --pax-option ${meant}=`)
      return extensions
    }
  }
}

function decodeEntry(header: Buffer, extensions: Extensions, type: string, start: number, offset: number): TarEntry {
  const { pax } = extensions
  // GNU and v7 headers have other things where ustar has its prefix.
  const prefix = header.toString('latin1', 257, 263) === 'ustar\0' ? untilNul(header.subarray(345, 500)) : Buffer.alloc(0)
  const short = untilNul(header.subarray(0, 100))
  const plain = prefix.length > 0 ? Buffer.concat([prefix, Buffer.from('/'), short]) : short
  const path = pax.get('path') ?? extensions.longName ?? plain
  const name = nameOf(pax.get('GNU.sparse.name') ?? path) // a sparse file's own path is a made-up one
  const fail = (problem: string): never => {
    throw new TarError(offset, name, problem)
  }
  if (path.length === 0) fail('an empty name')
  if (type === 'M' || pax.has('GNU.volume.offset')) fail('the rest of a file of another volume: make the tar without --multi-volume')
  const sparse = [...pax.keys()].find((key) => key.startsWith('GNU.sparse'))
  if (sparse !== undefined || type === 'S') fail('a sparse file: make the tar without --sparse')

  const kind = kindOf(type, path) ?? fail(`unknown type ${JSON.stringify(type)}`)
  const field = (at: number, length: number, label: string) => number(header, at, length, label, offset, name)
  const decimal = (key: string): number | undefined => {
    const text = pax.get(key)?.toString('latin1')
    if (text === undefined) return undefined
    return /^\d{1,16}$/.test(text) ? Number(text) : fail(`pax ${key} is ${JSON.stringify(text)}`)
  }
  const size = decimal('size') ?? field(124, 12, 'size')
  if (size < 0 || !Number.isSafeInteger(size)) fail(`a size of ${size} bytes`)
  if (kind === 'hardlink' && size > 0) fail('a hard link with contents of its own: make the tar with GNU tar')
  const uid = decimal('uid') ?? field(108, 8, 'uid')
  const gid = decimal('gid') ?? field(116, 8, 'gid')
  if (uid < 0 || uid > MAX_ID || gid < 0 || gid > MAX_ID) fail(`owner ${uid}:${gid} is out of range`)
  const device = kind === 'block' || kind === 'character'
  const deviceMajor = device ? field(329, 8, 'devmajor') : 0
  const deviceMinor = device ? field(337, 8, 'devminor') : 0
  if (deviceMajor < 0 || deviceMajor > MAX_ID || deviceMinor < 0 || deviceMinor > MAX_ID) fail(`device ${deviceMajor}:${deviceMinor}`)
  const linked = kind === 'symlink' || kind === 'hardlink'
  const linkTarget = linked ? (pax.get('linkpath') ?? extensions.longLink ?? untilNul(header.subarray(157, 257))) : Buffer.alloc(0)
  if (linked && linkTarget.length === 0) fail('a link to nowhere')
  if (path.includes(0) || linkTarget.includes(0)) fail('a NUL in a name')

  const time = pax.get('mtime')?.toString('latin1')
  const mtime = time === undefined ? { seconds: field(136, 12, 'mtime'), nanoseconds: 0 } : (paxTime(time) ?? fail(`pax mtime is ${time}`))
  const contents = kind === 'regular' ? size : 0
  const dataOffset = offset + BLOCK
  const stored = type === 'D' ? size : contents // of an incremental dump, the names that a directory had
  return {
    kind,
    path,
    linkTarget,
    mode: field(100, 8, 'mode') & 0o7777,
    uid,
    gid,
    size: contents,
    mtimeSeconds: mtime.seconds,
    mtimeNanoseconds: mtime.nanoseconds,
    deviceMajor,
    deviceMinor,
    xattrs: xattrsOf(pax),
    start,
    dataOffset,
    end: dataOffset + padded(stored),
  }
}

function kindOf(type: string, path: Buffer): TarEntryKind | undefined {
  switch (type) {
    case '0':
    case '\0':
    case '7':
      return path.at(-1) === 0x2f ? 'directory' : 'regular' // v7 has no type for directories
    case '1':
      return 'hardlink'
    case '2':
      return 'symlink'
    case '3':
      return 'character'
    case '4':
      return 'block'
    case '5':
    case 'D':
      return 'directory'
    case '6':
      return 'fifo'
    default:
      return undefined
  }
}

function xattrsOf(pax: ReadonlyMap<string, Buffer>): ReadonlyMap<string, Buffer> {
  const prefix = 'SCHILY.xattr.'
  const found = [...pax].filter(([key]) => key.startsWith(prefix))
  return new Map(found.map(([key, value]) => [key.slice(prefix.length), value]))
}

/** pax times are decimal with a fraction; before 1970 the nanoseconds still count upwards. */
function paxTime(text: string): { readonly seconds: number; readonly nanoseconds: number } | undefined {
  const match = /^(-?)(\d{1,15})(?:\.(\d*))?$/.exec(text)
  if (!match) return undefined
  const [, sign, whole = '0', fraction = ''] = match
  const nanoseconds = Number(fraction.slice(0, 9).padEnd(9, '0'))
  if (sign === '') return { seconds: Number(whole), nanoseconds }
  return nanoseconds === 0 ? { seconds: 0 - Number(whole), nanoseconds } : { seconds: -Number(whole) - 1, nanoseconds: 1e9 - nanoseconds }
}

function number(header: Buffer, at: number, length: number, label: string, offset: number, name: string): number {
  const read = readTarNumber(header.subarray(at, at + length))
  if (read.kind === 'refused') throw new TarError(offset, name, `${label} ${read.problem}`)
  return read.value
}

function checkSum(header: Buffer, offset: number): void {
  let unsigned = 0
  let signed = 0
  for (let index = 0; index < BLOCK; index++) {
    const byte = index >= 148 && index < 156 ? 0x20 : header.readUInt8(index)
    unsigned += byte
    signed += byte > 127 ? byte - 256 : byte
  }
  const wanted = number(header, 148, 8, 'chksum', offset, '')
  if (wanted !== unsigned && wanted !== signed) throw new TarError(offset, '', 'the checksum is wrong: this is no tar header')
}

async function checkEnd(fetch: (position: number, length: number) => Promise<Buffer>, size: number, position: number): Promise<void> {
  const next = position + BLOCK
  if (next + BLOCK > size || isZero(await fetch(next, BLOCK))) return
  throw new TarError(position, '', 'a single block of zeros between entries')
}

const padded = (length: number): number => Math.ceil(length / BLOCK) * BLOCK
const isZero = (block: Buffer): boolean => block.every((byte) => byte === 0)
const nameOf = (path: Buffer): string => path.toString('latin1')

function untilNul(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0)
  return Buffer.from(end === -1 ? bytes : bytes.subarray(0, end))
}
