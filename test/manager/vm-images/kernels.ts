// Kernels that are made up: an ELF file with Xen's note in it or without, and bzImages around such.
import { gzipSync } from 'node:zlib'

const PHYS32_ENTRY = 18

export interface MadeElf {
  readonly bits?: 32 | 64
  /** Left out: Xen's entry. */
  readonly note?: { readonly name: string; readonly type: number }
  readonly sizeBytes?: number
  /** Where the notes are told of. */
  readonly by?: 'segment' | 'section'
}

/** Of a header, one row, and notes: another maker's, then the one that is asked for. */
export function elf({ bits = 64, note = { name: 'Xen\0', type: PHYS32_ENTRY }, sizeBytes = 4096, by = 'segment' }: MadeElf = {}): Buffer {
  const bytes = Buffer.alloc(sizeBytes)
  const is64 = bits === 64
  const word = (value: number, at: number) => (is64 ? bytes.writeBigUInt64LE(BigInt(value), at) : bytes.writeUInt32LE(value, at))
  bytes.write('\x7fELF', 0, 'latin1')
  bytes.writeUInt8(is64 ? 2 : 1, 4)
  bytes.writeUInt8(1, 5)
  bytes.writeUInt16LE(is64 ? 62 : 3, 18)
  const notes = Buffer.concat([noteOf('Linux\0', 257, 4), noteOf(note.name, note.type, is64 ? 8 : 4)])
  const [table, begin] = [128, 512]
  if (by === 'segment') {
    word(table, is64 ? 32 : 28)
    bytes.writeUInt16LE(is64 ? 56 : 32, is64 ? 54 : 42)
    bytes.writeUInt16LE(1, is64 ? 56 : 44)
    bytes.writeUInt32LE(4, table)
    word(begin, table + (is64 ? 8 : 4))
    word(notes.length, table + (is64 ? 32 : 16))
  } else {
    word(table, is64 ? 40 : 32)
    bytes.writeUInt16LE(is64 ? 64 : 40, is64 ? 58 : 46)
    bytes.writeUInt16LE(1, is64 ? 60 : 48)
    bytes.writeUInt32LE(7, table + 4)
    word(begin, table + (is64 ? 24 : 16))
    word(notes.length, table + (is64 ? 32 : 20))
  }
  notes.copy(bytes, begin)
  return bytes
}

function noteOf(name: string, type: number, bytes: number): Buffer {
  const head = Buffer.alloc(12)
  head.writeUInt32LE(name.length, 0)
  head.writeUInt32LE(bytes, 4)
  head.writeUInt32LE(type, 8)
  return Buffer.concat([head, Buffer.from(name.padEnd(Math.ceil(name.length / 4) * 4, '\0'), 'latin1'), Buffer.alloc(bytes, 1)])
}

/** `payload`: as it lies in it. */
export function bzImage(payload: Buffer = gzipSync(elf()), version = 0x20f): Buffer {
  const head = Buffer.alloc(1024)
  head.writeUInt8(1, 0x1f1)
  head.write('HdrS', 0x202, 'latin1')
  head.writeUInt16LE(version, 0x206)
  head.writeUInt32LE(16, 0x248)
  head.writeUInt32LE(payload.length, 0x24c)
  return Buffer.concat([head, Buffer.alloc(16), payload, Buffer.alloc(64)])
}

/** A packed archive, as far as its first bytes tell. */
export function initrd(sizeBytes = 5000): Buffer {
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), Buffer.alloc(sizeBytes - 4, 7)])
}
