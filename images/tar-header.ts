// An entry as one plain form of header: what tar2sqfs is given, which knows fewer forms than GNU tar writes and passes over the rest with
// a warning. Pure. The other way is tar.ts.
import type { TarEntry, TarEntryKind } from './tar.ts'

const BLOCK = 512

const TYPES: { readonly [Kind in TarEntryKind]: string } = {
  regular: '0',
  hardlink: '1',
  symlink: '2',
  character: '3',
  block: '4',
  directory: '5',
  fifo: '6',
}

/** What squashfs can hold of a time: seconds since the epoch, 32 bits without a sign. */
const LATEST = 2 ** 32 - 1

/** A pax header with all that has a limit in ustar's (POSIX.1-2017, pax), and ustar's; the contents, padded, come after it. */
export function headerOf(entry: TarEntry): Buffer {
  const { path, linkTarget, uid, gid, size, xattrs } = entry
  const records: readonly (readonly [string, string | Buffer])[] = [
    ['path', path],
    ...(linkTarget.length > 0 ? [['linkpath', linkTarget] as const] : []),
    ['uid', String(uid)],
    ['gid', String(gid)],
    ['size', String(size)],
    ...[...xattrs].map(([name, value]) => [`SCHILY.xattr.${name}`, value] as const),
  ]
  const extension = Buffer.concat(records.map(([key, value]) => paxRecord(key, Buffer.from(value))))
  return Buffer.concat([
    ustar({ type: 'x', path: Buffer.from('pax'), size: extension.length, mode: 0o644, uid: 0, gid: 0, mtime: 0 }),
    padded(extension),
    ustar({
      type: TYPES[entry.kind],
      path,
      link: linkTarget,
      size,
      mode: entry.mode,
      uid,
      gid,
      mtime: Math.min(Math.max(entry.mtimeSeconds, 0), LATEST),
      device: { major: entry.deviceMajor, minor: entry.deviceMinor },
    }),
  ])
}

/** Bytes after contents of this size, up to the next header. */
export function paddingOf(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK
}

interface Ustar {
  readonly type: string
  readonly path: Buffer
  readonly link?: Buffer
  readonly size: number
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtime: number
  readonly device?: { readonly major: number; readonly minor: number }
}

/** What is too long or too large is cut: the pax header before it has all of it. */
function ustar({ type, path, link, size, mode, uid, gid, mtime, device }: Ustar): Buffer {
  const header = Buffer.alloc(BLOCK)
  const octal = (value: number, at: number, length: number): void => {
    const digits = value.toString(8)
    header.write(digits.length < length ? digits.padStart(length - 1, '0') : '0'.repeat(length - 1), at, 'latin1')
  }
  path.copy(header, 0, 0, 100)
  octal(mode, 100, 8)
  octal(uid, 108, 8)
  octal(gid, 116, 8)
  octal(size, 124, 12)
  octal(mtime, 136, 12)
  header.write(type, 156, 'latin1')
  link?.copy(header, 157, 0, 100)
  header.write('ustar\x0000', 257, 'latin1')
  octal(device?.major ?? 0, 329, 8)
  octal(device?.minor ?? 0, 337, 8)
  header.fill(0x20, 148, 156)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return header
}

/** `LENGTH KEY=VALUE\n`, where LENGTH counts itself. */
function paxRecord(key: string, value: Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')])
  let length = rest.length + 1
  while (String(length).length + rest.length !== length) length += 1
  return Buffer.concat([Buffer.from(String(length)), rest])
}

function padded(data: Buffer): Buffer {
  return Buffer.concat([data, Buffer.alloc(paddingOf(data.length))])
}
