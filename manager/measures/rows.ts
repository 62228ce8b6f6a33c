// What is counted of a host in one bucket, and the row that it becomes: with what is there of the same bucket already. Pure.
import type { MeasuresRow } from '../store/tables/measures.ts'
import { BUCKET, type Entry, entryOf, numbersOf, Tally, together } from './bucket.ts'
import type { Taken } from './measure.ts'

/** Of one host and one bucket. An agent tells of no more guests at once. */
const MOST_GUESTS = 2048

export class Book {
  readonly host: string
  /** When its bucket begins. */
  readonly at: number
  readonly #own = new Tally()
  readonly #guests = new Map<string, Tally>()

  constructor(host: string, at: number) {
    this.host = host
    this.at = at
  }

  /** `milliseconds`: what the sample was taken over; `isIts`: of its guests, by UUID. */
  add({ host, guests }: Taken, milliseconds: number, isIts: (guest: string) => boolean): void {
    const span = Math.min(milliseconds, BUCKET)
    this.#own.add(host, span)
    for (const [uuid, measured] of guests) {
      // Nobody remembers whose it is either.
      if (!this.#guests.has(uuid) && this.#guests.size === MOST_GUESTS) continue
      if (!isIts(uuid)) continue
      const tally = this.#guests.get(uuid) ?? new Tally()
      this.#guests.set(uuid, tally)
      tally.add(measured, span)
    }
  }

  /** UUIDs. */
  guests(): readonly string[] {
    return [...this.#guests.keys()]
  }

  own(): Entry {
    return this.#own.entry()
  }

  guest(uuid: string): Entry | undefined {
    return this.#guests.get(uuid)?.entry()
  }
}

/** One row a host and bucket. `there`: what is on disk of these. */
export function rowsOf(books: readonly Book[], there: readonly MeasuresRow[]): readonly MeasuresRow[] {
  const rows = new Map<
    string,
    { readonly host: string; readonly at: number; own: Entry | undefined; readonly guests: Map<string, Entry> }
  >()
  const rowAt = (host: string, at: number) => {
    const key = `${host} ${at}`
    const row = rows.get(key) ?? { host, at, own: undefined, guests: new Map<string, Entry>() }
    rows.set(key, row)
    return row
  }
  for (const book of books) {
    const row = rowAt(book.host, book.at)
    row.own = joined(row.own, book.own())
    for (const uuid of book.guests()) put(row.guests, uuid, book.guest(uuid))
  }
  for (const { host, at, own, guests } of there) {
    const row = rows.get(`${host} ${at}`)
    if (!row) continue
    row.own = joined(row.own, ownOf(own))
    for (const [uuid, numbers] of Object.entries(membersOf(guests))) put(row.guests, uuid, entryOf(numbers))
  }
  return [...rows.values()].flatMap(({ host, at, own, guests }) => {
    const written = Object.fromEntries([...guests].map(([uuid, entry]) => [uuid, numbersOf(entry)]))
    return own ? [{ host, at, own: JSON.stringify(numbersOf(own)), guests: JSON.stringify(written) }] : []
  })
}

/** Undefined for what nobody has written like this. */
export function ownOf(own: string): Entry | undefined {
  return entryOf(JSON.parse(own))
}

export function guestIn(guests: string, uuid: string): Entry | undefined {
  return entryOf(membersOf(guests)[uuid])
}

export function put<Key>(entries: Map<Key, Entry>, key: Key, entry: Entry | undefined): void {
  const all = joined(entries.get(key), entry)
  if (all) entries.set(key, all)
}

function joined(a: Entry | undefined, b: Entry | undefined): Entry | undefined {
  return a && b ? together(a, b) : (a ?? b)
}

function membersOf(json: string): Readonly<Record<string, unknown>> {
  const parsed: unknown = JSON.parse(json)
  return typeof parsed === 'object' && parsed !== null ? Object.fromEntries(Object.entries(parsed)) : {}
}
