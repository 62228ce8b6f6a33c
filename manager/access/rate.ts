// A token bucket: how much one peer may send. Pure; the clock is one that does not jump.

export interface Rate {
  readonly perSecond: number
  /** What may come at once after a silence. */
  readonly burst: number
}

export interface Bucket {
  readonly left: number
  /** Milliseconds. */
  readonly at: number
}

export function fullBucket({ burst }: Rate, at: number): Bucket {
  return { left: burst, at }
}

/** Undefined when there is not enough left. */
export function take(bucket: Bucket, cost: number, at: number, { perSecond, burst }: Rate): Bucket | undefined {
  const left = Math.min(burst, bucket.left + (Math.max(0, at - bucket.at) / 1000) * perSecond) - cost
  return left < 0 ? undefined : { left, at: Math.max(at, bucket.at) }
}
