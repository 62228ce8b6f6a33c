// What this host has reported, with the revision that each section changed in: so any later delta can be made from any earlier
// revision of this run, and what the manager has is never sent twice. Pure.
import { type Inventory, SECTION_NAMES, type SectionName, type Sections } from '../../manager/protocol/inventory.ts'
import type { AgentMessage } from '../../manager/protocol/messages.ts'

export type FullReport = AgentMessage & { readonly kind: 'inventory' }
export type DeltaReport = AgentMessage & { readonly kind: 'delta' }

export interface Ledger {
  readonly run: FullReport['run']
  /** 0: nothing has been read yet. */
  readonly revision: number
  readonly inventory: Inventory | undefined
  /** The revision that a section is of; one that is missing is of the first. */
  readonly changed: Readonly<Partial<Record<SectionName, number>>>
}

export function newLedger(run: FullReport['run']): Ledger {
  return { run, revision: 0, inventory: undefined, changed: {} }
}

/** What the observation tells, in its order. Throws on a delta that does not follow: a mistake of ours. */
export function record(ledger: Ledger, report: FullReport | DeltaReport): Ledger {
  const { run, revision } = report
  if (report.kind === 'inventory') return { run, revision, inventory: report.inventory, changed: {} }
  const { inventory } = ledger
  if (!inventory || report.base !== ledger.revision) throw new Error(`a delta from revision ${report.base} at ${ledger.revision}`)
  const { sections, problems } = report
  const names = SECTION_NAMES.filter((name) => sections[name] !== undefined)
  const changed = { ...ledger.changed, ...Object.fromEntries(names.map((name) => [name, revision])) }
  return { run, revision, inventory: { ...inventory, ...(sections as Partial<Sections>), problems }, changed }
}

/** What a manager that has revision `have` of this run lacks; undefined when that is nothing. */
export function reportSince({ run, revision, inventory, changed }: Ledger, have: number | undefined): FullReport | DeltaReport | undefined {
  if (!inventory || have === revision) return undefined
  if (have === undefined || have > revision) return { kind: 'inventory', run, revision, inventory }
  const names = SECTION_NAMES.filter((name) => (changed[name] ?? 0) > have)
  const sections: Partial<Sections> = Object.fromEntries(names.map((name) => [name, inventory[name]]))
  return { kind: 'delta', run, base: have, revision, sections, problems: inventory.problems }
}
