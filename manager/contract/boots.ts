// How hosts boot: what they are to boot, and what each boot came to, as the appliances tell. Append-only within /api/v1.
import { z } from 'zod'
import { host, hostId, hostRef } from './hosts.ts'
import { NOTHING, operation } from './operation.ts'

/** What a host boots, where that is not its appliance's default (null). A host of the config file boots what stands there. */
export const bootSettings = z.strictObject({
  image: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{0,31}$/, 'is no image name: 1 to 32 of a-z 0-9 - . beginning with a letter or digit')
    .nullish(),
  root: z.enum(['nfs', 'ram']).nullish(),
})

/** One power-on of a host, as the appliance that booted it tells. */
export const bootAttempt = z
  .object({
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
  .meta({ id: 'BootAttempt' })

/** As `bootAttempt`, of any machine: `host` and `hostName` of one that has enrolled. */
const anyAttempt = bootAttempt.extend({ host: hostId.optional(), hostName: z.string().optional() }).meta({ id: 'AnyBootAttempt' })

/** A generation of a dom0 image that hosts have come up with. */
const bootedImage = z.object({
  image: z.string(),
  generation: z.string(),
  /** Names of hosts that booted it last. */
  hosts: z.array(z.string()),
  /** Machines that are no hosts and booted it last. */
  others: z.number(),
  /** When the newest boot with it began. */
  last: z.number(),
})

/** One that has told of itself; which hosts boot from it is in their boots. */
const appliance = z.object({
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

const ofHost = z.strictObject({ ref: hostRef })

export const boots = {
  newest: operation({
    http: 'GET /boots',
    role: 'viewer',
    summary: 'The newest boot attempts of all machines, also of those that have never enrolled',
    input: z.strictObject({ limit: z.coerce.number<number | string>().int().min(1).max(500).default(50) }),
    output: z.object({ boots: z.array(anyAttempt) }),
  }),
  images: operation({
    http: 'GET /boots/images',
    role: 'viewer',
    summary: 'The generations of dom0 images that machines have come up with, the one that was booted last first',
    input: NOTHING,
    output: z.object({ images: z.array(bootedImage) }),
  }),
  list: operation({
    http: 'GET /hosts/:ref/boots',
    role: 'viewer',
    summary: 'The boot attempts of a host, newest first',
    input: ofHost,
    output: z.object({ boots: z.array(bootAttempt) }),
  }),
  settings: operation({
    http: 'GET /hosts/:ref/boot',
    role: 'viewer',
    summary: 'What was set of what a host boots; empty where all is the default of its appliance',
    input: ofHost,
    output: bootSettings,
  }),
  set: operation({
    http: 'PUT /hosts/:ref/boot',
    role: 'operator',
    summary: 'What a host boots from its next boot on: what is left out stays, null is the default of its appliance',
    input: ofHost.extend(bootSettings.shape),
    output: host,
    did: ({ ref, ...wanted }, say) => `boot host ${say.host(ref)} from ${JSON.stringify(wanted)}`,
  }),
  appliances: operation({
    http: 'GET /appliances',
    role: 'viewer',
    summary: 'The appliances that have told of boots, the one heard of last first',
    input: NOTHING,
    output: z.object({ appliances: z.array(appliance) }),
  }),
}

export type BootSettings = z.output<typeof bootSettings>
export type BootAttempt = z.output<typeof bootAttempt>
export type AnyBootAttempt = z.output<typeof anyAttempt>
export type BootedImage = z.output<typeof bootedImage>
export type Appliance = z.output<typeof appliance>
