// What a disk image's first bytes say: which format it is, and of qcow2 what decides whether it is taken at all. Pure.

/** QEMU, docs/interop/qcow2.txt. */
export interface Qcow2Header {
  readonly version: number
  readonly sizeBytes: number
  readonly hasBackingFile: boolean
  readonly isEncrypted: boolean
  /** Of a data file beside it. */
  readonly hasDataFile: boolean
  /** Incompatible features beyond those that are known here. */
  readonly unknown: boolean
}

/** Bytes that are looked at. */
export const HEAD_BYTES = 64 << 10

const QCOW2 = Buffer.from([0x51, 0x46, 0x49, 0xfb])
const QCOW2_V2_BYTES = 72
const DATA_FILE = 1n << 2n
/** Dirty, corrupt, data file, compression type, extended L2 entries. */
const KNOWN = 0b11111n

const FOREIGN: readonly (readonly [name: string, magic: Buffer])[] = [
  ['gzip', Buffer.from([0x1f, 0x8b])],
  ['xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0])],
  ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
  ['bzip2', Buffer.from('BZh')],
  ['zip', Buffer.from([0x50, 0x4b, 3, 4])],
  ['vmdk', Buffer.from('KDMV')],
  ['vhdx', Buffer.from('vhdxfile')],
  ['vhd', Buffer.from('conectix')],
  ['qed', Buffer.from('QED\0')],
  ['luks', Buffer.from('LUKS\xba\xbe', 'latin1')],
]

const PACKED = new Set(['gzip', 'xz', 'zstd', 'bzip2', 'zip'])

export type Format = { readonly kind: 'raw' } | { readonly kind: 'qcow2' } | { readonly kind: 'foreign'; readonly reason: string }

export function formatOf(head: Uint8Array): Format {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength)
  const begins = (magic: Buffer) => bytes.subarray(0, magic.length).equals(magic)
  if (begins(QCOW2)) return { kind: 'qcow2' }
  const [name] = FOREIGN.find(([, magic]) => begins(magic)) ?? []
  if (name === undefined) return { kind: 'raw' }
  if (name === 'luks') return { kind: 'foreign', reason: 'it is encrypted (LUKS): give the disk as the guest is to see it' }
  return {
    kind: 'foreign',
    reason: PACKED.has(name)
      ? `it is packed by ${name}: unpack it first`
      : `it is ${name}: raw and qcow2 are taken; qemu-img convert -O qcow2 FILE NEW makes one`,
  }
}

/** Undefined: it ends too early, or is none. */
export function decodeQcow2(head: Uint8Array): Qcow2Header | undefined {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength)
  if (bytes.length < QCOW2_V2_BYTES || !bytes.subarray(0, 4).equals(QCOW2)) return undefined
  const version = bytes.readUInt32BE(4)
  const size = bytes.readBigUInt64BE(24)
  if (size > BigInt(Number.MAX_SAFE_INTEGER)) return undefined
  const features = version >= 3 && bytes.length >= 80 ? bytes.readBigUInt64BE(72) : 0n
  return {
    version,
    sizeBytes: Number(size),
    hasBackingFile: bytes.readBigUInt64BE(8) !== 0n,
    isEncrypted: bytes.readUInt32BE(32) !== 0,
    hasDataFile: (features & DATA_FILE) !== 0n,
    unknown: (features & ~KNOWN) !== 0n,
  }
}

/** Why qemu-img is not even asked about it. */
export function faultOf(header: Qcow2Header | undefined, mostBytes: number): string | undefined {
  if (!header) return 'its qcow2 header cannot be read: it is cut short or damaged'
  if (header.version !== 2 && header.version !== 3) return `it is qcow2 of version ${header.version}: 2 and 3 are taken`
  if (header.hasBackingFile) {
    return 'it rests on a backing file, which is not with it: qemu-img convert -O qcow2 FILE NEW makes one that stands alone'
  }
  if (header.hasDataFile) return 'its data lies in another file: qemu-img convert -O qcow2 FILE NEW makes one that stands alone'
  if (header.isEncrypted) return 'it is encrypted: give it decrypted'
  if (header.unknown) return 'it uses features of qcow2 that are not known here'
  if (header.sizeBytes === 0) return 'the disk in it has no bytes'
  return header.sizeBytes > mostBytes ? tooLarge(header.sizeBytes, mostBytes) : undefined
}

export function tooLarge(bytes: number, most: number): string {
  return `the disk has ${bytes} bytes, more than the ${most} that manager.vmImages.largest allows`
}
