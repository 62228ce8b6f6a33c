// CPU levels: which hosts can exchange running guests. Append-only within /api/v1.
import { z } from 'zod'
import { hostId, hostRef } from './hosts.ts'
import { NOTHING, operation } from './operation.ts'

const feature = z.object({ name: z.string(), word: z.string(), bit: z.number() })

const cpuPool = z.object({
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
const cpuExplanation = z.object({
  from: z.string(),
  to: z.string(),
  type: z.enum(['pv', 'pvh', 'hvm']),
  compatible: z.boolean(),
  /** Sentences: `NX/XD is off in the BIOS of B`. */
  reasons: z.array(z.string()),
  missing: z.array(feature),
})

export const cpu = {
  show: operation({
    http: 'GET /cpu',
    role: 'viewer',
    summary: 'CPU levels and the groups of hosts that can exchange guests',
    input: NOTHING,
    output: cpuPool,
  }),
  explain: operation({
    http: 'GET /cpu/explain',
    role: 'viewer',
    summary: 'Whether a guest may move live from one host to another, and what is in the way',
    input: z.strictObject({ from: hostRef, to: hostRef, type: z.enum(['pv', 'pvh', 'hvm']).default('pvh') }),
    output: cpuExplanation,
  }),
}

export type CpuPool = z.output<typeof cpuPool>
export type CpuExplanation = z.output<typeof cpuExplanation>
