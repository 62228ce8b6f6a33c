// What is broken on one host, as conditions: each by its own name, or all as one where there are many.
import type { ConditionKind } from '../../store/tables/alarm-kinds.ts'
import { sayNames } from '../../wording.ts'
import type { Condition, ReportingHost } from '../condition.ts'

/** Of one kind on one host: where more is broken, one alarm says so. */
const MOST = 16

/**
 * The keys of the conditions that were true of this host before: what trembles at its bound goes on until it is clearly well again.
 */
export type Held = ReadonlySet<string>

export interface Fault {
  /** Within its host. */
  readonly what: string
  readonly short: string
  readonly text: string
}

export function few<Item>(
  kind: ConditionKind,
  { id, name }: Pick<ReportingHost, 'id' | 'name'>,
  items: readonly Item[],
  faultOf: (item: Item, host: string) => Fault | undefined,
  sayMany: (names: string) => string,
): readonly Condition[] {
  const faults = items.flatMap((item) => faultOf(item, name) ?? [])
  if (faults.length > MOST) return [{ kind, about: id, host: id, text: sayMany(sayNames(faults.map(({ short }) => short))) }]
  return [...new Map(faults.map(({ what, text }) => [what, { kind, about: `${id} ${what}`, host: id, text }])).values()]
}
