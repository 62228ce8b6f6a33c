// What is wrong in the pool for as long as it is: a condition begins and ends, other than an alarm about something that happened once.
// Each source watches one sort of condition, is told of one host at a time, and says again only what that host has touched.

import type { Inventory, SectionName } from '../protocol/inventory.ts'
import type { ConditionKind } from '../store/tables/alarm-kinds.ts'

export interface Condition {
  readonly kind: ConditionKind
  /** What tells it from others of its kind, for as long as it lasts. */
  readonly about: string
  /** Id; missing where several are concerned. */
  readonly host?: string
  /** Ids of those that are concerned, where they are several and known; in an order that does not change by itself. */
  readonly hosts?: readonly string[]
  /** A sentence with what to do. The same as long as the same is wrong: no reading that trembles is in it. */
  readonly text: string
}

export function keyOfCondition({ kind, about }: Pick<Condition, 'kind' | 'about'>): string {
  return `${kind} ${about}`
}

export interface ReportingHost {
  readonly id: string
  readonly name: string
  readonly inventory: Inventory
}

/** What is true of one subject now, in the place of what was said of it before. */
export interface Finding {
  readonly subject: string
  readonly conditions: readonly Condition[]
}

export interface Source {
  /** The sections that it reads: a host whose other sections change is not looked at again. */
  readonly sections: readonly (SectionName | 'problems')[]
  update(host: ReportingHost): void
  remove(id: string): void
  /** A person has acknowledged this condition. */
  cleared?(kind: ConditionKind, about: string): void
  /** Of all subjects that were touched since it was last asked. */
  findings(): readonly Finding[]
}
