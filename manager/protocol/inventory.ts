// What an agent reports of its host: sections, each replaced as a whole by a delta. Append-only: a section or a member is added as
// optional or with a default, none is renamed or removed; members that a receiver does not know are dropped unread.
import { z } from 'zod'
import { guestAddressSections } from './guest-addresses.ts'
import { guestSections } from './guests.ts'
import { machineSections } from './machine.ts'
import { networkSections } from './network.ts'
import { propertySections } from './property.ts'
import type { SectionSpec } from './section.ts'
import { storageSections } from './storage.ts'
import { list, record, word } from './values.ts'

const SPECS = {
  ...machineSections,
  ...networkSections,
  ...storageSections,
  ...guestSections,
  ...propertySections,
  ...guestAddressSections,
} as const

export type SectionName = keyof typeof SPECS
type Schemas = { readonly [Name in SectionName]: (typeof SPECS)[Name]['schema'] }
export type Sections = { readonly [Name in SectionName]: z.output<Schemas[Name]> }
export const SECTION_NAMES = Object.keys(SPECS) as readonly SectionName[]

function ofEach<Value>(names: readonly SectionName[], make: (spec: SectionSpec) => Value): { readonly [name: string]: Value } {
  return Object.fromEntries(names.map((name) => [name, make(SPECS[name])]))
}

/** The schema of each section. One that could not be read, or not whole, has what is known, and `problems` says why: see unread.ts. */
export const sections = ofEach(SECTION_NAMES, ({ schema }) => schema) as unknown as Schemas

const LATER = SECTION_NAMES.filter((name) => (SPECS[name] as SectionSpec).since !== undefined)

/** What a section is that nobody has read. */
export const EMPTY_SECTIONS = ofEach(SECTION_NAMES, ({ empty }) => empty) as unknown as Sections
/** What a report of an older agent lacks, or one that was stored then, as if it had been there. */
export const LATER_SECTIONS = ofEach(LATER, ({ empty }) => empty) as unknown as Partial<Sections>
/** The version of the protocol that has brought a section: a manager of an older one takes no report with a problem of it. */
export const SECTION_SINCE = ofEach(LATER, ({ since }) => since) as Readonly<Partial<Record<SectionName, number>>>

export const sectionName = z.enum(SECTION_NAMES)

/**
 * How much a section may lack. `detail`: a member of an item; every item stands, with all that belongs to it. `parts`: every item
 * stands, not all that belongs to one (disks of a guest, mount points). `items`: there may be more of them.
 */
export const LACKS = ['detail', 'parts', 'items'] as const

/** What a section lacks or may lack, and why: a tool that is not there, output that made no sense, a cap that was met. */
export const problem = record({
  section: sectionName,
  /** The command line or the path that was read. */
  source: word(256),
  reason: word(512),
  /** Missing, as from agents that do not tell, or another word of a later one: `items`. */
  lacks: z.enum(LACKS).catch('items').exactOptional(),
})
export const problems = list(problem, 512)

/** All of a host, at one moment. */
export const inventory = record({
  ...sections,
  ...(ofEach(LATER, ({ schema, empty }) => schema.default(empty)) as unknown as Partial<Schemas>),
  problems,
})

export type Lacks = (typeof LACKS)[number]
export type Problem = z.output<typeof problem>
export type Inventory = z.output<typeof inventory>
