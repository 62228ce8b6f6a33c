// The connectivity matrix: shared storage and networks, and which host reaches them. Append-only within /api/v1. Sizes are bytes.
import { z } from 'zod'
import { IMAGE_FORMATS } from '../protocol/requests/scan-file-system.ts'
import { unreadSection } from './host-parts.ts'
import { hostId, hostRef, hostState } from './hosts.ts'
import { NOTHING, operation } from './operation.ts'
import { POOL } from './target.ts'

export const THING_KINDS = ['lun', 'iscsi-target', 'nfs', 'vg', 'file-system', 'vlan', 'segment'] as const

/** A row of the connectivity matrix: a thing that several hosts reach or could reach. */
export const thing = z
  .object({
    /** `lun:naa.600…`, `vlan:100`: the same on every host, and for good. */
    key: z.string(),
    kind: z.enum(THING_KINDS),
    /** As a person names it. */
    name: z.string(),
    /** How many hosts reach it. */
    hosts: z.number(),
    /** How many more may reach it: what would tell could not be read there. */
    unsure: z.number().optional(),
    sizeBytes: z.number().optional(),
    freeBytes: z.number().optional(),
    /** Product of a LUN, type and label of a file system: what tells it from its like. */
    detail: z.string().optional(),
    /** Of a network whose hosts do not all hear each other: those that do, together; ids. */
    islands: z.array(z.array(hostId)).optional(),
  })
  .meta({ id: 'Thing' })

/** How a host reaches a thing, or why not, in words. */
export const cell = z.object({
  reached: z.boolean(),
  why: z.string(),
  /** It may reach it: what would tell could not be read. */
  unread: z.literal(true).optional(),
  /** In the whole matrix: it does not reach it, and more than half of the others like it do, of its groups or else its product. */
  odd: z.literal(true).optional(),
})

export const matrix = z
  .object({
    hosts: z.array(z.object({ id: hostId, name: z.string(), state: hostState })),
    /** `cells` are in the order of `hosts`. */
    rows: z.array(thing.extend({ cells: z.array(cell) })),
  })
  .meta({ id: 'Matrix' })

/** A file that is a guest's disk. Sizes in bytes. */
export const diskImage = z.object({
  path: z.string(),
  sizeBytes: z.number(),
  allocatedBytes: z.number().optional(),
  format: z.enum(IMAGE_FORMATS),
})

/** One thing with a cell for each host that has reported. */
export const thingDetail = thing.extend({
  cells: z.array(cell.extend({ host: hostId, name: z.string() })),
  /** Of a file system or export that a host has looked at: what lay there then. */
  images: z.array(diskImage).optional(),
  scanned: z.object({ at: z.number(), host: z.string(), leftOut: z.array(z.string()) }).optional(),
  /** Why the last look did not go well; what is shown is from one before. */
  notScanned: z.object({ at: z.number(), host: z.string(), reason: z.string() }).optional(),
  /** What could not be read of hosts that reach it: whether a guest has it is not known, and nobody looks at it until that is. */
  unread: z.array(z.object({ host: hostId, name: z.string(), reason: z.string() })).optional(),
})

/** What a host has for itself. */
export const localStorage = z.object({
  host: hostId,
  name: z.string(),
  disks: z.array(z.object({ name: z.string(), model: z.string().optional(), serial: z.string().optional(), sizeBytes: z.number() })),
  /** `pools`: how operators call it, where that is not its name. */
  vgs: z.array(z.object({ name: z.string(), sizeBytes: z.number(), freeBytes: z.number(), pools: z.array(z.string()).optional() })),
  /** Why there may be more. */
  unread: z.array(unreadSection).optional(),
})

/** Of a thing or an alarm: what a host reported may be part of it. */
export const key = z.string().min(1).max(1024)
const ofKey = z.strictObject({ key })

export const things = {
  matrix: operation({
    http: 'GET /matrix',
    role: 'viewer',
    summary: 'The connectivity matrix: hosts × shared storage and networks',
    input: NOTHING,
    output: matrix,
  }),
  reaches: operation({
    http: 'GET /reaches',
    role: 'viewer',
    summary: 'The connectivity matrix without its reasons, in a fraction of the time: most of that goes into saying why not',
    input: NOTHING,
    output: z.object({ hosts: z.array(hostId), rows: z.array(thing.extend({ reachers: z.array(hostId), odd: z.array(hostId) })) }),
  }),
  list: operation({
    http: 'GET /things',
    role: 'viewer',
    summary: 'Shared storage and networks, without the cells of each host',
    input: NOTHING,
    output: z.object({ things: z.array(thing) }),
  }),
  show: operation({
    http: 'GET /things/:key',
    role: 'viewer',
    summary: 'One thing, and how each host reaches it, or why not',
    input: ofKey,
    output: thingDetail,
  }),
  cell: operation({
    http: 'GET /things/:key/hosts/:ref',
    role: 'viewer',
    summary: 'How one host reaches one thing, or why not',
    input: ofKey.extend({ ref: hostRef }),
    output: cell,
  }),
  of: operation({
    http: 'GET /hosts/:ref/things',
    role: 'viewer',
    summary: 'What one host reaches, and what it does not and why',
    input: z.strictObject({ ref: hostRef }),
    output: z.object({ things: z.array(thing.extend(cell.shape)) }),
  }),
  scan: operation({
    http: 'POST /things/:key/scan',
    role: 'operator',
    status: 202,
    summary: 'Have a host look which disk images lie on a file system or export; what it finds is in GET /things/:key',
    input: ofKey,
    output: thingDetail,
    on: () => POOL,
    did: ({ key: of }) => `look at what lies on ${of}`,
  }),
  local: operation({
    http: 'GET /local-storage',
    role: 'viewer',
    summary: 'Disks and VGs that a host has for itself',
    input: NOTHING,
    output: z.object({ hosts: z.array(localStorage) }),
  }),
}

export type Thing = z.output<typeof thing>
export type ThingDetail = z.output<typeof thingDetail>
export type Cell = z.output<typeof cell>
export type Matrix = z.output<typeof matrix>
export type LocalStorage = z.output<typeof localStorage>
