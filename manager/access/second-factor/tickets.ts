// Who has shown the right password, and not yet a code: known for a few minutes, to this process alone, by what the page was given.
import { hashOf } from '../credentials.ts'

/** Milliseconds. */
const LIFE = 5 * 60_000
const MOST_TRIES = 5
const MOST = 1000

export interface Halfway {
  readonly name: string
  /** That was looked at. */
  readonly passwordHash: string
}

export class SignInTickets {
  readonly #newSecret: () => string
  readonly #elapsed: () => number
  readonly #open = new Map<string, Halfway & { readonly until: number; tries: number }>()

  /** `elapsed`: milliseconds, by a clock that does not jump. */
  constructor(newSecret: () => string, elapsed: () => number) {
    this.#newSecret = newSecret
    this.#elapsed = elapsed
  }

  issue(halfway: Halfway): string {
    const now = this.#elapsed()
    for (const [hash, { until }] of this.#open) if (until <= now || this.#open.size >= MOST) this.#open.delete(hash)
    const secret = this.#newSecret()
    this.#open.set(hashOf(secret), { ...halfway, until: now + LIFE, tries: 0 })
    return secret
  }

  /** For one more try; undefined: it is none, too old, or tried too often. */
  take(secret: string): Halfway | undefined {
    const hash = hashOf(secret)
    const found = this.#open.get(hash)
    if (!found) return undefined
    found.tries += 1
    if (found.until <= this.#elapsed() || found.tries > MOST_TRIES) {
      this.#open.delete(hash)
      return undefined
    }
    return found
  }

  spend(secret: string): void {
    this.#open.delete(hashOf(secret))
  }
}
