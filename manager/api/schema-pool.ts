// What the API says of the pool as a whole: connectivity matrix, CPU levels, alarms, events. Append-only within /api/v1.
import { z } from 'zod'
import { IMAGE_FORMATS } from '../protocol/requests/scan-file-system.ts'
import { hostId, hostState, unreadSection } from './schema-hosts.ts'

export const THING_KINDS = ['lun', 'iscsi-target', 'nfs', 'vg', 'file-system', 'vlan', 'segment'] as const

/** A row of the connectivity matrix: a thing that several hosts reach or could reach. */
export const thing = z.object({
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

/** How a host reaches a thing, or why not, in words. */
export const cell = z.object({
  reached: z.boolean(),
  why: z.string(),
  /** It may reach it: what would tell could not be read. */
  unread: z.literal(true).optional(),
})

export const matrix = z.object({
  hosts: z.array(z.object({ id: hostId, name: z.string(), state: hostState })),
  /** `cells` are in the order of `hosts`. */
  rows: z.array(thing.extend({ cells: z.array(cell) })),
})

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
  vgs: z.array(z.object({ name: z.string(), sizeBytes: z.number(), freeBytes: z.number() })),
  /** Why there may be more. */
  unread: z.array(unreadSection).optional(),
})

export const placementAsk = z.strictObject({
  networks: z.array(z.string().max(512)).max(64).default([]),
  storage: z.array(z.string().max(512)).max(256).default([]),
  memoryBytes: z.number().int().nonnegative().default(0),
  type: z.enum(['pv', 'pvh', 'hvm']).default('pvh'),
  /** A host id: whether a guest that runs there can come live. */
  from: hostId.optional(),
})
export const placement = z.object({
  fits: z.array(z.object({ host: hostId, name: z.string() })),
  refused: z.array(z.object({ host: hostId, name: z.string(), reasons: z.array(z.string()) })),
})

const feature = z.object({ name: z.string(), word: z.string(), bit: z.number() })

export const cpuPool = z.object({
  /** One a vendor: between vendors no running guest moves. */
  levels: z.array(
    z.object({
      vendor: z.string(),
      features: z.array(z.string()),
      hosts: z.array(z.string()),
      /** Hosts left out, and why. */
      without: z.array(z.object({ host: z.string(), reason: z.string() })),
      hindrances: z.array(z.object({ hosts: z.array(z.string()), features: z.array(z.string()), text: z.string() })),
    }),
  ),
  /** Hosts of one group can exchange guests live, both ways. */
  groups: z.array(z.object({ number: z.number(), vendor: z.string(), hosts: z.array(z.object({ id: hostId, name: z.string() })) })),
  /** Hosts whose CPU is not known, and why. */
  unknown: z.array(z.object({ host: hostId, name: z.string(), reason: z.string() })),
})

/** Whether a guest started on `from` may move live to `to`, each missing feature by name. */
export const cpuExplanation = z.object({
  from: z.string(),
  to: z.string(),
  type: z.enum(['pv', 'pvh', 'hvm']),
  compatible: z.boolean(),
  /** Sentences: `NX/XD is off in the BIOS of B`. */
  reasons: z.array(z.string()),
  missing: z.array(feature),
})

export const alarm = z.object({
  /** What it is about: the same again is counted. */
  key: z.string(),
  kind: z.string(),
  host: hostId.optional(),
  hostName: z.string().optional(),
  text: z.string(),
  raised: z.number(),
  last: z.number(),
  times: z.number(),
})

/** One that has told of itself; which hosts boot from it is in their boots. */
export const appliance = z.object({
  id: z.string(),
  address: z.string(),
  version: z.string(),
  firstSeen: z.number(),
  lastSeen: z.number(),
  /** Boots of it that are kept. */
  boots: z.number(),
  /** Addresses that it has lent. */
  leases: z.number(),
})

/** `GET /api/v1/events`, server-sent: `event: <kind>`, `data:` one of these as JSON. What it is now is asked of the other routes. */
export const poolEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('host'), host: hostId, name: z.string(), state: hostState }),
  z.object({ kind: z.literal('inventory'), host: hostId, sections: z.array(z.string()) }),
  z.object({ kind: z.literal('sample'), host: hostId }),
  z.object({ kind: z.literal('alarm'), alarm: z.string() }),
  z.object({ kind: z.literal('alarm-cleared'), alarm: z.string() }),
  z.object({ kind: z.literal('boot'), mac: z.string() }),
  /** A host has looked at a file system, or could not. */
  z.object({ kind: z.literal('scan'), thing: z.string() }),
])

export type Thing = z.output<typeof thing>
export type ThingDetail = z.output<typeof thingDetail>
export type Cell = z.output<typeof cell>
export type Matrix = z.output<typeof matrix>
export type LocalStorage = z.output<typeof localStorage>
export type PlacementAsk = z.output<typeof placementAsk>
export type Placement = z.output<typeof placement>
export type CpuPool = z.output<typeof cpuPool>
export type CpuExplanation = z.output<typeof cpuExplanation>
export type Alarm = z.output<typeof alarm>
export type Appliance = z.output<typeof appliance>
export type PoolEvent = z.output<typeof poolEvent>
