// The requests make-vg and remove-vg: what local disks become, so that guests can have disks on them.
import { z } from 'zod'
import { vgName, vgRef } from '../guest-disk.ts'
import { bytes, list, name, record, word } from '../values.ts'
import { holding } from './holds.ts'
import { short } from './request.ts'

/** A disk, LUN or map of the host, told so that no other can be taken for it when the kernel has given names anew. */
export const diskRef = record({
  /** The kernel's name: `sdb`. */
  name,
  /** WWID where it has one, otherwise its serial: what stands in the host's report. Both left out: a disk without either. */
  wwid: word(256).exactOptional(),
  serial: word(128).exactOptional(),
  sizeBytes: bytes,
  /** `typed`: a person has typed its serial, so that signatures on it are wiped. What is in use is refused in any case. */
  contents: z.enum(['none', 'typed']),
})

export type DiskRef = z.output<typeof diskRef>

/**
 * This VG is there, and has at least these disks. Without `uuid` a VG of this name that has none of them is somebody else's: refused.
 * Refused for a disk that is not proven empty: a partition, a signature, a PV of another VG, a mount, a holder, a guest; and where that
 * could not be read.
 */
export const makeVg = short({
  since: 5,
  body: record({
    kind: z.literal('make-vg'),
    name: vgName,
    uuid: vgRef.unwrap().shape.uuid.exactOptional(),
    disks: list(diskRef, 256),
    /** How operators call it on all hosts, where that is not its name. */
    pool: vgName.exactOptional(),
  }),
  answer: record({ kind: z.literal('vg-made'), vg: vgRef, sizeBytes: bytes, freeBytes: bytes }),
  changes: 'host',
  pace: 'quick',
  holds: ({ name: vg, disks }) =>
    holding('write', { kind: 'vg', name: vg }, ...disks.map((disk) => ({ kind: 'disk' as const, name: disk.name }))),
  limit: 300_000,
})

/**
 * Of a LUN that becomes a VG of another host: this one, which sees it, too, finds nothing on it, and nothing that uses it. Refused where that
 * could not be read.
 */
export const proveEmpty = short({
  since: 11,
  body: record({ kind: z.literal('prove-empty'), disks: list(diskRef, 256) }),
  answer: record({ kind: z.literal('disks-empty') }),
  changes: 'nothing',
  pace: 'quick',
  holds: ({ disks }) => holding('read', ...disks.map((disk) => ({ kind: 'disk' as const, name: disk.name }))),
  limit: 120_000,
})

/** It is not there any more, and its disks are empty. Refused while an LV is in it. */
export const removeVg = short({
  since: 5,
  body: record({ kind: z.literal('remove-vg'), vg: vgRef }),
  answer: record({ kind: z.literal('vg-removed'), was: z.enum(['there', 'not there']) }),
  changes: 'host',
  pace: 'quick',
  holds: ({ vg }) => holding('write', { kind: 'vg', name: vg.name }),
  limit: 300_000,
})

/** Each under its own kind. */
export const vgsRequests = {
  'make-vg': makeVg,
  'prove-empty': proveEmpty,
  'remove-vg': removeVg,
} as const
