// Private keys in binary form, by the whole of a file: DER (PKCS#8 RFC 5958, PKCS#1 RFC 8017, SEC 1 RFC 5915, DSA),
// PKCS#12 (RFC 7292), Java key stores, Kerberos key tabs. Certificates, public keys and stores of nothing else pass.

/** An RSA key of 16384 bits has 9 KB. */
const LONGEST_KEY = 64 << 10
const SEQUENCE = 0x30
const INTEGER = 0x02
const OCTET_STRING = 0x04
const OID = 0x06
/** 1.2.840.113549.1.12.10.1.1 and .2: a key bag, and one with a passphrase. Both stand in the clear beside encrypted certificates. */
const KEY_BAGS = ['2a864886f70d010c0a0101', '2a864886f70d010c0a0102'].map((hex) => Buffer.from(hex, 'hex'))
/** Encryption of PKCS#5 and PKCS#12. */
const PASSPHRASE_SCHEMES = ['2a864886f70d0105', '2a864886f70d010c01']
/** The beginning of a PFX, in DER or with indefinite lengths: version 3, then data or signed data. */
const PFX = /^30(?:80|8[1-4](?:..){1,4}?)02010330(?:80|[0-7].|8[1-4](?:..){1,4}?)06092a864886f70d0107(?:01|02)/
const JKS_MAGICS = [0xfeedfeed, 0xcececece]

/** For people: what kind of key this file is; undefined when it is none of them. `whole`: all bytes, or the first MiB. */
export function binaryKey(whole: Buffer, file: string): string | undefined {
  if (whole.length < 16) return undefined
  if (PFX.test(whole.toString('hex', 0, 64))) {
    const hasKey = KEY_BAGS.some((bag) => whole.includes(bag)) || /\.(p12|pfx)$/i.test(file)
    return hasKey ? 'a PKCS#12 store with a key' : undefined
  }
  if (whole[0] === SEQUENCE && whole.length <= LONGEST_KEY) return derKey(whole)
  if (JKS_MAGICS.includes(whole.readUInt32BE(0))) return javaStoreHasKey(whole) ? 'a Java key store with a key' : undefined
  return whole.readUInt16BE(0) === 0x0502 && /keytab$/.test(file) ? 'a Kerberos key tab' : undefined
}

interface Element {
  readonly tag: number
  readonly content: Buffer
}

function derKey(bytes: Buffer): string | undefined {
  const [outer, ...after] = elementsOf(bytes) ?? []
  const parts = outer && after.length === 0 ? elementsOf(outer.content) : undefined
  const [first, second, third] = parts ?? []
  if (!parts || !first || !second) return undefined
  if (first.tag === SEQUENCE && second.tag === OCTET_STRING && parts.length === 2) {
    const [scheme] = elementsOf(first.content) ?? []
    const name = scheme?.tag === OID ? scheme.content.toString('hex') : ''
    return PASSPHRASE_SCHEMES.some((prefix) => name.startsWith(prefix)) ? 'a PKCS#8 key with a passphrase, in DER' : undefined
  }
  if (first.tag !== INTEGER || first.content.length !== 1) return undefined
  const version = first.content[0]
  const onlyIntegers = parts.every(({ tag }) => tag === INTEGER)
  if (second.tag === SEQUENCE && third?.tag === OCTET_STRING) return isAlgorithm(second) ? 'a PKCS#8 key in DER' : undefined
  if (version === 1 && second.tag === OCTET_STRING && second.content.length >= 16) return 'an EC key in DER'
  if (version === 0 && onlyIntegers && parts.length >= 9) return 'an RSA key in DER'
  return version === 0 && onlyIntegers && parts.length === 6 ? 'a DSA key in DER' : undefined
}

function isAlgorithm({ content }: Element): boolean {
  return elementsOf(content)?.[0]?.tag === OID
}

/** The DER elements that fill these bytes to the last; undefined when they are none. */
function elementsOf(bytes: Buffer): readonly Element[] | undefined {
  const found: Element[] = []
  for (let at = 0; at < bytes.length; ) {
    const [tag, short] = [bytes[at], bytes[at + 1]]
    if (tag === undefined || short === undefined || found.length > 64) return undefined
    const octets = short < 0x80 ? 0 : short - 0x80
    if (octets > 4 || short === 0x80 || at + 2 + octets > bytes.length) return undefined
    const length = octets === 0 ? short : bytes.readUIntBE(at + 2, octets)
    const start = at + 2 + octets
    if (start + length > bytes.length) return undefined
    found.push({ tag, content: bytes.subarray(start, start + length) })
    at = start + length
  }
  return found
}

/** Entries are read until one is not a certificate; a store that ends before is taken to have a key. */
function javaStoreHasKey(store: Buffer): boolean {
  const [version, count] = [store.readUInt32BE(4), store.readUInt32BE(8)]
  let at = 12
  const text = (): boolean => {
    if (at + 2 > store.length) return false
    at += 2 + store.readUInt16BE(at)
    return true
  }
  for (let index = 0; index < count; index += 1) {
    if (at + 4 > store.length || store.readUInt32BE(at) !== 2) return true
    at += 4
    if (!text()) return true
    at += 8
    if (version === 2 && !text()) return true
    if (at + 4 > store.length) return true
    at += 4 + store.readUInt32BE(at)
  }
  return false
}
