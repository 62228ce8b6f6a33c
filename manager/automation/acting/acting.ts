// A step that has been written down as begun, and is being done: it answers once. Begun again after a crash it is done as if for the first
// time, under the same id.

import type { Progress } from '../../protocol/requests/request.ts'
import type { ActEffect } from '../effect.ts'
import type { StepAnswer } from '../journal.ts'
import type { Broker, ChangeFeed, Clock, Hooks } from '../ports.ts'
import type { Turnstile } from '../turnstile.ts'

export interface Acting {
  /** It shall come to its end, and answers within 5 s. */
  cancel(): void
  /** Nobody wants its answer any more. What a host does of it goes on. */
  drop(): void
}

export interface ActingDeps {
  readonly clock: Clock
  readonly broker: Broker
  readonly feed: ChangeFeed
  readonly hooks: Hooks
  readonly turns: Turnstile
  /** A host has heard a newer manager. */
  readonly onStale: (reason: string) => void
}

export interface Act<Effect extends ActEffect = ActEffect> {
  readonly automation: string
  readonly recipe: string
  readonly step: string
  readonly effect: Effect
  /** When it was begun first, milliseconds since the epoch. */
  readonly started: number
  readonly answer: (answer: StepAnswer) => void
  readonly progress: (progress: Progress) => void
}
