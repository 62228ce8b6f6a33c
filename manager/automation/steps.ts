// What recipes are written with: a generator for each effect, which gives what it answers, or throws StepFailed or Aborted. What the engine
// answers to an effect has that effect's type: here that is believed.
import type { AnswerOf, RequestBody } from '../protocol/requests.ts'
import type { Effect, HookEffect, RequestEffect, Tagged, Undo, Use } from './effect.ts'
import { Aborted } from './failure.ts'

export type Steps<Value = void> = Generator<Effect, Value, unknown>

export interface RequestSettings {
  /** Left out: `cancel`. */
  readonly onAbort?: RequestEffect['onAbort']
  /** Milliseconds; left out: PATIENCE. */
  readonly patience?: number
}

/** For an answer of a host, which may be booting, ms. */
export const PATIENCE = 600_000

export function order<Body extends Tagged>(
  host: string,
  body: Body,
  { onAbort = 'cancel', patience = PATIENCE }: RequestSettings = {},
): RequestEffect {
  return { kind: 'request', host, body, onAbort, patience }
}

export function* request<Body extends RequestBody>(
  host: string,
  body: Body,
  settings: RequestSettings = {},
): Steps<AnswerOf<Body['kind']>> {
  return (yield order(host, body, settings)) as AnswerOf<Body['kind']>
}

/** As `request`, of what the protocol has no answer for: whoever asks looks at it. */
export function* ask<Body extends Tagged>(host: string, body: Body, settings: RequestSettings = {}): Steps<unknown> {
  return yield order(host, body, settings)
}

export function* sleep(milliseconds: number): Steps {
  yield { kind: 'sleep', milliseconds }
}

/** Gives the value that it came to. */
export function* awaitEvent(topic: string, values: readonly string[], patience: number = PATIENCE): Steps<string> {
  return (yield { kind: 'await-event', topic, values, patience }) as string
}

/** Milliseconds since the epoch. */
export function* now(): Steps<number> {
  return (yield { kind: 'now' }) as number
}

/** A UUID that is this step's own, and the same however often it is replayed. */
export function* newId(): Steps<string> {
  return (yield { kind: 'id' }) as string
}

/** From 0 to 1, of the automation's seed. */
export function* random(): Steps<number> {
  return (yield { kind: 'random' }) as number
}

/** As soon as so few others use these that this may, too; they are others' when `body` is over, or when the automation is. */
export function* inTurn<Value>(uses: readonly Use[], body: () => Steps<Value>): Steps<Value> {
  const of = (yield { kind: 'turn', uses }) as string
  const value = yield* body()
  yield { kind: 'turn-over', of }
  return value
}

/** Gives the minors and ports that were given out, by part. */
export function* claim(...needs: readonly Tagged[]): Steps<Readonly<Record<string, number>>> {
  return (yield { kind: 'claim', needs }) as Readonly<Record<string, number>>
}

/** Gives what a hook after the fact has warned of, where it has. */
export function* hook(when: HookEffect['when'], name: string, input: unknown): Steps<string | undefined> {
  return ((yield { kind: 'hook', when, name, input }) as { readonly warning?: string }).warning
}

export function* progress(phase: string, text = ''): Steps {
  yield { kind: 'progress', phase, text }
}

type Branches<Values extends readonly unknown[]> = { readonly [At in keyof Values]: () => Steps<Values[At]> }

/** All at once; where one fails the others are stopped, and that failure is thrown when all have ended. */
export function* all<Values extends readonly unknown[]>(branches: Branches<Values>): Steps<Values> {
  return (yield { kind: 'all', branches }) as Values
}

/** As `all`, at most so many at a time. */
export function* bounded<Value>(limit: number, branches: readonly (() => Steps<Value>)[]): Steps<readonly Value[]> {
  return (yield { kind: 'bounded', limit, branches }) as readonly Value[]
}

/** The first that succeeds; the others are stopped, and take back what they have done. Throws the first failure when none succeeds. */
export function* any<Value>(branches: readonly (() => Steps<Value>)[]): Steps<Value> {
  return (yield { kind: 'any', branches: branches.map((branch) => () => winning(branch)) }) as Value
}

/** This, or all of it taken back before its failure is thrown. */
export function attempt<Value>(body: () => Steps<Value>): Steps<Value> {
  return any([body])
}

function* winning<Value>(body: () => Steps<Value>): Steps<Value> {
  let isKept = false
  try {
    const value = yield* body()
    isKept = (yield { kind: 'won' }) as boolean
    if (!isKept) throw new Aborted('another branch was first')
    return value
  } finally {
    if (!isKept) yield* unwinding()
  }
}

/** What a recipe runs in: what is not done when it ends without success is taken back, the newest first. */
export function* whole<Value>(body: () => Steps<Value>): Steps<Value> {
  let isDone = false
  try {
    const value = yield* body()
    isDone = true
    return value
  } finally {
    if (!isDone) yield* unwinding()
  }
}

/** Does something that `undo` takes back, should this branch not come to a good end. */
export function* undoable<Value>(undo: Undo, act: Steps<Value>): Steps<Value> {
  const of = (yield { kind: 'undo', ...undo }) as string
  const value = yield* act
  yield { kind: 'completed', of }
  return value
}

/** As undoable, and taken back whatever the end of `body`. */
export function* meanwhile<Value>(undo: Undo, act: Steps<unknown>, body: () => Steps<Value>): Steps<Value> {
  const of = (yield { kind: 'undo', ...undo }) as string
  try {
    yield* act
    yield { kind: 'completed', of }
    return yield* body()
  } finally {
    yield* takeBack({ of, undo })
  }
}

export interface OpenUndo {
  /** The step that it was written down by. */
  readonly of: string
  readonly undo: Undo
}

/** All of this branch that is open, the newest first. */
export function* unwinding(): Steps {
  for (;;) {
    const next = (yield { kind: 'next-undo' }) as OpenUndo | undefined
    if (!next) return
    yield* takeBack(next)
  }
}

/** What this branch has done stays, whatever comes after: nothing of it is taken back any more. */
export function* settle(): Steps {
  for (;;) {
    const next = (yield { kind: 'next-undo' }) as OpenUndo | undefined
    if (!next) return
    yield { kind: 'undone', of: next.of, how: 'not needed' }
  }
}

/** After two failures, and two again, a person is asked: until it is done, or said to have been done by hand. */
function* takeBack({ of, undo }: OpenUndo): Steps {
  for (let failures = 1; ; failures += 1) {
    const reason = yield* tryUndo(undo)
    if (reason === undefined) break
    if (failures % 2 !== 0) continue
    const { what, command } = undo
    const said = (yield { kind: 'operator', what, command, reason }) as OperatorSaid
    if (said === 'by hand') {
      yield { kind: 'undone', of, how: 'by hand' }
      return
    }
  }
  yield { kind: 'undone', of, how: 'done' }
}

export type OperatorSaid = 'retry' | 'by hand'

/** Why it failed. Whatever is thrown here is a step's failure: an abort does not reach what takes back. */
function* tryUndo({ requests }: Undo): Steps<string | undefined> {
  try {
    for (const effect of requests) yield { ...effect, onAbort: 'finish' }
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
