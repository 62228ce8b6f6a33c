// Hosts that are emptied: no guest comes to them, and those that are there go; and come home. Append-only within /api/v1. Sizes are bytes.
import { z } from 'zod'
import { startedAutomation } from './automations.ts'
import { hostId, hostRef } from './hosts.ts'
import { moveHow } from './migrations.ts'
import { operation } from './operation.ts'
import { onThings } from './target.ts'

const asked = z.strictObject({
  ref: hostRef,
  /** Where all go; left out: the best host for each. */
  host: hostRef.optional(),
  /** Of a guest that runs and cannot go live: stopped once its disks are there, and started there, or left where it is. */
  others: z.enum(['restart', 'leave']).default('leave'),
  ...moveHow,
})

const leave = z.object({
  guest: z.string(),
  /** `restart`: stopped once its disks are there, and started there. Missing: it stays. */
  way: z.enum(['live', 'stopped', 'restart']).optional(),
  to: z.object({ host: hostId, name: z.string() }).optional(),
  diskBytes: z.number(),
  memoryBytes: z.number(),
  /** Why it stays. */
  refusals: z.array(z.object({ code: z.string(), reason: z.string() })),
})

const plan = z.object({ host: z.string(), guests: z.array(leave) }).meta({ id: 'EvacuationPlan' })

const askedHome = z.strictObject({
  /** Those that were emptied: guests of several are ordered together. */
  refs: z.array(hostRef).min(1).max(64),
  /** `restart`: a guest may be stopped and started at home: once its disks are there, where it cannot go live; for longer, where guests are in each other's way. */
  others: z.enum(['restart', 'leave']).default('leave'),
  ...moveHow,
})

const awayGuest = z.object({
  uuid: z.string(),
  guest: z.string(),
  home: z.object({ host: hostId, name: z.string() }),
  /** Missing: on no host that is known. */
  on: z.object({ host: hostId, name: z.string() }).optional(),
  /** As it was when it left. */
  was: z.enum(['running', 'stopped']),
  /** Milliseconds since the epoch. */
  left: z.number(),
})

const homePlan = z
  .object({
    guests: z.array(
      awayGuest.extend({
        diskBytes: z.number(),
        memoryBytes: z.number(),
        /**
         * In their order: all of a round at once, each round after the one before. The last leads home, one before it to a host where it is
         * out of the way; `halt`: it is stopped where it is, and started where the next leads to.
         */
        steps: z.array(
          z.object({
            round: z.number(),
            to: z.object({ host: hostId, name: z.string() }),
            how: z.enum(['live', 'stopped', 'restart', 'halt']),
          }),
        ),
        /** Why it does not come home. */
        refusals: z.array(z.object({ code: z.string(), reason: z.string() })),
      }),
    ),
  })
  .meta({ id: 'HomecomingPlan' })

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
    on: ({ ref, host }) => onThings({ hosts: [ref, ...(host === undefined ? [] : [host])], guestsOf: [ref] }),
    did: ({ ref, host }, say) => `evacuate host ${say.host(ref)}${host === undefined ? '' : ` to ${say.host(host)}`}`,
  }),
  away: operation({
    http: 'GET /hosts/:ref/away',
    role: 'viewer',
    summary: 'Guests that an evacuation has moved away from a host, and that are not there again',
    input: z.strictObject({ ref: hostRef }),
    output: z.object({ guests: z.array(awayGuest) }),
  }),
  homePlan: operation({
    http: 'POST /bring-home-plan',
    role: 'viewer',
    summary: 'In which order guests would come home to hosts that were emptied, so that all of it fits, and who would not; nothing is done',
    input: askedHome,
    output: homePlan,
  }),
  bringHome: operation({
    http: 'POST /bring-home',
    role: 'operator',
    status: 202,
    starts: 'automation',
    summary:
      "Take the evacuation's cordon away, and bring its guests home; an abort puts the cordon back, and takes back what is under way",
    input: askedHome,
    output: startedAutomation,
    on: ({ refs }) => onThings({ hosts: refs, guestsAwayFrom: refs }),
    did: ({ refs }, say) => `bring guests home to ${refs.map((ref) => `host ${say.host(ref)}`).join(', ')}`,
  }),
}

export type EvacuationAsk = z.output<typeof asked>
export type EvacuationPlan = z.output<typeof plan>
export type HomecomingAsk = z.output<typeof askedHome>
export type HomecomingPlan = z.output<typeof homePlan>
export type AwayGuest = z.output<typeof awayGuest>
