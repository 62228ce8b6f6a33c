// The one-time codes for the first admin: known only by their hashes and only to this process, for an hour.
import { timingSafeEqual } from 'node:crypto'
import { hashOf } from './credentials.ts'

const CODE_LIFE = 3600_000
/** Each that was told stays good for its hour; this bounds them. */
const MOST_CODES = 8

export class FirstAdminCodes {
  readonly #newSecret: () => string
  readonly #elapsed: () => number
  #codes: readonly { readonly hash: string; readonly until: number }[] = []

  /** `elapsed`: milliseconds, by a clock that does not jump. */
  constructor(newSecret: () => string, elapsed: () => number) {
    this.#newSecret = newSecret
    this.#elapsed = elapsed
  }

  issue(): string {
    const code = this.#newSecret()
    const issued = { hash: hashOf(code), until: this.#elapsed() + CODE_LIFE }
    this.#codes = [...this.#codes, issued].slice(-MOST_CODES)
    return code
  }

  isGood(code: string): boolean {
    const hash = Buffer.from(hashOf(code))
    return this.#codes.some((issued) => this.#elapsed() < issued.until && timingSafeEqual(Buffer.from(issued.hash), hash))
  }

  spend(): void {
    this.#codes = []
  }
}
