// Sign-ins that were sent to the issuer and have not come back: known to this process alone, for ten minutes, each good once and in the
// browser that began it.
import { timingSafeEqual } from 'node:crypto'
import { hashOf } from '../credentials.ts'

/** Milliseconds. */
export const BEGUN_LIFE = 10 * 60_000
/** Each is two kilobytes at most; the oldest go. */
export const MOST_BEGUN = 2000

export interface BegunSignIn {
  readonly nonce: string
  /** Of PKCE (RFC 7636). */
  readonly verifier: string
  /** A path of ours, to go on to. */
  readonly next: string
}

export class BegunSignIns {
  readonly #elapsed: () => number
  readonly #open = new Map<string, BegunSignIn & { readonly browser: string; readonly until: number }>()

  /** `elapsed`: milliseconds, by a clock that does not jump. */
  constructor(elapsed: () => number) {
    this.#elapsed = elapsed
  }

  get size(): number {
    return this.#open.size
  }

  /** `browser`: what its cookie holds. */
  add(state: string, browser: string, begun: BegunSignIn): void {
    const now = this.#elapsed()
    // In the order in which they end.
    for (const [hash, { until }] of this.#open) {
      if (until > now && this.#open.size < MOST_BEGUN) break
      this.#open.delete(hash)
    }
    this.#open.set(hashOf(state), { ...begun, browser: hashOf(browser), until: now + BEGUN_LIFE })
  }

  /** Undefined: it was not begun here, too long ago, taken before, or in another browser; it is taken then, too. */
  take(state: string, browser: string | undefined): BegunSignIn | undefined {
    const hash = hashOf(state)
    const found = this.#open.get(hash)
    this.#open.delete(hash)
    if (!found || found.until <= this.#elapsed() || browser === undefined) return undefined
    if (!timingSafeEqual(Buffer.from(found.browser), Buffer.from(hashOf(browser)))) return undefined
    const { nonce, verifier, next } = found
    return { nonce, verifier, next }
  }
}
