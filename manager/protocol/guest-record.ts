// What a VG of ours remembers of a guest, so that the truth can be read from the hosts alone when the manager's database is lost: all that
// LV tags are too short for. As JSON of ASCII, so that it survives whatever program it is read and written by. Pure.
import { z } from 'zod'
import { imageId } from './disk-image.ts'
import { cpuFeatures } from './guest-cpu.ts'
import { vgRef } from './guest-disk.ts'
import { guestName } from './requests/guest-config.ts'
import { bytes, count, list, name, record, text, uuid, word } from './values.ts'

/** The LV that records lie in. */
export const RECORDS_LV = 'hostless-meta'

/** Bytes of one, as it is written. */
export const MOST_RECORD_BYTES = 60_000

const recordedDisk = record({
  disk: uuid,
  /** `xvda`. */
  vdev: name,
  vg: vgRef,
  sizeBytes: bytes,
  generation: count,
  access: z.enum(['read-write', 'read-only']),
  /** What it was made from. */
  image: imageId.exactOptional(),
})

/** Of a network that it attaches to: what it is on the guest's host. */
const recordedNetwork = record({ name: word(32), bridge: name, vlan: count.exactOptional(), mtu: count.exactOptional() })

export const guestRecord = record({
  guest: uuid,
  name: guestName,
  /** JSON of the spec as people write it: ASCII. What it means is the manager's to say. */
  spec: z
    .string()
    .max(MOST_RECORD_BYTES)
    .regex(/^[\x20-\x7e]+$/, 'is no ASCII'),
  /** What people call its host. */
  host: text(64),
  /**
   * The guest is on its way here: running, or stopped. Left out: it is here. What its copies here hold counts when it has been handed over,
   * which only the move itself knows.
   */
  arriving: z.enum(['live', 'stopped']).exactOptional(),
  /** What it runs with, or does from its next start on; left out: that is not known. */
  cpu: cpuFeatures.exactOptional(),
  disks: list(recordedDisk, 64),
  networks: list(recordedNetwork, 16),
  /** Milliseconds since the epoch. */
  created: count,
  createdBy: word(128),
  /** Of the manager that wrote it, and when: of two records the greater epoch, then the later is right. */
  epoch: count,
  written: count,
})

export type GuestRecordOf = z.output<typeof guestRecord>

/** JSON with nothing but printable ASCII in it. */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
