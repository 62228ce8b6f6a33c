// What the API says of hosts and their guests, and what it takes of them. Append-only within /api/v1: a member is only ever added.
// Times are milliseconds since the epoch, sizes bytes, rates a second.
import { z } from 'zod'
import { HOST_STATES } from '../enrolment/standing.ts'

export const hostState = z.enum(HOST_STATES)

/** 16 characters of base32. */
export const hostId = z.string().regex(/^[a-z2-7]{16}$/, 'is no host id')

const sum = z.number().nonnegative()

/** Of the newest sample, while the host is connected. */
export const hostLoad = z.object({
  at: z.number(),
  /** Physical CPUs in use, of `threads`. */
  cpus: sum,
  threads: z.number(),
  dom0Cpus: sum,
  freeBytes: z.number(),
  totalBytes: z.number(),
  readBytesPerSecond: sum,
  writtenBytesPerSecond: sum,
  receivedBytesPerSecond: sum,
  sentBytesPerSecond: sum,
})

export const hostHardware = z.object({
  manufacturer: z.string().optional(),
  product: z.string().optional(),
  serial: z.string().optional(),
  firmware: z.string().optional(),
  cpuVendor: z.string().optional(),
  cpuModel: z.string().optional(),
  sockets: z.number().optional(),
  cores: z.number().optional(),
  threads: z.number().optional(),
  memoryBytes: z.number().optional(),
  /** Counts are missing where they are not known: see `unread` of the host. */
  diskCount: z.number().optional(),
  diskBytes: z.number().optional(),
  nicCount: z.number().optional(),
  nicsUp: z.number().optional(),
  xen: z.string().optional(),
  kernel: z.string().optional(),
})

const hostMacs = z.array(z.object({ mac: z.string(), boot: z.boolean() }))

/** What tells a machine from others. */
export const hostIdentity = z.object({
  uuid: z.string().optional(),
  serial: z.string().optional(),
  product: z.string().optional(),
  macs: hostMacs,
})

export const host = z.object({
  id: hostId,
  name: z.string(),
  state: hostState,
  /** Since when it is in this state. */
  since: z.number(),
  groups: z.array(z.string()),
  notes: z.string(),
  created: z.number(),
  uuid: z.string().optional(),
  macs: hostMacs,
  /** A machine boots as this host and is another than was known: approval takes it in the place of that. `differs`: in words. */
  change: z.object({ at: z.number(), differs: z.array(z.string()), was: hostIdentity, is: hostIdentity }).optional(),
  /** Of a host that may be approved: what an approval names as `seen`. It is another as soon as another machine waits. */
  seen: z.string().optional(),
  connection: z.object({ address: z.string(), agent: z.string(), since: z.number() }).optional(),
  inventory: z.object({ revision: z.number(), at: z.number() }).optional(),
  /** Missing before its first report. */
  hardware: hostHardware.optional(),
  /** What it booted, as its appliance tells. */
  image: z.object({ image: z.string(), generation: z.string() }).optional(),
  /** Hosts of one number can exchange guests live; missing where the CPU is not known or the host may not run guests. */
  cpuGroup: z.number().optional(),
  load: hostLoad.optional(),
  /** That run on it; missing where that is not known. */
  guests: z.number().optional(),
  /** Sections of its report from which items may be missing, and why: what is counted in them is missing here. */
  unread: z.array(z.object({ section: z.string(), source: z.string(), reason: z.string() })).optional(),
  /** Open ones. */
  alarms: z.number(),
})

/** What an operator may change of a host; what is left out stays. */
export const hostChange = z.strictObject({
  name: z.string().max(256).optional(),
  groups: z.array(z.string().max(256)).max(256).optional(),
  notes: z.string().max(16384).optional(),
})

/** What a host boots, where that is not its appliance's default (null). A host of the config file boots what stands there. */
export const bootSettings = z.strictObject({
  image: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{0,31}$/, 'is no image name: 1 to 32 of a-z 0-9 - . beginning with a letter or digit')
    .nullish(),
  root: z.enum(['nfs', 'ram']).nullish(),
})

export const HOST_ACTIONS = ['approve', 'reject', 'maintain', 'resume', 'fence', 'release'] as const
/**
 * `proof`: of `fence`, what says that the host cannot run anything now. `seen`: of `approve`, the host's `seen` as it was looked at;
 * without it only a host that has no `change` is approved.
 */
export const hostActionBody = z.strictObject({ proof: z.string().min(1).max(512).optional(), seen: z.string().max(64).optional() })

export const historyEntry = z.object({ at: z.number(), who: z.string(), what: z.string() })

/** One power-on of a host, as the appliance that booted it tells. */
export const bootAttempt = z.object({
  id: z.string(),
  appliance: z.string(),
  mac: z.string(),
  started: z.number(),
  ended: z.number().optional(),
  outcome: z.enum(['booting', 'up', 'stuck', 'failed']),
  image: z.string().optional(),
  generation: z.string().optional(),
  address: z.string().optional(),
  stages: z.array(z.object({ stage: z.string(), state: z.string(), at: z.number(), detail: z.string() })),
  /** In plain words, of an attempt that does not go on. */
  diagnosis: z.string().optional(),
})

export const guest = z.object({
  host: hostId,
  hostName: z.string(),
  uuid: z.string(),
  name: z.string(),
  domid: z.number(),
  /** Missing, as `disks` and `nics` are, for a domain whose configuration could not be read. */
  type: z.enum(['pv', 'pvh', 'hvm']).optional(),
  state: z.string(),
  vcpus: z.number(),
  memoryBytes: z.number(),
  disks: z.number().optional(),
  nics: z.number().optional(),
  /** Of the newest sample. */
  load: z
    .object({
      cpus: sum,
      readBytesPerSecond: sum,
      writtenBytesPerSecond: sum,
      receivedBytesPerSecond: sum,
      sentBytesPerSecond: sum,
    })
    .optional(),
})

export type Host = z.output<typeof host>
export type HostIdentity = z.output<typeof hostIdentity>
export type HostLoad = z.output<typeof hostLoad>
export type HostHardware = z.output<typeof hostHardware>
export type HostChange = z.output<typeof hostChange>
export type BootSettings = z.output<typeof bootSettings>
export type HostAction = (typeof HOST_ACTIONS)[number]
export type HostActionBody = z.output<typeof hostActionBody>
export type HistoryEntry = z.output<typeof historyEntry>
export type BootAttempt = z.output<typeof bootAttempt>
export type Guest = z.output<typeof guest>
