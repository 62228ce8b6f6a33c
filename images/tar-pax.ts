// The body of a pax extended header (POSIX.1-2001): records of `LENGTH KEY=VALUE\n`, values being any bytes.

/** Undefined when malformed. An empty value takes the key back, as the standard says. */
export function parsePax(body: Buffer): ReadonlyMap<string, Buffer> | undefined {
  const records = new Map<string, Buffer>()
  let position = 0
  while (position < body.length) {
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
