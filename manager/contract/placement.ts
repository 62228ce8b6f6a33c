// Where a guest can run. Append-only within /api/v1. Sizes are bytes.
import { z } from 'zod'
import { hostId } from './hosts.ts'
import { operation } from './operation.ts'

export const placementAsk = z.strictObject({
  networks: z.array(z.string().max(512)).max(64).default([]),
  storage: z.array(z.string().max(512)).max(256).default([]),
  memoryBytes: z.number().int().nonnegative().default(0),
  type: z.enum(['pv', 'pvh', 'hvm']).default('pvh'),
  /** A host id: whether a guest that runs there can come live. */
  from: hostId.optional(),
})

const placement = z.object({
  fits: z.array(z.object({ host: hostId, name: z.string() })),
  refused: z.array(z.object({ host: hostId, name: z.string(), reasons: z.array(z.string()) })),
})

export const placements = {
  find: operation({
    http: 'POST /placement',
    role: 'viewer',
    summary: 'Which hosts reach all that a guest needs, and what is in the way on the others',
    input: placementAsk,
    output: placement,
  }),
}

export type PlacementAsk = z.output<typeof placementAsk>
export type Placement = z.output<typeof placement>
