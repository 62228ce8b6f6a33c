// Tells by their first bytes whether boot files are what they are said to be, so that a mix-up
// is found at import and not on a machine that resets: Multiboot 1 §3.1, PE/COFF, the Linux boot
// protocol §1.1, and the initramfs formats that Linux unpacks. Pure.

/** The compression of Xen that Debian ships; BIOS iPXE loads only plain ELF ("Exec format error"). */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b
}

/** In a few words why this is no Xen for Multiboot 1 (not gzipped); undefined when it is one. */
export function faultOfXen(bytes: Buffer): string | undefined {
  if (bytes.toString('latin1', 0, 4) !== '\x7fELF')
    return bytes.toString('latin1', 0, 2) === 'MZ' ? 'it is an EFI program: give it as xen.efi' : 'it is no ELF file'
  const head = Math.min(bytes.length, 8192) - 12
  for (let offset = 0; offset <= head; offset += 4) {
    if (bytes.readUInt32LE(offset) !== 0x1badb002) continue
    const sum = 0x1badb002 + bytes.readUInt32LE(offset + 4) + bytes.readUInt32LE(offset + 8)
    if (sum % 0x1_0000_0000 === 0) return undefined
  }
  return 'it has no Multiboot header in its first 8192 bytes'
}

export function faultOfXenEfi(bytes: Buffer): string | undefined {
  if (bytes.length < 64 || bytes.toString('latin1', 0, 2) !== 'MZ') return 'it is no EFI program (MZ is missing)'
  const header = bytes.readUInt32LE(0x3c)
  return bytes.toString('latin1', header, header + 4) === 'PE\0\0' ? undefined : 'it is no EFI program (PE header is missing)'
}

export function faultOfKernel(bytes: Buffer): string | undefined {
  if (bytes.length < 0x210) return `it has only ${bytes.length} bytes`
  const boot = bytes.readUInt16LE(0x1fe) === 0xaa55 && bytes.toString('latin1', 0x202, 0x206) === 'HdrS'
  return boot ? undefined : 'it is no bzImage (HdrS is missing)'
}

/** First bytes, as hex, of what Linux unpacks: cpio (newc, with or without checksum), gzip, bzip2, lzma, xz, lzo, lz4, zstd. */
const INITRAMFS = ['303730373031', '303730373032', '1f8b', '425a68', '5d0000', 'fd377a585a00', '894c5a4f', '02214c18', '28b52ffd']

export function faultOfInitramfs(bytes: Buffer): string | undefined {
  const head = bytes.subarray(0, 6).toString('hex')
  return INITRAMFS.some((magic) => head.startsWith(magic))
    ? undefined
    : 'it is no initramfs (neither cpio nor a compression that Linux knows)'
}
