// Long work as people look at it, of whatever kind: what, on what, by whom, how far, and whether it may still be called off. Pure.
import type { Paced } from '../automation/pace.ts'
import type { Done } from '../outcome.ts'

/** `scan`: a host looks at a file system; `image-add`: a file becomes an image of guests' disks; `image-check`: all of one is read. */
export type TaskKind = 'automation' | 'scan' | 'image-add' | 'image-check'

/** `queued` and `running` are open. */
export type TaskState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled'

export interface Task {
  /** No two of whatever kinds have one; an automation's is its own. */
  readonly id: string
  readonly kind: TaskKind
  /** A sentence: `make VG data on node01 of sdb`. */
  readonly what: string
  /** How people call that which it is about. */
  readonly on: readonly string[]
  readonly who: string
  readonly state: TaskState
  /** Why it has failed or was cancelled; of one that is open, what it waits for. */
  readonly reason?: string
  /** It goes on when somebody has said how. */
  readonly needsOperator?: true
  readonly progress?: Paced
  /** When it was asked for, milliseconds since the epoch. */
  readonly created: number
  readonly started?: number
  readonly ended?: number
  readonly mayCancel: boolean
  /** Why it may not. */
  readonly notCancelled?: string
}

export interface Wanted {
  /** `all`: those that are open, and so many of the newest. */
  readonly which: 'open' | 'all'
  /** Left out: all. */
  readonly kind?: TaskKind | undefined
  readonly limit: number
}

/** Who has long work done, and knows how far it is. */
export interface TaskSource {
  /** Of others of its own than are wanted none counts towards the limit; what is of another kind may be among them. */
  list(wanted: Wanted): Promise<readonly Task[]>
  /** Undefined: none of this one's. */
  find(id: string): Promise<Task | undefined>
  /** Of one of its own that may be: resolves when it is known that it will end. */
  cancel(id: string, who: string): Promise<Done<undefined>>
  /** Ids of those that something has changed of, until the function that it returns is called. */
  subscribe(listener: (id: string) => void): () => void
}

export const HAS_ENDED = 'it has ended'

export function isOpen({ state }: Pick<Task, 'state'>): boolean {
  return state === 'queued' || state === 'running'
}

export function newestFirst(a: Task, b: Task): number {
  return b.created - a.created || (a.id < b.id ? 1 : -1)
}
