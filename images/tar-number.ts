// Numbers in tar headers, as GNU tar reads them (from_header of its src/list.c): octal digits after one NUL at most and
// blanks, up to a NUL or blank, whatever stands behind (none are 0); or base 256.

export type TarNumber = { readonly kind: 'number'; readonly value: number } | { readonly kind: 'refused'; readonly problem: string }

/** Base 256: first byte 0x80 or 0xff, big-endian two's complement. */
export function readTarNumber(field: Buffer): TarNumber {
  const first = field.readUInt8(0)
  if (first === 0x80 || first === 0xff) return readBase256(field)
  const text = field
    .toString('latin1')
    .replace(/^\0/, '')
    .replace(/^[ \t-\r]+/, '')
  const [, digits] = /^([0-7]*)(?:[\0 \t-\r]|$)/.exec(text) ?? []
  if (digits === undefined) return { kind: 'refused', problem: 'is no octal number' }
  return { kind: 'number', value: digits === '' ? 0 : Number.parseInt(digits, 8) }
}

function readBase256(field: Buffer): TarNumber {
  const isNegative = field.readUInt8(0) === 0xff
  const hex = BigInt(`0x${field.toString('hex', isNegative ? 0 : 1)}`)
  const value = isNegative ? BigInt.asIntN(8 * field.length, hex) : hex
  const isSafe = value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER)
  return isSafe ? { kind: 'number', value: Number(value) } : { kind: 'refused', problem: 'is out of range' }
}
