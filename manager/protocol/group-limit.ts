// What a user or a token is limited to: groups, and with them the hosts that are in one of them and the guests that have one of them as a
// group or a tag. Where a guest runs does not make it anybody's. Pure.

/** Undefined: no limit. An empty one leaves nothing. */
export type GroupLimit = readonly string[] | undefined

/** A host has no tags. */
export interface Grouped {
  readonly groups: readonly string[]
  readonly tags?: readonly string[]
}

export function isWithin(limit: GroupLimit, { groups, tags = [] }: Grouped): boolean {
  return limit === undefined || limit.some((one) => groups.includes(one) || tags.includes(one))
}

/** What both leave. */
export function narrower(one: GroupLimit, other: GroupLimit): GroupLimit {
  if (one === undefined || other === undefined) return one ?? other
  return one.filter((group) => other.includes(group))
}

/** Whether `limit` lets nobody act on more than `most` does. */
export function isNoWider(limit: GroupLimit, most: GroupLimit): boolean {
  return most === undefined || (limit?.every((group) => most.includes(group)) ?? false)
}

/** `rack3, rack4`; `the whole pool`. */
export function sayLimit(limit: GroupLimit): string {
  if (limit === undefined) return 'the whole pool'
  return limit.length === 0 ? 'nothing' : limit.join(', ')
}
