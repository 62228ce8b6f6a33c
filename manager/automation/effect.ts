// What a recipe may ask of the engine: a closed union of plain data, but for the branches of all, any and bounded. Recipes do not write
// these down themselves: steps.ts has a generator for each.

/** The body of a request, what is claimed: whose it is knows what else is in it. It is kept as JSON. */
export interface Tagged {
  readonly kind: string
}

/** A job on a host. Whoever does it looks at the world first, so that it may be asked for again. */
export interface RequestEffect {
  readonly kind: 'request'
  /** Id of the host. */
  readonly host: string
  readonly body: Tagged
  /** What an abort does while it is under way: `cancel` ends it within 5 s, `finish` waits for it. */
  readonly onAbort: 'cancel' | 'finish'
  /** Milliseconds from its start until nobody waits for an answer any more. */
  readonly patience: number
}

export interface SleepEffect {
  readonly kind: 'sleep'
  readonly milliseconds: number
}

/** Until what is known of `topic` is one of `values`: now already, or within `patience` milliseconds. */
export interface AwaitEventEffect {
  readonly kind: 'await-event'
  readonly topic: string
  readonly values: readonly string[]
  readonly patience: number
}

/** Taken in the transaction that says so, held until the automation ends. */
export interface ClaimEffect {
  readonly kind: 'claim'
  readonly needs: readonly Tagged[]
}

/** Something that only so many use at a time: how many is the deployment's, by `what`. */
export interface Use {
  readonly what: string
  /** Which of its kind. */
  readonly of: string
  /** `disk copies to node02`. */
  readonly name: string
}

/** Until it may use all of these: who has waited longest is looked at first. Used until `turn-over`, or its end. */
export interface TurnEffect {
  readonly kind: 'turn'
  readonly uses: readonly Use[]
}

/** What this step has waited for is another's from now on. */
export interface TurnOverEffect {
  readonly kind: 'turn-over'
  readonly of: string
}

/** An executable of the site. `before` may veto, `after` may only warn. */
export interface HookEffect {
  readonly kind: 'hook'
  readonly when: 'before' | 'after'
  readonly name: string
  /** On its stdin, as JSON. */
  readonly input: unknown
}

/** One of the recipe's phases has been reached. */
export interface ProgressEffect {
  readonly kind: 'progress'
  readonly phase: string
  readonly text: string
}

/** How something is taken back: written down before that is done, and shown from then on. Doing it where nothing is to undo does nothing. */
export interface Undo {
  /** `remove the disk web1-root`. */
  readonly what: string
  /** What a person would run, where this fails. */
  readonly command: string
  readonly requests: readonly RequestEffect[]
}

export interface UndoEffect extends Undo {
  readonly kind: 'undo'
}

/** The undo that was written down by this step has been done, or is not needed any more. */
export interface UndoneEffect {
  readonly kind: 'undone'
  readonly of: string
  readonly how: 'done' | 'by hand' | 'not needed'
}

/** A person has to help. */
export interface OperatorEffect {
  readonly kind: 'operator'
  readonly what: string
  readonly command: string
  readonly reason: string
}

export type Branch = () => Generator<Effect, unknown, unknown>

/** `bounded`: as all, so many at a time. */
export type ForkEffect =
  | { readonly kind: 'all'; readonly branches: readonly Branch[] }
  | { readonly kind: 'any'; readonly branches: readonly Branch[] }
  | { readonly kind: 'bounded'; readonly limit: number; readonly branches: readonly Branch[] }

/** The time, milliseconds since the epoch. */
export interface NowEffect {
  readonly kind: 'now'
}

/** What is written down as begun before anybody acts on it. */
export type ActEffect = RequestEffect | SleepEffect | AwaitEventEffect | TurnEffect | HookEffect | OperatorEffect
/** What is answered by being written down. */
export type NoteEffect = NowEffect | ProgressEffect | UndoEffect | UndoneEffect | TurnOverEffect
/** What stands in a journal. */
export type JournaledEffect = ActEffect | NoteEffect | ClaimEffect

/** What follows from the automation's id, its seed and its journal: answered on the spot, and not written down. */
export type OwnEffect =
  | { readonly kind: 'id' }
  | { readonly kind: 'random' }
  /** What the undo of this step takes back has been done: from now on it is the newest. */
  | { readonly kind: 'completed'; readonly of: string }
  /** The newest of this branch that has not been done. */
  | { readonly kind: 'next-undo' }
  /** This branch has come to its end: is it the first of its siblings? */
  | { readonly kind: 'won' }

export type Effect = JournaledEffect | ForkEffect | OwnEffect

export function isNote(effect: JournaledEffect): effect is NoteEffect {
  switch (effect.kind) {
    case 'now':
    case 'progress':
    case 'undo':
    case 'undone':
    case 'turn-over':
      return true
    case 'request':
    case 'turn':
    case 'sleep':
    case 'await-event':
    case 'hook':
    case 'operator':
    case 'claim':
      return false
  }
}

/** Whether an abort that is there when a branch comes to this is told to it instead. What takes back is never cut short. */
export function yieldsToAbort(effect: Effect): boolean {
  switch (effect.kind) {
    case 'request':
      return effect.onAbort === 'cancel'
    case 'sleep':
    case 'turn':
    case 'await-event':
    case 'claim':
    case 'hook':
    case 'progress':
    case 'now':
    case 'all':
    case 'any':
    case 'bounded':
      return true
    case 'undo':
    case 'undone':
    case 'turn-over':
    case 'operator':
    case 'id':
    case 'random':
    case 'completed':
    case 'next-undo':
    case 'won':
      return false
  }
}
