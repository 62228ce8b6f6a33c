// How a request is told of: what is asked and answered, since when, what it holds of the host meanwhile, and how long it may take.
// One file a request is beside this one; ../requests.ts lists them, and images/agent/requests has a handler for each.
import type { z } from 'zod'
import { count, record, word } from '../values.ts'
import type { Hold } from './holds.ts'

/** The body of every request, and every answer. */
export type Told = z.ZodType<{ readonly kind: string }>

interface Common<Body extends Told, Answer extends Told> {
  /** The version of the protocol that has brought it. */
  readonly since: number
  readonly body: Body
  /** A refusal is always possible beside it. */
  readonly answer: Answer
  /** `nothing` that outlasts the request; `agent`: which one runs, and what it reports; `host`: anything else. */
  readonly changes: 'nothing' | 'agent' | 'host'
  readonly holds: (body: z.output<Body>) => readonly Hold[]
  /** Milliseconds from its start on the host; without what it waits for others. */
  readonly limit: number
}

/** `urgent`: to fence, to destroy. It has places of its own, goes before all that waits, and ends what may be ended in its way. */
interface Short<Body extends Told, Answer extends Told> extends Common<Body, Answer> {
  readonly pace: 'urgent' | 'quick'
}

/** A job: it tells how far it is, can be cancelled, and goes on over the ends of connections, managers and agents. */
interface Long<Body extends Told, Answer extends Told> extends Common<Body, Answer> {
  readonly pace: 'long'
  /** Whether something urgent that holds the same may end it. */
  readonly yields: 'to urgent' | 'never'
}

export type RequestSpec<Body extends Told = Told, Answer extends Told = Told> = Short<Body, Answer> | Long<Body, Answer>
export type Pace = RequestSpec['pace']

export function short<Body extends Told, Answer extends Told>(spec: Short<Body, Answer>): Short<Body, Answer> {
  return spec
}

export function long<Body extends Told, Answer extends Told>(spec: Long<Body, Answer>): Long<Body, Answer> {
  return spec
}

/** How far a job is. `total` is left out where nobody knows it. */
export const progress = record({
  phase: word(64),
  done: count,
  total: count.exactOptional(),
  unit: word(32),
  /** Since version 11, of `done`: what went over the network for it, in its unit; the rest was there, or is zeros, or could be pressed. */
  sent: count.exactOptional(),
})

export type Progress = z.output<typeof progress>
