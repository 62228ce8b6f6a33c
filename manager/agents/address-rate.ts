// How much each address may do: a bucket each, of those that were heard of last.
import { type Bucket, fullBucket, type Rate, take } from './rate.ts'

/** Addresses whose rate is remembered. */
const MOST_ADDRESSES = 4096

export class AddressRate {
  readonly #rate: Rate
  readonly #elapsed: () => number
  readonly #addresses = new Map<string, Bucket>()

  /** `elapsed`: milliseconds, by a clock that does not jump. */
  constructor(rate: Rate, elapsed: () => number) {
    this.#rate = rate
    this.#elapsed = elapsed
  }

  take(peer: string): boolean {
    const at = this.#elapsed()
    const left = take(this.#addresses.get(peer) ?? fullBucket(this.#rate, at), 1, at, this.#rate)
    if (!left) return false
    this.#addresses.delete(peer)
    this.#addresses.set(peer, left)
    const [oldest] = this.#addresses.keys()
    if (this.#addresses.size > MOST_ADDRESSES && oldest !== undefined) this.#addresses.delete(oldest)
    return true
  }
}
