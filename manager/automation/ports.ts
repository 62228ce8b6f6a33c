// What the runner is given to act with. A broker that finds the manager which holds a host's agent, and a feed that all managers write to,
// let several managers share the work one day: nothing here asks where either lies.
import type { After } from '../../appliance/wire/timers.ts'
import type { Asked, Asking } from '../agents/questions.ts'
import type { HookEffect, Tagged } from './effect.ts'
import type { StepAnswer } from './journal.ts'

/** The place of a host in a request to the manager itself: what a recipe wants of the pool, and of other automations. */
export const MANAGER = 'manager'

/** What that answers. */
export interface OwnAnswer {
  readonly kind: 'own'
  readonly [member: string]: unknown
}

export type Replied = Asked | { readonly kind: 'answered'; readonly answer: OwnAnswer }

export interface Replying extends Omit<Asking, 'ended'> {
  readonly ended: Promise<Replied>
  /** Milliseconds that it has to let go of what is cancelled; left out: as long as a host. */
  readonly lettingGo?: number
}

/** Requests, by host. */
export interface Broker {
  /** `patience`: milliseconds. The same id again is answered from memory or looks at the world first: it has one effect. */
  ask(host: string, id: string, body: Tagged, patience: number): Replying
  /** Is told of a host that can be reached again, until the function that it returns is called. */
  subscribe(listener: (host: string) => void): () => void
}

/** What is known of things, by topic: `host 5f0c… presence`. */
export interface ChangeFeed {
  current(topic: string): string | undefined
  /** Until the function that it returns is called. */
  subscribe(listener: (topic: string, value: string) => void): () => void
}

export interface HookCall extends HookEffect {
  readonly automation: string
  readonly recipe: string
  readonly step: string
}

export interface Hooks {
  run(call: HookCall): { readonly ended: Promise<StepAnswer>; readonly kill: () => void }
}

export interface Clock {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly after: After
}
