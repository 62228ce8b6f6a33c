// What a saved starting point belongs to: only where all of it is the same may its machines go on. Pure.

import { createHash } from 'node:crypto'

export interface Belongings {
  readonly point: string
  /** Of the images that its hosts run: with them the agent's bundle. */
  readonly generations: readonly string[]
  /** As it says of itself: another QEMU reads no memory of this one. */
  readonly qemu: string
  /** Fingerprint of the lab and of what the lab runs: manager and appliance, whose data is saved, too. */
  readonly sources: string
}

/** A name of a folder: the point's, and what changes with any of its belongings. */
export function pointKey({ point, generations, qemu, sources }: Belongings): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([point, generations, qemu, sources]))
    .digest('hex')
  return `${point}-${hash.slice(0, 16)}`
}

export interface Kept {
  readonly key: string
  readonly bytes: number
  /** Milliseconds since 1970. */
  readonly savedAt: number
}

/** Of what is kept, oldest first: what goes when `key` comes, which is of this many bytes. One of another belonging goes at once. */
export function outdated(kept: readonly Kept[], key: string, bytes: number, mostBytes: number): readonly string[] {
  const pointOf = (name: string) => name.slice(0, name.lastIndexOf('-'))
  const replaced = kept.filter((one) => one.key !== key && pointOf(one.key) === pointOf(key))
  const others = kept.filter((one) => one.key !== key && !replaced.includes(one)).toSorted((a, b) => a.savedAt - b.savedAt)
  let total = bytes + others.reduce((sum, one) => sum + one.bytes, 0)
  const evicted: Kept[] = []
  for (const one of others) {
    if (total <= mostBytes) break
    evicted.push(one)
    total -= one.bytes
  }
  return [...replaced, ...evicted].map((one) => one.key)
}
