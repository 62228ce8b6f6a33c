// Writes the "newc" cpio archive that the kernel unpacks as its initramfs (Linux: Documentation/driver-api/early-userspace/buffer-format.rst).
// Owner 0:0, time 0 and inode numbers by position: the same files give the same bytes.

export type CpioEntry =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string }
  | { readonly kind: 'file'; readonly path: string; readonly mode: number; readonly data: Uint8Array }
  | { readonly kind: 'character'; readonly path: string; readonly mode: number; readonly major: number; readonly minor: number }

const DIRECTORY = 0o040755
const SYMLINK = 0o120777
const REGULAR = 0o100000
const CHARACTER = 0o020000

/** The archive of `entries`, with every missing parent directory put before its first child. Paths are relative: `bin/busybox`. */
export function encodeCpio(entries: readonly CpioEntry[]): Buffer {
  const parts: Buffer[] = []
  let inode = 1
  for (const entry of withParents(entries)) parts.push(...encodeEntry(entry, inode++))
  parts.push(...header('TRAILER!!!', { inode: 0, mode: 0, size: 0, major: 0, minor: 0 }))
  return Buffer.concat(parts)
}

function encodeEntry(entry: CpioEntry, inode: number): Buffer[] {
  switch (entry.kind) {
    case 'directory':
      return header(entry.path, { inode, mode: DIRECTORY, size: 0, major: 0, minor: 0 })
    case 'symlink':
      return body(
        header(entry.path, { inode, mode: SYMLINK, size: Buffer.byteLength(entry.target), major: 0, minor: 0 }),
        Buffer.from(entry.target),
      )
    case 'file':
      return body(header(entry.path, { inode, mode: REGULAR | entry.mode, size: entry.data.length, major: 0, minor: 0 }), entry.data)
    case 'character':
      return header(entry.path, { inode, mode: CHARACTER | entry.mode, size: 0, major: entry.major, minor: entry.minor })
  }
}

interface Fields {
  readonly inode: number
  readonly mode: number
  readonly size: number
  readonly major: number
  readonly minor: number
}

/** 110 bytes of hexadecimal fields, then the NUL-terminated name, padded to four bytes. */
function header(path: string, fields: Fields): Buffer[] {
  const name = Buffer.from(`${path}\0`)
  const { inode, mode, size, major, minor } = fields
  const links = 1
  const numbers = [inode, mode, 0, 0, links, 0, size, 0, 0, major, minor, name.length, 0]
  const head = Buffer.from(`070701${numbers.map((number) => number.toString(16).padStart(8, '0')).join('')}`)
  return [head, name, padding(head.length + name.length)]
}

function body(head: Buffer[], data: Uint8Array): Buffer[] {
  return [...head, Buffer.from(data.buffer, data.byteOffset, data.byteLength), padding(data.length)]
}

function padding(length: number): Buffer {
  return Buffer.alloc(-length & 3)
}

function withParents(entries: readonly CpioEntry[]): CpioEntry[] {
  const known = new Set(entries.filter((entry) => entry.kind === 'directory').map((entry) => entry.path))
  const complete: CpioEntry[] = []
  for (const entry of entries) {
    const parts = entry.path.split('/').slice(0, -1)
    parts.forEach((_, depth) => {
      const parent = parts.slice(0, depth + 1).join('/')
      if (known.has(parent)) return
      known.add(parent)
      complete.push({ kind: 'directory', path: parent })
    })
    complete.push(entry)
  }
  return complete
}
