// What the pool works with.
import type { Log } from '../../appliance/wire/log.ts'
import type { Store } from '../store/database.ts'
import type { Trouble } from '../store/trouble.ts'

export interface PoolOptions {
  readonly store: Store
  /** Why the store takes no writes now. */
  readonly trouble?: () => Trouble | undefined
  readonly now: () => number
  /** Milliseconds, by a clock that does not jump. */
  readonly elapsed: () => number
  /** How long a host may be without a connection before it is lost, ms. */
  readonly lostAfter: number
  readonly log: Log
}
