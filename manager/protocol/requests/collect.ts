// The request collect: reads sections anew; what changed goes out as a delta before the answer.
import { z } from 'zod'
import { problems, sectionName } from '../inventory.ts'
import { count, list, record } from '../values.ts'
import { short } from './request.ts'

export const collect = short({
  since: 1,
  body: record({ kind: z.literal('collect'), sections: list(sectionName, 64) }),
  /** The revision that the host is at after it, and what is wrong with the sections asked for. */
  answer: record({ kind: z.literal('collected'), revision: count, problems }),
  changes: 'nothing',
  pace: 'quick',
  holds: () => [],
  limit: 300_000,
})

/** Each under its own kind. */
export const collectRequests = {
  collect,
} as const
