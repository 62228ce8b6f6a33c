// A guest's disk as GRUB for Xen reads it, `(xen/xvda,msdos1)/boot/grub/grub.cfg`: one partition of ext4 behind an MBR. Made of a folder
// without a loop device and without a mount; the same folder gives the same bytes. Pure: what the tools are told.
import { createHash } from 'node:crypto'

export const SECTOR = 512
/** Where the partition begins. */
const FIRST_SECTOR = 2048
export const FILE_SYSTEM_AT = FIRST_SECTOR * SECTOR
const LINUX = 0x83
const ACTIVE = 0x80
/** Cylinder, head and sector of what is only told by its number. */
const BEYOND = [0xfe, 0xff, 0xff]

export interface DiskPlan {
  /** Of the file system: `root=LABEL=…`. At most 16 characters. */
  readonly label: string
  readonly sizeBytes: number
  /** Further options of mkfs.ext4. */
  readonly options: readonly string[]
}

/** The first sector. Its disk signature goes by the label: Linux' PARTUUID is made of it. */
export function masterBootRecord({ label, sizeBytes }: DiskPlan): Buffer {
  const sector = Buffer.alloc(SECTOR)
  sector.set(createHash('sha256').update(label).digest().subarray(0, 4), 440)
  sector.set([ACTIVE, ...BEYOND, LINUX, ...BEYOND], 446)
  sector.writeUInt32LE(FIRST_SECTOR, 454)
  sector.writeUInt32LE(sizeBytes / SECTOR - FIRST_SECTOR, 458)
  sector.set([0x55, 0xaa], 510)
  return sector
}

/** Of mkfs.ext4: `file` exists, and has the size of the disk. */
export function mkfsArguments({ label, sizeBytes, options }: DiskPlan, tree: string, file: string): string[] {
  const uuid = uuidOf(label)
  return [
    ...['-q', '-F', '-d', tree, '-L', label, '-U', uuid],
    ...['-E', `offset=${FILE_SYSTEM_AT},hash_seed=${uuid},lazy_itable_init=0,lazy_journal_init=0,root_owner=0:0`],
    // Newer than what GRUB 2.06 reads.
    ...['-O', '^metadata_csum_seed,^orphan_file'],
    ...options,
    file,
    `${Math.floor((sizeBytes - FILE_SYSTEM_AT) / 1024)}k`,
  ]
}

/** For debugfs: mkfs takes two times of the builder's file system, one that no program can set there and one that each look changes. */
export function timesScript(paths: readonly string[], epoch: number): string {
  const set = (path: string) => ['ctime', 'atime'].map((field) => `set_inode_field ${quoted(path)} ${field} @${epoch}`)
  return [`set_current_time @${epoch}`, ...paths.flatMap(set), ''].join('\n')
}

export function debugfsArguments(file: string, script: string): string[] {
  return ['-w', '-f', script, `${file}?offset=${FILE_SYSTEM_AT}`]
}

export interface BootEntry {
  readonly label: string
  readonly kernel: string
  readonly initrd: string
  readonly options: string
}

/** For a disk on which nothing has run yet: no menu, and no progress, which writes more to the console than all that follows. */
export function grubConfig({ label, kernel, initrd, options }: BootEntry): string {
  return [
    'set enable_progress_indicator=0',
    `search --no-floppy --set=root --label ${label}`,
    `linux ${kernel} root=LABEL=${label} ro ${options}`,
    `initrd ${initrd}`,
    'boot',
    '',
  ].join('\n')
}

/** Of a file system, by its label: one of our own, as a random one would make each build another image. */
function uuidOf(label: string): string {
  const hex = createHash('sha256').update(`file system ${label}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

function quoted(path: string): string {
  return `"${path.replaceAll('"', '""')}"`
}
