// What a manager may ask of an agent, and the answers: closed unions, one request a file in images/agent/requests.
import { z } from 'zod'
import { problems, sectionName } from './inventory.ts'
import { count, list, record, word } from './values.ts'

/** Reads these sections anew; what changed goes out as a delta before the answer. */
const collect = record({ kind: z.literal('collect'), sections: list(sectionName, 64) })

export const requestBody = z.discriminatedUnion('kind', [collect])

/** The revision that the host is at after it, and what is wrong with the sections asked for. */
const collected = record({ kind: z.literal('collected'), revision: count, problems })
/** Not done, and foreseen. `stale-epoch`: this agent has heard a newer manager; `busy`: ask again later. */
const refused = record({ kind: z.literal('refused'), cause: z.enum(['stale-epoch', 'busy', 'unable']), reason: word(512) })

export const answerBody = z.discriminatedUnion('kind', [collected, refused])

export type RequestBody = z.output<typeof requestBody>
export type AnswerBody = z.output<typeof answerBody>
