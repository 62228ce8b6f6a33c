// What lies where on a stick, and how xorriso, grub-mkimage and mtools are told. One file is stick and CD at once, as Debian's own
// installation media are: ISO 9660 with El Torito for a BMC's virtual CD; a GPT with an EFI system partition and GRUB's MBR over the same
// blocks for a USB stick. Pure; ids and times are fixed or made of the content, so the same input gives the same bytes.
import { createHash } from 'node:crypto'

/** Debian's files, by package: grub-pc-bin, grub-efi-amd64-bin, ipxe. */
export const GRUB_BIOS = '/usr/lib/grub/i386-pc'
export const GRUB_UEFI = '/usr/lib/grub/x86_64-efi'
export const IPXE_BIOS = '/usr/lib/ipxe/ipxe.lkrn'
export const IPXE_UEFI = '/usr/lib/ipxe/ipxe.efi'

/** Seconds since the epoch (2025-01-01 UTC) of all files, and as xorriso writes it. */
export const STICK_EPOCH = 1_735_689_600
const STICK_TIME = '2025010100000000'
export const VOLUME = 'HOSTLESS'

const COMMON_MODULES = ['iso9660', 'part_gpt', 'part_msdos', 'normal', 'search', 'search_fs_file', 'multiboot2', 'serial', 'terminal']
const SCRIPT_MODULES = ['echo', 'test', 'true', 'sleep', 'boot']

/** A file of the ISO: where it is there, and the file here that it is made of. */
export interface StickFile {
  readonly path: string
  readonly source: string
}

/** 16 hexadecimal digits: what GRUB finds its own stick by where there are two. `parts`: all that a stick differs in. */
export function stickId(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16)
}

export const markerPath = (id: string): string => `/hostless/stick-${id}`

/** What GRUB's core does before it reads grub.cfg. */
export function earlyConfig(id: string): string {
  return `search --no-floppy --set=root --file ${markerPath(id)}\nset prefix=($root)/boot/grub\n`
}

/** @param early the file with `earlyConfig` */
export function mkimageArguments(platform: 'bios' | 'uefi', early: string, target: string): readonly string[] {
  const format = platform === 'bios' ? 'i386-pc-eltorito' : 'x86_64-efi'
  const own = platform === 'bios' ? ['biosdisk', 'linux16'] : ['fat', 'chain', 'efi_gop']
  return ['-O', format, '-o', target, '-p', '/boot/grub', '-c', early, ...own, ...COMMON_MODULES, ...SCRIPT_MODULES]
}

/** Whether this ipxe.efi reads a script from the partition that it is started from: since 2021; Debian 12's does not. */
export function readsAutoexec(ipxe: Buffer): boolean {
  return ipxe.includes('autoexec.ipxe') || ipxe.includes(Buffer.from('autoexec.ipxe', 'utf16le'))
}

/** 2.88 MB, the size that firmware knows from grub-mkrescue: room for GRUB or iPXE. */
export function formatArguments(image: string, id: string): readonly string[] {
  return ['-C', '-i', image, '-f', '2880', '-L', '16', '-N', id.slice(0, 8), '::']
}

export interface IsoParts {
  readonly id: string
  /** Files here. */
  readonly eltorito: string
  readonly efi: string
  readonly files: readonly StickFile[]
}

/** To xorriso's standard output. */
export function isoArguments({ id, eltorito, efi, files }: IsoParts): readonly string[] {
  const boot: readonly StickFile[] = [
    { path: '/boot/grub/eltorito.img', source: eltorito },
    { path: '/boot/grub/efi.img', source: efi },
  ]
  const times = [`--modification-date=${STICK_TIME}`, '--set_all_file_dates', STICK_TIME]
  // No emulation; 4 blocks of 512 bytes are loaded; GRUB and its MBR are told where the rest is.
  const bios = ['-b', 'boot/grub/eltorito.img', '-no-emul-boot', '-boot-load-size', '4', '-boot-info-table', '--grub2-boot-info']
  const hybrid = ['--grub2-mbr', `${GRUB_BIOS}/boot_hybrid.img`, '--protective-msdos-label']
  // BIOSes that boot no disk without an active partition in its MBR.
  const old = ['--mbr-force-bootable']
  const uefi = ['--efi-boot', 'boot/grub/efi.img', '-efi-boot-part', '--efi-boot-image']
  return [
    ...['-as', 'mkisofs', '-quiet', '-r', '-iso-level', '3', '-V', VOLUME, ...times, '--gpt_disk_guid', guidOf(id)],
    ...[...bios, ...hybrid, ...old, ...uefi, '-o', '-', '-graft-points'],
    ...[...boot, ...files].map(({ path, source }) => `${grafted(path)}=${grafted(source)}`),
  ]
}

/** 32 hexadecimal digits, of version 4 (RFC 9562): of the content, not random. */
function guidOf(id: string): string {
  const digits = createHash('sha256').update(`guid ${id}`).digest('hex').slice(0, 32)
  return `${digits.slice(0, 12)}4${digits.slice(13, 16)}8${digits.slice(17)}`
}

/** `=` parts the two, `\` escapes. */
function grafted(path: string): string {
  return path.replace(/[\\=]/g, (sign) => `\\${sign}`)
}
