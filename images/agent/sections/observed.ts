// How a section is looked at: who reads it, how often, and after which events.
import type { SectionName, Sections } from '../../../manager/protocol/inventory.ts'
import type { Source } from '../inventory/reading.ts'

export interface Observed<Name extends SectionName> {
  readonly read: Source<Sections[Name]>
  /** Seconds between two readings without any event. */
  readonly period: number
  /** What may make it other than before: subsystems, as udev names them, and addresses, of which `ip monitor` tells. */
  readonly events?: readonly string[]
}

export type ObservedSections<Name extends SectionName = SectionName> = { readonly [One in Name]: Observed<One> }
