// What recipes ask of the manager itself, in the place of a host: a cordon, and other automations, each of which is one however often it is
// asked for. Each looks at the world first. Pure.
import { z } from 'zod'
import { uuid } from '../../protocol/values.ts'
import { moveHow } from '../evacuate/args.ts'

export const ownRequest = z.discriminatedUnion('kind', [
  /** `why`: of the cordon that is put there, or taken away where it is this one; left out: the one of an evacuation by who asks. */
  z.object({ kind: z.literal('cordon'), host: z.string(), why: z.string().exactOptional() }),
  z.object({ kind: z.literal('uncordon'), host: z.string(), why: z.string().exactOptional() }),
  /** Those who could go have gone: the host is cordoned from now on, and evacuated no more. */
  z.object({ kind: z.literal('evacuated'), host: z.string() }),
  z.object({
    ...{ kind: z.literal('move-guest'), guest: uuid, from: z.string(), to: z.string().exactOptional(), how: moveHow },
    /** Of one without `to`: ids of the hosts that it may go to. */
    among: z.array(z.string()).readonly().exactOptional(),
    /** With a stop, if it runs. */
    restart: z.literal('always').exactOptional(),
  }),
  z.object({ kind: z.literal('stop-guest'), guest: uuid }),
  z.object({ kind: z.literal('start-guest'), guest: uuid }),
])

/** `elsewhere`: it has left the host before. */
export const ownOutcome = z.object({
  kind: z.literal('own'),
  outcome: z.enum(['done', 'elsewhere', 'refused', 'failed']),
  reason: z.string().default(''),
  code: z.string().optional(),
})

export type OwnRequest = z.output<typeof ownRequest>
export type Beginning = Exclude<OwnRequest, { readonly kind: 'cordon' | 'uncordon' | 'evacuated' }>
export type OwnOutcome = Omit<z.input<typeof ownOutcome>, 'kind'>

/** How the reason of an evacuation's cordon begins; the id of its automation follows. */
export const EVACUATED = 'evacuated by automation '
