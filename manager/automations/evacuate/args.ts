// What `evacuate-host` is given.
import { z } from 'zod'
import { uuid } from '../../protocol/values.ts'
import { hostArg } from '../guests/parts.ts'

/** How each of its guests is moved. */
export const moveHow = z.object({
  maxPauseMs: z.number(),
  rateBytes: z.number().exactOptional(),
  network: z.string().exactOptional(),
  keepMs: z.number(),
})

/** Who is stopped runs on until its disks are there; left out, as by a manager of before: it is stopped for as long as they are copied. */
export const restarts = z.literal('when its disks are there').exactOptional()

export const evacuateArgs = z.object({
  host: hostArg,
  /** Where all go; left out: placement decides for each. */
  to: hostArg.exactOptional(),
  /** Ids of the hosts that they may go to; left out: all. */
  among: z.array(z.string()).readonly().exactOptional(),
  /** The largest first. */
  guests: z.array(z.object({ uuid, name: z.string(), state: z.enum(['running', 'stopped']) })).readonly(),
  /** Those that cannot go as they are, in words. */
  stay: z.array(z.object({ name: z.string(), reason: z.string() })).readonly(),
  /** Of a guest that runs and cannot go live: stopped, moved and started there, or left. */
  others: z.enum(['restart', 'leave']),
  restarts,
  how: moveHow,
})

export type EvacuateArgs = z.output<typeof evacuateArgs>
export type MoveHow = z.output<typeof moveHow>
