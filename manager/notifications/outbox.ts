// The message that a target is to be sent next: made of what has happened since the last, written down before it is sent, and struck out
// when it has arrived. One at a time: while it does not arrive the next gathers more.
import type { Store, Transaction } from '../store/database.ts'
import { type Notice, newestNotice, noticesBehind } from '../store/tables/notices.ts'
import { allTargets, saveProgress, type TargetRow, targetNamed } from '../store/tables/notification-targets.ts'
import { isFor, type Message, messageOf, messageSchema, type Place } from './message.ts'
import { isStopped, type Pace, pauseAfterFailure } from './pauses.ts'
import type { Sent } from './sending.ts'
import { arrived, settingsOf } from './service.ts'

export interface OutboxDeps extends Place {
  readonly store: Store
  readonly now: () => number
  readonly newId: () => string
  /** From 0 to 1. */
  readonly random: () => number
  readonly pace: Pace
}

export interface Outgoing {
  readonly row: TargetRow
  readonly message: Message
}

export interface Look {
  /** To be sent now. */
  readonly outgoing: readonly Outgoing[]
  /** Milliseconds until there may be more; undefined: until something happens. */
  readonly next: number | undefined
  /** Those that are told at all. */
  readonly names: ReadonlySet<string>
}

/** What has become of a target with a message. */
export type Settled = { readonly failures: number; readonly stopped: boolean } | 'gone'

export class Outbox {
  readonly #deps: OutboxDeps

  constructor(deps: OutboxDeps) {
    this.#deps = deps
  }

  /** `isBusy`: is sent something at this moment. */
  async look(isBusy: (name: string) => boolean): Promise<Look> {
    const { store, now } = this.#deps
    const [all, newest] = [await allTargets(store.db), await newestNotice(store.db)]
    const on = all.filter((row) => settingsOf(row).isOn)
    const rows = on.filter((row) => !row.stopped && !isBusy(row.name) && (row.waiting || row.position < newest))
    const due = rows.filter((row) => row.due <= now())
    const later = rows.filter((row) => row.due > now()).map((row) => row.due - now())
    const outgoing: Outgoing[] = []
    for (const row of due) {
      const made = row.waiting ? { row, message: messageSchema.parse(JSON.parse(row.waiting.json)) } : await this.#make(row.name)
      if (typeof made === 'number') later.push(made)
      else if (made) outgoing.push(made)
    }
    return { outgoing, next: later.length > 0 ? Math.min(...later) : undefined, names: new Set(on.map(({ name }) => name)) }
  }

  /** What cannot be written down, to whoever is told of it: nothing of it is kept. */
  async direct(notice: Omit<Notice, 'seq'>): Promise<readonly Outgoing[]> {
    const { store, now, ...place } = this.#deps
    const rows = (await allTargets(store.db)).filter((row) => settingsOf(row).isOn && !row.stopped)
    const told = { ...notice, seq: 0 }
    return rows
      .filter((row) => isFor(row.name, settingsOf(row), told))
      .map((row) => {
        const id = `${notice.kind}-${notice.state}-${notice.at}`
        return { row, message: messageOf({ id, at: now(), target: row.name, dropped: 0, notices: [told] }, place) }
      })
  }

  /** After it was sent: what arrived is struck out, what did not waits. */
  async settle({ row: { name }, message }: Outgoing, sent: Sent): Promise<Settled> {
    const { store, now, pace, random } = this.#deps
    const chance = random()
    return store.write(async (transaction) => {
      const row = await targetNamed(transaction, name)
      // Somebody has taken it away, or switched it off, meanwhile.
      if (row?.waiting?.id !== message.id) return 'gone'
      if (sent.kind === 'sent') {
        await saveProgress(transaction, name, { ...row, ...arrived(sent, now()), waiting: undefined, due: now() + pace.between })
        return { failures: 0, stopped: false }
      }
      const failures = row.failures + 1
      const stopped = isStopped(failures, sent.lasting)
      const due = now() + pauseAfterFailure(pace, failures, chance)
      await saveProgress(transaction, name, { ...row, failures, stopped, due, failed: now(), error: sent.reason })
      return { failures, stopped }
    })
  }

  /** Written down when it is given; milliseconds: there will be one, and more may come with it. */
  async #make(name: string): Promise<Outgoing | number | undefined> {
    const { store, now, newId, pace, ...place } = this.#deps
    const id = newId()
    return store.write(async (transaction) => {
      const row = await targetNamed(transaction, name)
      if (!row || row.waiting) return undefined
      const { notices, newest, dropped } = await this.#unsaid(transaction, row)
      const [first] = notices
      if (!first) {
        if (newest > row.position) await saveProgress(transaction, name, { ...row, position: newest })
        return undefined
      }
      const early = first.at + pace.gather - now()
      // A clock that was set back holds nothing up.
      if (early > 0 && early <= pace.gather) return early
      // As it is read again after a restart, to the byte.
      const message = messageSchema.parse(messageOf({ id, at: now(), target: name, dropped, notices }, place))
      const told: TargetRow = { ...row, position: newest, waiting: { id, json: JSON.stringify(message) } }
      await saveProgress(transaction, name, told)
      return { row: told, message }
    })
  }

  async #unsaid(
    transaction: Transaction,
    row: TargetRow,
  ): Promise<{ readonly notices: readonly Notice[]; readonly newest: number; readonly dropped: number }> {
    const settings = settingsOf(row)
    const newest = await newestNotice(transaction)
    const all = await noticesBehind(transaction, row.position)
    const notices = all.filter((notice) => isFor(row.name, settings, notice))
    return { notices, newest, dropped: Math.max(0, (all[0]?.seq ?? newest + 1) - row.position - 1) }
  }
}
