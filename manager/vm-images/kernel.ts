// What a file's bytes say of it as a kernel that Xen boots a PVH guest by: an ELF vmlinux with Xen's entry in it, or a bzImage, whose
// payload Xen unpacks; and as an initrd. Pure.

export type KernelLook =
  | { readonly kind: 'fit' }
  /** A bzImage, with an ELF in it that is packed so. */
  | { readonly kind: 'packed'; readonly by: string; readonly payload: Buffer }
  | { readonly kind: 'unfit'; readonly reason: string }

/** What Xen 4.17 and 4.20 (tools/libs/guest/xg_dom_bzimageloader.c) and Linux unpack. */
const PACKERS: readonly (readonly [name: string, magic: Buffer])[] = [
  ['gzip', Buffer.from([0x1f, 0x8b])],
  ['xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0])],
  ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
  ['bzip2', Buffer.from('BZh')],
  ['lzma', Buffer.from([0x5d, 0, 0])],
  ['lzo', Buffer.from([0x89, 0x4c, 0x5a, 0x4f])],
  ['lz4', Buffer.from([0x02, 0x21, 0x4c, 0x18])],
]
/** cpio(5), "newc", without and with checksums: an initrd, or the microcode before one. */
const ARCHIVES = [Buffer.from('070701'), Buffer.from('070702')]

const ELF = Buffer.from([0x7f, 0x45, 0x4c, 0x46])
const PT_NOTE = 4
const SHT_NOTE = 7
/** xen/include/public/elfnote.h. */
const XEN_ELFNOTE_PHYS32_ENTRY = 18
const MACHINES = [3, 62]

/** Rows of a table, and bytes of notes, that are looked at: a kernel has dozens, and hundreds. */
const MOST_ROWS = 512
const MOST_NOTE_BYTES = 64 << 10

export const NO_ENTRY =
  'it has no entry for PVH guests (the ELF note XEN_ELFNOTE_PHYS32_ENTRY): Linux has it when it is built with CONFIG_PVH, as Debian’s is'

/** `bytes`: all of it. */
export function lookAtKernel(bytes: Buffer): KernelLook {
  if (begins(bytes, ELF)) return hasXenEntry(bytes) ? { kind: 'fit' } : unfit(NO_ENTRY)
  // Documentation/arch/x86/boot.rst: HdrS, and the payload since version 2.08.
  if (bytes.length < 0x250 || bytes.toString('latin1', 0x202, 0x206) !== 'HdrS') {
    const packed = packerOf(bytes)
    if (packed !== undefined) return unfit(`it is packed by ${packed}, and no bzImage: unpack it, or give the vmlinuz itself`)
    return unfit('it is neither an ELF vmlinux nor a bzImage: give the vmlinuz of a distribution, as it lies under /boot')
  }
  const version = bytes.readUInt16LE(0x206)
  if (version < 0x208) return unfit('it is a bzImage of an old form (before 2.08), which Xen cannot unpack')
  const begin = ((bytes.readUInt8(0x1f1) || 4) + 1) * 512 + bytes.readUInt32LE(0x248)
  const length = bytes.readUInt32LE(0x24c)
  if (length === 0 || begin + length > bytes.length)
    return unfit(`it is a bzImage that is cut short: it has ${bytes.length} bytes, and its payload ends at ${begin + length}`)
  const payload = bytes.subarray(begin, begin + length)
  if (begins(payload, ELF)) return hasXenEntry(payload) ? { kind: 'fit' } : unfit(NO_ENTRY)
  const by = packerOf(payload)
  return by === undefined ? unfit('it is a bzImage whose payload is packed by nothing that Xen unpacks') : { kind: 'packed', by, payload }
}

/** Why it is none; undefined: it may be one. `head`: its first bytes. */
export function initrdFault(head: Buffer): string | undefined {
  if (packerOf(head) !== undefined || ARCHIVES.some((magic) => begins(head, magic))) return undefined
  return 'the initrd is neither a cpio archive nor packed by what a kernel unpacks (gzip, xz, zstd, bzip2, lzma, lzo, lz4)'
}

/** Whether an ELF file says where Xen enters it as a PVH guest. Of what is cut short or damaged, no. */
export function hasXenEntry(elf: Buffer): boolean {
  try {
    if (!begins(elf, ELF) || elf.readUInt8(5) !== 1 || !MACHINES.includes(elf.readUInt16LE(18))) return false
    return notesOf(elf).some((note) => namesEntry(note))
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

/** Of segments, and of sections: a vmlinux that was stripped has only the first. */
function notesOf(elf: Buffer): readonly Buffer[] {
  const is64 = elf.readUInt8(4) === 2
  const word = (at: number): number => (is64 ? Number(elf.readBigUInt64LE(at)) : elf.readUInt32LE(at))
  const tables = [
    { table: word(is64 ? 32 : 28), at: is64 ? 54 : 42, type: 0, kind: PT_NOTE, offset: is64 ? 8 : 4, size: is64 ? 32 : 16 },
    { table: word(is64 ? 40 : 32), at: is64 ? 58 : 46, type: 4, kind: SHT_NOTE, offset: is64 ? 24 : 16, size: is64 ? 32 : 20 },
  ]
  return tables.flatMap(({ table, at, type, kind, offset, size }) => {
    const [entry, count] = [elf.readUInt16LE(at), elf.readUInt16LE(at + 2)]
    return Array.from({ length: table === 0 ? 0 : Math.min(count, MOST_ROWS) }, (_, index) => table + index * entry).flatMap((row) => {
      if (elf.readUInt32LE(row + type) !== kind) return []
      const begin = word(row + offset)
      return [elf.subarray(begin, begin + Math.min(word(row + size), MOST_NOTE_BYTES))]
    })
  })
}

function namesEntry(notes: Buffer): boolean {
  for (let at = 0; at + 12 <= notes.length; ) {
    const [nameBytes, bytes, type] = [notes.readUInt32LE(at), notes.readUInt32LE(at + 4), notes.readUInt32LE(at + 8)]
    const name = notes.toString('latin1', at + 12, at + 12 + nameBytes)
    if (name === 'Xen\0' && type === XEN_ELFNOTE_PHYS32_ENTRY) return true
    at += 12 + aligned(nameBytes) + aligned(bytes)
  }
  return false
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / 4) * 4
}

function packerOf(bytes: Buffer): string | undefined {
  return PACKERS.find(([, magic]) => begins(bytes, magic))?.[0]
}

function begins(bytes: Buffer, magic: Buffer): boolean {
  return bytes.subarray(0, magic.length).equals(magic)
}

function unfit(reason: string): KernelLook {
  return { kind: 'unfit', reason }
}
