// Whether all that report one WWID are one disk: a name that a maker gave out twice, or an array that was copied, must not become a LUN
// that two hosts write to. Pure.
import { isPlaceholderNumber } from '../protocol/placeholders.ts'
import type { BlockDevice } from '../protocol/storage.ts'
import { sayBytes } from '../wording.ts'

/** One path to a disk, by what the disk says of itself there. */
export interface SeenDisk {
  /** The host's own name of it. */
  readonly name: string
  /** In letters and digits; undefined where it is not known. */
  readonly serial: string | undefined
  /** 0 where it is not known: a passive path may not tell. */
  readonly sizeBytes: number
}

export type Clash =
  /** Different serial numbers: different disks. */
  | 'serial'
  /** Different sizes: other disks, or one that has grown and was not scanned anew everywhere. */
  | 'size'

/** Undefined where nothing speaks against their being one. */
export function clashOf(disks: Iterable<SeenDisk>): Clash | undefined {
  let serial: string | undefined
  let size = 0
  let sizes: 'same' | 'different' = 'same'
  for (const disk of disks) {
    if (serial !== undefined && disk.serial !== undefined && disk.serial !== serial) return 'serial'
    if (size !== 0 && disk.sizeBytes !== 0 && disk.sizeBytes !== size) sizes = 'different'
    serial ??= disk.serial
    if (size === 0) size = disk.sizeBytes
  }
  return sizes === 'same' ? undefined : 'size'
}

/** Without a serial number that is the WWID once more, as udev has it where the disk tells none: on another host it does. */
export function seenDisk({ name, wwid, serial, sizeBytes }: BlockDevice): SeenDisk {
  const letters = lettersOf(serial ?? '')
  const isOwn = letters !== '' && !isPlaceholderNumber(letters) && !lettersOf(wwid ?? '').endsWith(letters.replace(/^[123](?=.{16})/, ''))
  return { name, serial: isOwn ? letters : undefined, sizeBytes }
}

/** Why nobody is said to reach it. */
export function sayClash(wwid: string, clash: Clash): string {
  const differing = clash === 'serial' ? 'serial numbers' : 'sizes'
  return `different disks have the WWID ${wwid} (their ${differing} differ): it is no shared LUN`
}

/** `sdb (serial ABC, 1.5 TiB)`. */
export function describeDisk({ name, serial, sizeBytes }: SeenDisk): string {
  return `${name} (${[serial && `serial ${serial.toUpperCase()}`, sayBytes(sizeBytes)].filter(Boolean).join(', ')})`
}

function lettersOf(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
}
