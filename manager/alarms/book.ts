// The pool's alarms: what happened, raised and counted; and what is wrong as long as it is, which ends by itself. One that an operator
// has acknowledged stays so while the same is wrong. What cannot be written down is tried again with the next.

import type { Announcer } from '../hosts/announcer.ts'
import type { Store } from '../store/database.ts'
import {
  acknowledgedAlarms,
  clearAlarm,
  endAlarm,
  holdAlarm,
  openAlarms,
  type RaisedAlarm,
  raiseAlarm,
  restateAlarm,
  type StoredAlarm,
} from '../store/tables/alarms.ts'
import { saveKnownMaps } from '../store/tables/multipaths.ts'
import type { Trouble } from '../store/trouble.ts'
import type { Conclusions } from './conclusions.ts'

/** Of one list. */
const MOST_ACKNOWLEDGED = 1000

export interface AlarmBookOptions {
  readonly store: Store
  readonly now: () => number
  readonly trouble: () => Trouble | undefined
  readonly announcer: Announcer
  readonly conclusions: Conclusions
}

export class AlarmBook {
  readonly #options: AlarmBookOptions
  #settling: Promise<void> | undefined

  constructor(options: AlarmBookOptions) {
    this.#options = options
  }

  /** Newest first. That the store takes no writes cannot be in the store: it is told first. */
  async open(): Promise<readonly StoredAlarm[]> {
    const { store, trouble: ask } = this.#options
    const trouble = ask()
    const stored = await openAlarms(store.db)
    return trouble ? [{ key: 'store-trouble', kind: 'store-trouble', host: null, times: 1, ...trouble }, ...stored] : stored
  }

  async raise(alarm: RaisedAlarm): Promise<void> {
    const { store, now, announcer } = this.#options
    await store.write((transaction) => raiseAlarm(transaction, now(), alarm))
    announcer.tell({ kind: 'alarm', alarm })
  }

  /** The newest that a person has acknowledged. */
  acknowledged(): Promise<readonly StoredAlarm[]> {
    return acknowledgedAlarms(this.#options.store.db, MOST_ACKNOWLEDGED)
  }

  /** In other words, or about fewer hosts, as long as it is open. */
  async restate(alarm: RaisedAlarm): Promise<void> {
    const { store, announcer } = this.#options
    if (await store.write((transaction) => restateAlarm(transaction, alarm))) announcer.tell({ kind: 'alarm', alarm })
  }

  /** By an operator. */
  async clear(key: string, who: string, comment?: string): Promise<boolean> {
    const { store, now, announcer, conclusions } = this.#options
    const cleared = await store.write((transaction) => clearAlarm(transaction, key, now(), who, comment))
    if (!cleared) return false
    conclusions.cleared(key)
    announcer.tell({ kind: 'alarm-cleared', key })
    return true
  }

  /** Writes down what has begun, changed and ended since it was last called. */
  settle(): Promise<void> {
    this.#settling ??= this.#settle().finally(() => {
      this.#settling = undefined
    })
    return this.#settling
  }

  async #settle(): Promise<void> {
    const { store, now, announcer, conclusions } = this.#options
    const changes = conclusions.changes()
    const maps = conclusions.paths.unsaved()
    if (changes.length === 0 && maps.size === 0) return
    const shown = await store.write(async (transaction) => {
      const at = now()
      for (const [host, known] of maps) await saveKnownMaps(transaction, host, known)
      const told: boolean[] = []
      for (const change of changes) {
        told.push(
          change.kind === 'holds' ? await holdAlarm(transaction, at, change.condition) : await endAlarm(transaction, change.key, at),
        )
      }
      return told
    })
    conclusions.paths.saved(maps)
    conclusions.taken(changes)
    for (const [index, change] of changes.entries()) {
      if (!shown[index]) continue
      announcer.tell(change.kind === 'holds' ? { kind: 'alarm', alarm: change.condition } : { kind: 'alarm-cleared', key: change.key })
    }
  }
}
