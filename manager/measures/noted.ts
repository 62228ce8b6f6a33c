// Which hosts a guest was measured on, as the store has it: written when it comes to a host, and again now and then while it is there.
import type { Kysely } from 'kysely'
import type { Tables } from '../store/schema.ts'
import { type MeasuredGuest, measuredGuestsOn } from '../store/tables/measures.ts'
import type { Book } from './rows.ts'

/** So long before its end a row is written again, ms: seldom enough for half a million guests. */
const AGAIN = 6 * 3600_000
/** It outlives what it leads to by this. */
const KEEP = 2 * AGAIN
/** Of one host in that time: a liar fills no disk. */
const MOST_GUESTS = 4096

export class Noted {
  /** By host and guest: until when, ms since the epoch. Of hosts that were asked for. */
  readonly #until = new Map<string, Map<string, number>>()

  /** What is to be written with these books. */
  async news(db: Kysely<Tables>, books: readonly Book[], now: number): Promise<readonly MeasuredGuest[]> {
    await this.#read(
      db,
      books.flatMap(({ host }) => (this.#until.has(host) ? [] : [host])),
    )
    const news = new Map<string, MeasuredGuest>()
    for (const book of books) {
      const known = this.#until.get(book.host) ?? new Map<string, number>()
      for (const [guest, until] of known) if (until < now - KEEP) known.delete(guest)
      let room = MOST_GUESTS - known.size
      for (const guest of book.guests()) {
        const until = known.get(guest)
        // What lies further ahead is of a clock that was put back since, and may be gone from the store.
        if (until !== undefined && until >= now && until <= now + AGAIN) continue
        if (until === undefined && room <= 0) continue
        if (until === undefined) room -= 1
        news.set(`${book.host} ${guest}`, { guest, host: book.host, until: now + AGAIN })
      }
    }
    return [...news.values()]
  }

  /** They are on disk. */
  keep(rows: readonly MeasuredGuest[]): void {
    for (const { host, guest, until } of rows) this.#until.get(host)?.set(guest, until)
  }

  async #read(db: Kysely<Tables>, hosts: readonly string[]): Promise<void> {
    if (hosts.length === 0) return
    for (const host of hosts) this.#until.set(host, new Map())
    for (const { host, guest, until } of await measuredGuestsOn(db, hosts)) this.#until.get(host)?.set(guest, until)
  }
}
