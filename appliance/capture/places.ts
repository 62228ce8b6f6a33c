// Whose boot is captured where not all can be: memory, and what the kernel does for each packet, are bounded. Pure.

/** The greater the more urgent: whom nobody knows, a host, one whose last capture was of a boot that failed, one whose capture was ordered. */
export const URGENCY = { stranger: 0, host: 1, failed: 2, ordered: 3 } as const
export type Urgency = (typeof URGENCY)[keyof typeof URGENCY]

export interface Placed {
  readonly attempt: string
  readonly urgency: Urgency
}

/** Boots that are captured at the same time, each of which costs every packet about 0.1 µs; of machines that nobody knows, which anybody on the wire can make up. */
export const MOST_CAPTURES = 8
export const MOST_OF_STRANGERS = 2

export type Place =
  | { readonly kind: 'free' }
  /** In the place of a less urgent one, which is captured no more. */
  | { readonly kind: 'instead'; readonly of: string }
  | { readonly kind: 'none' }

/** `running`: the one that began first stands first. */
export function placeFor(urgency: Urgency, running: readonly Placed[]): Place {
  const strangers = running.filter((one) => one.urgency === URGENCY.stranger)
  if (urgency === URGENCY.stranger && strangers.length >= MOST_OF_STRANGERS) return { kind: 'none' }
  if (running.length < MOST_CAPTURES) return { kind: 'free' }
  const [least] = [...running].sort((left, right) => left.urgency - right.urgency)
  return least && least.urgency < urgency ? { kind: 'instead', of: least.attempt } : { kind: 'none' }
}
