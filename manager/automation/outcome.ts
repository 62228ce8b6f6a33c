// How an automation ends: by what its recipe gives or throws, or by what is run instead of it.
import { Aborted } from './failure.ts'
import type { Input } from './fiber.ts'
import { type Steps, unwinding } from './steps.ts'

export type Outcome =
  | { readonly kind: 'done'; readonly value: unknown }
  /** All of it is taken back. */
  | { readonly kind: 'failed' | 'aborted'; readonly reason: string }

/** In the place of a recipe that is left where it is. */
export function* takenBackFor(reason: string): Steps<never> {
  yield* unwinding()
  throw new Aborted(reason)
}

export function outcomeOf(how: Input): Outcome {
  if (how.kind === 'value') return { kind: 'done', value: how.value }
  const reason = how.error instanceof Error ? how.error.message : String(how.error)
  return { kind: how.error instanceof Aborted ? 'aborted' : 'failed', reason }
}
