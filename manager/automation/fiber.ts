// The branches of a recipe that are under way: a tree, whose leaves wait for an answer and whose forks wait for their branches. Data of
// advance.ts.
import type { Branch, Effect, ForkEffect, JournaledEffect } from './effect.ts'
import type { Steps } from './steps.ts'

export interface Fiber {
  /** Before the numbers of its steps: empty, or `4.2.`. */
  readonly path: string
  readonly steps: Steps<unknown>
  readonly of: Fork | undefined
  /** Which of its branches. */
  readonly at: number
  /** Its last step. */
  count: number
  /** Why it shall stop. */
  stopping: string | undefined
  /** That has been said to it: what it does now is its own. */
  isTold: boolean
  waits: Fork | undefined
}

export interface Fork {
  readonly kind: ForkEffect['kind']
  readonly step: string
  readonly parent: Fiber
  readonly live: Set<Fiber>
  readonly waiting: { readonly at: number; readonly branch: Branch }[]
  readonly limit: number
  readonly values: unknown[]
  won: Fiber | undefined
  failure: { readonly error: unknown } | undefined
}

/** A step that waits to be begun, or to be answered. */
export interface PendingStep {
  readonly step: string
  readonly effect: JournaledEffect
  readonly fiber: Fiber
  /** When it was begun; undefined: not yet. */
  started: number | undefined
  /** Why it shall be ended: by whoever does it. */
  stopping: string | undefined
}

export type Input = { readonly kind: 'value'; readonly value: unknown } | { readonly kind: 'thrown'; readonly error: unknown }

export function newFiber(path: string, steps: Steps<unknown>, of?: Fork, at = 0): Fiber {
  return { path, steps, of, at, count: 0, stopping: undefined, isTold: of?.parent.isTold ?? false, waits: undefined }
}

export function newFork(effect: ForkEffect, step: string, parent: Fiber): Fork {
  const waiting = effect.branches.map((branch, at) => ({ at, branch }))
  const limit = effect.kind === 'bounded' ? Math.max(1, effect.limit) : Number.POSITIVE_INFINITY
  return { kind: effect.kind, step, parent, live: new Set(), waiting, limit, values: [], won: undefined, failure: undefined }
}

/** What its parent is told when all branches have ended. */
export function joined({ values, won, failure }: Fork): Input {
  if (won) return { kind: 'value', value: values[won.at] }
  return failure ? { kind: 'thrown', error: failure.error } : { kind: 'value', value: values }
}

/** To what it asks for next, or to its end. */
export function goOn(
  { steps }: Fiber,
  input: Input,
): { readonly kind: 'ended'; readonly input: Input } | { readonly kind: 'asks'; readonly effect: Effect } {
  try {
    const result = input.kind === 'value' ? steps.next(input.value) : steps.throw(input.error)
    return result.done ? { kind: 'ended', input: { kind: 'value', value: result.value } } : { kind: 'asks', effect: result.value }
  } catch (error) {
    return { kind: 'ended', input: { kind: 'thrown', error } }
  }
}

/** Somebody acts on it, and has to let go first. */
export function isEndedElsewhere({ effect, started }: PendingStep): boolean {
  return started !== undefined && (effect.kind === 'request' || effect.kind === 'hook')
}
