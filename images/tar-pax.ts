// The body of a pax extended header (POSIX.1-2001): records of `LENGTH KEY=VALUE\n`, values being any bytes.

/**
 * What a keyword of a global header does: `applies` to the entries after it, or is for nobody here. As GNU tar does, a
 * keyword that is not known is passed over; so are names beside the numbers, times that are not kept, the character set
 * (names are bytes here) and the label of the volume.
 */
export function globalKeyword(key: string): 'applies' | 'ignored' {
  const isApplied =
    ['path', 'linkpath', 'size', 'uid', 'gid', 'mtime', 'RHT.security.selinux'].includes(key) ||
    /^(SCHILY\.(xattr|acl)\.|LIBARCHIVE\.xattr\.|GNU\.(sparse|dumpdir|volume\.(filename|size|offset)))/.test(key)
  return isApplied ? 'applies' : 'ignored'
}

/** Undefined when malformed. A NUL ends the body, as padding of some writers. An empty value takes the key back, as the standard says. */
export function parsePax(body: Buffer): ReadonlyMap<string, Buffer> | undefined {
  const records = new Map<string, Buffer>()
  let position = 0
  while (position < body.length && body[position] !== 0) {
    const space = body.indexOf(0x20, position)
    if (space === -1 || space - position > 8) return undefined
    const digits = body.toString('latin1', position, space)
    const end = position + Number(digits)
    if (!/^[1-9]\d*$/.test(digits) || end > body.length || body[end - 1] !== 0x0a) return undefined
    const equals = body.indexOf(0x3d, space)
    if (equals === -1 || equals >= end) return undefined
    const key = body.toString('utf8', space + 1, equals)
    const value = body.subarray(equals + 1, end - 1)
    if (value.length === 0 && !key.startsWith('SCHILY.xattr.')) records.delete(key)
    else records.set(key, value)
    position = end
  }
  return records
}
