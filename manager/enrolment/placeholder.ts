// What firmware writes into a UUID or a serial number where nobody has set one: it tells no machine from another.

/** Over and over the same character (in a UUID, or two); what makers put into every board; words for nothing. */
export function isPlaceholder(text: string): boolean {
  const plain = text.toLowerCase().replace(/[^a-z0-9]/g, '')
  return new Set(plain).size <= (plain.length === 32 ? 2 : 1) || COPIED.has(plain) || NOTHING.test(text.trim())
}

/** AMI's sequence in either byte order, and digit runs. */
const COPIED: ReadonlySet<string> = new Set([
  '03000200040005000006000700080009',
  '00020003000400050006000700080009',
  '12345678123412341234123456789abc',
  '123456781234567890abcddeefaabbcc',
])

const NOTHING =
  /^(not ?(specified|provided|available|present|applicable|settable)|unknow?n?|none|null|n\/?a|default( string)?|to be filled.*|system (serial number|manufacturer|product name|version)|(chassis|base ?board) serial number|undefined|invalid|empty|0?123456789?0?)$/i
