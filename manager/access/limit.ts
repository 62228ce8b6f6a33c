// How often a key (an account, an address) may be tried. Forgets the longest untried key when there are too many, and so has a bound.
import { type Bucket, fullBucket, type Rate, take } from './rate.ts'

const MOST_KEYS = 10_000

export class AttemptLimit {
  readonly #rate: Rate
  readonly #elapsed: () => number
  readonly #buckets = new Map<string, Bucket>()

  /** `elapsed`: milliseconds, by a clock that does not jump. */
  constructor(rate: Rate, elapsed: () => number) {
    this.#rate = rate
    this.#elapsed = elapsed
  }

  /** 0: it may be tried, and counts; otherwise the seconds until it may. */
  attempt(key: string): number {
    const at = this.#elapsed()
    const bucket = this.#buckets.get(key) ?? fullBucket(this.#rate, at)
    const left = take(bucket, 1, at, this.#rate)
    this.#keep(key, left ?? bucket)
    if (left) return 0
    const now = Math.min(this.#rate.burst, bucket.left + ((at - bucket.at) / 1000) * this.#rate.perSecond)
    return Math.max(1, Math.ceil((1 - now) / this.#rate.perSecond))
  }

  /** One that went well does not count. */
  wentWell(key: string): void {
    const bucket = this.#buckets.get(key)
    if (bucket) this.#keep(key, { ...bucket, left: Math.min(this.#rate.burst, bucket.left + 1) })
  }

  get size(): number {
    return this.#buckets.size
  }

  #keep(key: string, bucket: Bucket): void {
    this.#buckets.delete(key)
    this.#buckets.set(key, bucket)
    const [oldest] = this.#buckets.keys()
    if (this.#buckets.size > MOST_KEYS && oldest !== undefined) this.#buckets.delete(oldest)
  }
}

/** The address of one subscriber: an IPv6 host chooses its last 64 bits as it likes. */
export function peerKey(peer: string): string {
  const mapped = /^::ffff:([\d.]+)$/i.exec(peer)
  if (mapped?.[1]) return mapped[1]
  if (!peer.includes(':')) return peer
  const [head = '', tail] = (peer.split('%')[0] ?? '').split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length)
  const groups = [...left, ...Array.from({ length: zeros }, () => '0'), ...right]
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}
