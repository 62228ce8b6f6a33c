// Writes small tars for tests: ustar headers, pax and GNU extensions as asked for.

export interface TinyEntry {
  readonly path: string | Buffer
  /** typeflag; default '0', or '5' when the path ends in a slash. */
  readonly type?: string
  readonly data?: string | Buffer
  readonly mode?: number
  readonly uid?: number
  readonly gid?: number
  readonly mtime?: number
  readonly link?: string | Buffer
  readonly major?: number
  readonly minor?: number
  /** Written as a pax header before the entry. */
  readonly pax?: Readonly<Record<string, string | Buffer>>
  /** Size field, when it shall not be that of `data`. */
  readonly size?: number
  readonly magic?: string
  readonly prefix?: string
}

export const END_OF_TAR: Buffer = Buffer.alloc(1024)

export function tinyTar(entries: readonly TinyEntry[]): Buffer {
  return Buffer.concat([...entries.map(entryBytes), END_OF_TAR])
}

export function entryBytes(entry: TinyEntry): Buffer {
  const data = Buffer.from(entry.data ?? '')
  const pax = entry.pax ? [entryBytes({ path: 'PaxHeaders/x', type: 'x', data: paxRecords(entry.pax) })] : []
  return Buffer.concat([...pax, headerBytes(entry, entry.size ?? data.length), padded(data)])
}

/** GNU: the next entry has this name ('L') or link target ('K'). */
export function gnuLong(type: 'L' | 'K', text: string): Buffer {
  return entryBytes({ path: '././@LongLink', type, data: `${text}\0`, magic: 'ustar  \0' })
}

export function paxRecords(records: Readonly<Record<string, string | Buffer>>): Buffer {
  return Buffer.concat(
    Object.entries(records).map(([key, value]) => {
      const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')])
      let length = rest.length + 1
      while (String(length).length + rest.length !== length) length++
      return Buffer.concat([Buffer.from(String(length)), rest])
    }),
  )
}

function headerBytes(entry: TinyEntry, size: number): Buffer {
  const header = Buffer.alloc(512)
  const path = Buffer.from(entry.path)
  path.copy(header, 0, 0, 100)
  const octal = (value: number, at: number, length: number): void => {
    header.write(value.toString(8).padStart(length - 1, '0'), at, 'latin1')
  }
  octal(entry.mode ?? (path.at(-1) === 0x2f ? 0o755 : 0o644), 100, 8)
  octal(entry.uid ?? 0, 108, 8)
  octal(entry.gid ?? 0, 116, 8)
  octal(size, 124, 12)
  octal(entry.mtime ?? 1_700_000_000, 136, 12)
  header.write(entry.type ?? (path.at(-1) === 0x2f ? '5' : '0'), 156, 'latin1')
  Buffer.from(entry.link ?? '').copy(header, 157, 0, 100)
  header.write(entry.magic ?? 'ustar\x0000', 257, 'latin1')
  octal(entry.major ?? 0, 329, 8)
  octal(entry.minor ?? 0, 337, 8)
  header.write(entry.prefix ?? '', 345, 'latin1')
  return withChecksum(header)
}

export function withChecksum(header: Buffer): Buffer {
  header.fill(0x20, 148, 156)
  const sum = header.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return header
}

function padded(data: Buffer): Buffer {
  return Buffer.concat([data, Buffer.alloc((512 - (data.length % 512)) % 512)])
}
