// What `bring-home` is given: the rounds that its plan has come to.
import { z } from 'zod'
import { uuid } from '../../../protocol/values.ts'
import { hostArg } from '../../guests/parts.ts'
import { moveHow, restarts } from '../args.ts'

const step = z.object({
  uuid,
  name: z.string(),
  /** Id of the host that it is on by then. */
  from: z.string(),
  to: hostArg,
  /** `halt`: it is stopped, to make room, and started where it comes to by its next step; `restart`: stopped, moved, started. */
  how: z.enum(['live', 'stopped', 'restart', 'halt']),
})

export const homeArgs = z.object({
  homes: z.array(hostArg).min(1).readonly(),
  /** Those of the homes that are taken away first. */
  cordons: z.array(z.object({ host: hostArg, why: z.string() })).readonly(),
  /** One after the other; all of one at once. */
  rounds: z.array(z.array(step).readonly()).readonly(),
  /** Those that do not come home, in words. */
  stay: z.array(z.object({ name: z.string(), reason: z.string() })).readonly(),
  how: moveHow,
  restarts,
})

export type HomeArgs = z.output<typeof homeArgs>
export type HomeStep = z.output<typeof step>
