// How hosts boot: what they are to boot, and what each boot came to, as the appliances tell. Append-only within /api/v1.
import { z } from 'zod'
import { ONCE_KINDS, ONCE_NAMES } from '../protocol/once.ts'
import { host, hostId, hostRef } from './hosts.ts'
import { NOTHING, operation } from './operation.ts'
import { onHosts } from './target.ts'

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
    /** `once`: it was given something else than the pool to boot, as was ordered. */
    outcome: z.enum(['booting', 'up', 'stuck', 'failed', 'once']),
    /** What that is. */
    once: z.enum(ONCE_KINDS).optional(),
    image: z.string().optional(),
    generation: z.string().optional(),
    address: z.string().optional(),
    stages: z.array(z.object({ stage: z.string(), state: z.string(), at: z.number(), detail: z.string() })),
    /** In plain words, of an attempt that does not go on, or of one of something else that has come back. */
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
    edited: (settings) => settings,
  }),
  set: operation({
    http: 'PUT /hosts/:ref/boot',
    role: 'operator',
    summary: 'What a host boots from its next boot on: what is left out stays, null is the default of its appliance',
    /** `force`: also an image that no appliance is known to have. */
    input: ofHost.extend({ ...bootSettings.shape, force: z.boolean().optional() }),
    output: host,
    changes: 'GET /hosts/:ref/boot',
    on: ({ ref }) => onHosts(ref),
    did: ({ ref, force: _force, ...wanted }, say) => `boot host ${say.host(ref)} from ${JSON.stringify(wanted)}`,
  }),
  once: operation({
    http: 'PUT /hosts/:ref/boot/once',
    role: 'operator',
    summary: 'What a host boots at its next boot instead of the pool, once and within 24 hours; none takes that back',
    input: ofHost.extend({ what: z.enum([...ONCE_KINDS, 'none']) }),
    output: host,
    on: ({ ref }) => onHosts(ref),
    did: ({ ref, what }, say) =>
      what === 'none'
        ? `take back what host ${say.host(ref)} was to boot once`
        : `order host ${say.host(ref)} to boot ${ONCE_NAMES[what]} once`,
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
