// Tickets for a console: each lets one in, once, and soon. What is kept of one is its hash.
import { createHash } from 'node:crypto'

export interface ConsoleTicket {
  readonly guest: { readonly uuid: string; readonly name: string }
  /** Its id. */
  readonly host: string
  readonly mode: 'type' | 'look'
  /** Only who has asked for it may use it. */
  readonly user: string
}

/** Seconds. */
export const TICKET_SECONDS = 30
const MOST = 1000

export class Tickets {
  readonly #elapsed: () => number
  readonly #random: (bytes: number) => Buffer
  readonly #open = new Map<string, { readonly ticket: ConsoleTicket; readonly until: number }>()

  /** `elapsed`: milliseconds, by a clock that does not jump. */
  constructor(elapsed: () => number, random: (bytes: number) => Buffer) {
    this.#elapsed = elapsed
    this.#random = random
  }

  issue(ticket: ConsoleTicket): string {
    const now = this.#elapsed()
    for (const [hash, { until }] of this.#open) if (until <= now || this.#open.size >= MOST) this.#open.delete(hash)
    const secret = this.#random(32).toString('base64url')
    this.#open.set(hashOf(secret), { ticket, until: now + TICKET_SECONDS * 1000 })
    return secret
  }

  /** Undefined: it was none, or is used, or too old, or another's. */
  redeem(secret: string, user: string): ConsoleTicket | undefined {
    const hash = hashOf(secret)
    const found = this.#open.get(hash)
    this.#open.delete(hash)
    return found && found.until > this.#elapsed() && found.ticket.user === user ? found.ticket : undefined
  }
}

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('base64')
