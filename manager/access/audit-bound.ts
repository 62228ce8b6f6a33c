// How much who may do little makes the audit log grow: what was refused, and what anybody may do, is written one by one for a while,
// and then counted. The count is an entry, too: nothing goes unsaid, but a flood of it is a line a minute.
import type { Log } from '../../appliance/wire/log.ts'
import type { After } from '../../appliance/wire/timers.ts'
import { AttemptLimit, peerKey } from './limit.ts'
import type { Rate } from './rate.ts'

export interface Act {
  readonly who: string
  readonly peer: string
  readonly what: string
}

/** Of one user, and of one address. */
const EACH: Rate = { perSecond: 1 / 12, burst: 20 }
/** Of all together: addresses cost nothing. */
const ALL: Rate = { perSecond: 1, burst: 200 }
/** Milliseconds between entries that count. */
const PERIOD = 60_000
/** Users and addresses that are counted apart; the rest of them is one. */
const MOST_COUNTED = 20

interface Counted {
  readonly last: Act
  readonly count: number
}

export class AuditBound {
  readonly #write: (act: Act) => Promise<void>
  readonly #log: Log
  readonly #each: AttemptLimit
  readonly #all: AttemptLimit
  readonly #counted = new Map<string, Counted>()
  readonly #after: After
  #cancel: (() => void) | undefined

  /** `elapsed`: milliseconds, by a clock that does not jump. */
  constructor(write: (act: Act) => Promise<void>, elapsed: () => number, after: After, log: Log) {
    this.#after = after
    this.#write = write
    this.#log = log
    this.#each = new AttemptLimit(EACH, elapsed)
    this.#all = new AttemptLimit(ALL, elapsed)
  }

  /** When it resolves, the act is on disk or counted. */
  async add(act: Act): Promise<void> {
    const peer = peerKey(act.peer)
    const wait = this.#each.attempt(`user ${act.who}`) || this.#each.attempt(`peer ${peer}`) || this.#all.attempt('')
    if (wait === 0) return this.#write(act)
    const own = `${act.who} ${peer}`
    const key = this.#counted.has(own) || this.#counted.size < MOST_COUNTED ? own : ''
    this.#counted.set(key, { last: act, count: (this.#counted.get(key)?.count ?? 0) + 1 })
    this.#cancel ??= this.#after(PERIOD, () => void this.flush())
  }

  /** Writes what was counted. What cannot be written now is kept for the next time. */
  async flush(): Promise<void> {
    this.#cancel?.()
    this.#cancel = undefined
    const counted = [...this.#counted]
    this.#counted.clear()
    for (const [key, { last, count }] of counted) {
      const others = key === '' ? ' of several users and addresses' : ''
      const what = `${count} more such requests${others} were not written one by one; the last was: ${last.what}`
      await this.#write({ ...last, what }).catch((error: unknown) => this.#keep(key, { last, count }, error))
    }
  }

  #keep(key: string, { last, count }: Counted, error: unknown): void {
    this.#log.error({ error, count }, 'refused requests that were counted could not be written to the audit log')
    const since = this.#counted.get(key)
    this.#counted.set(key, { last: since?.last ?? last, count: count + (since?.count ?? 0) })
    this.#cancel ??= this.#after(PERIOD, () => void this.flush())
  }
}
