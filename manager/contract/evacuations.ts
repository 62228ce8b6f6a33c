// Hosts that are emptied: no guest comes to them, and those that are there go. Append-only within /api/v1. Sizes are bytes.
import { z } from 'zod'
import { startedAutomation } from './automations.ts'
import { hostId, hostRef } from './hosts.ts'
import { moveHow } from './migrations.ts'
import { operation } from './operation.ts'

const asked = z.strictObject({
  ref: hostRef,
  /** Where all go; left out: the best host for each. */
  host: hostRef.optional(),
  /** Of a guest that runs and cannot go live: stopped, moved and started there, or left where it is. */
  others: z.enum(['restart', 'leave']).default('leave'),
  ...moveHow,
})

const leave = z.object({
  guest: z.string(),
  /** `restart`: stopped, moved, and started there. Missing: it stays. */
  way: z.enum(['live', 'stopped', 'restart']).optional(),
  to: z.object({ host: hostId, name: z.string() }).optional(),
  diskBytes: z.number(),
  memoryBytes: z.number(),
  /** Why it stays. */
  refusals: z.array(z.object({ code: z.string(), reason: z.string() })),
})

const plan = z.object({ host: z.string(), guests: z.array(leave) }).meta({ id: 'EvacuationPlan' })

export const evacuations = {
  plan: operation({
    http: 'POST /hosts/:ref/evacuation-plan',
    role: 'viewer',
    summary: 'Where each guest of a host would go, and why not; nothing is done',
    input: asked,
    output: plan,
  }),
  start: operation({
    http: 'POST /hosts/:ref/evacuate',
    role: 'operator',
    status: 202,
    starts: 'automation',
    summary: 'Cordon a host, and move its guests away; an abort takes back the cordon and what is under way',
    input: asked,
    output: startedAutomation,
    did: ({ ref, host }, say) => `evacuate host ${say.host(ref)}${host === undefined ? '' : ` to ${say.host(host)}`}`,
  }),
}

export type EvacuationAsk = z.output<typeof asked>
export type EvacuationPlan = z.output<typeof plan>
