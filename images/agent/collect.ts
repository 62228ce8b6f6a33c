// Which sources make which section, and what a manager is told: everything, or the sections that have changed. Pure but for the
// Backend that is handed in, so that real dom0s and simulated ones run the same code.
import type { z } from 'zod'
import {
  EMPTY_SECTIONS,
  type Inventory,
  type Problem,
  problem,
  SECTION_NAMES,
  type SectionName,
  type Sections,
  sections,
} from '../../manager/protocol/inventory.ts'
import { lacksOf } from '../../manager/protocol/unread.ts'
import { type Backend, remembering } from './backend.ts'
import { accept, tidy } from './inventory/accept.ts'
import { lacksIn, type Parsed, type Source, type SourceProblem, textOf } from './inventory/reading.ts'
import { OBSERVED } from './sections/all.ts'
import { steadied } from './steady.ts'

export type Readers = { readonly [Name in SectionName]: Source<Sections[Name]> }

/** What can be read of the machine itself. */
export const READERS = Object.fromEntries(SECTION_NAMES.map((name) => [name, OBSERVED[name].read])) as unknown as Readers

export const EMPTY_INVENTORY: Inventory = { ...EMPTY_SECTIONS, problems: [] }

/** Some sections, read at one time, and what is wrong with them. */
export interface Collected {
  readonly sections: Partial<Sections>
  readonly problems: readonly Problem[]
}

export interface Change {
  readonly inventory: Inventory
  /** The sections that are other than before. */
  readonly sections: Partial<Sections>
  /** True when sections or problems are other than before. */
  readonly changed: boolean
}

/** Reads these sections; what several of them need is read once. Never rejects: what went wrong is among the problems. */
export async function collect(
  backend: Backend,
  names: readonly SectionName[] = SECTION_NAMES,
  readers: Readers = READERS,
): Promise<Collected> {
  const once = remembering(backend)
  const all = await Promise.all(names.map((name) => readSection(once, name, readers)))
  return { sections: Object.assign({}, ...all.map((one) => one.sections)), problems: all.flatMap((one) => one.problems) }
}

/**
 * The inventory with the collected sections in place of its own, and the difference. Problems of other sections stay, and so do
 * readings that have only trembled.
 */
export function update(inventory: Inventory, collected: Collected): Change {
  const sections = steadied(inventory, collected.sections)
  const read = new Set(Object.keys(sections))
  const problems = cut([...inventory.problems.filter(({ section }) => !read.has(section)), ...collected.problems])
  const different = SECTION_NAMES.filter((name) => read.has(name) && !equal(inventory[name], sections[name]))
  const changes: Partial<Sections> = Object.fromEntries(different.map((name) => [name, sections[name]]))
  const changed = different.length > 0 || !equal(bySection(inventory.problems), bySection(problems))
  return { inventory: { ...inventory, ...changes, problems }, sections: changes, changed }
}

async function readSection<Name extends SectionName>(backend: Backend, name: Name, readers: Readers): Promise<Collected> {
  try {
    const { value, problems } = await readers[name](backend)
    const checked = check(name, value)
    const all = [...problems, ...checked.reasons.map((reason) => ({ source: name, reason }))]
    return { sections: { [name]: checked.value }, problems: all.map((one) => problemOf(name, one)) }
  } catch (error) {
    // A mistake of ours in one parser must not cost the other sections.
    const reason = `the agent failed to read it: ${error instanceof Error ? error.message : String(error)}`
    return { sections: { [name]: EMPTY_SECTIONS[name] }, problems: [problemOf(name, { source: name, reason })] }
  }
}

/** A section as a manager takes it: cut where it is too long, empty where it is not what it should be. */
function check<Name extends SectionName>(name: Name, value: Sections[Name]): Parsed<unknown> {
  const schema: z.ZodType = sections[name]
  const parsed = schema.safeParse(value)
  if (parsed.success) return { value: parsed.data, reasons: [] }
  const long = parsed.error.issues.find(({ code, path }) => code === 'too_big' && path.length === 0)
  if (Array.isArray(value) && long?.code === 'too_big') {
    const limit = Number(long.maximum)
    const reason = `there are ${value.length}; only the first ${limit} are reported`
    const checked = accept(schema, value.slice(0, limit), name)
    return { value: checked.value ?? EMPTY_SECTIONS[name], reasons: [reason, ...checked.reasons] }
  }
  const checked = accept(schema, value, name)
  return { value: checked.value ?? EMPTY_SECTIONS[name], reasons: checked.reasons }
}

const PROBLEMS = 512

function problemOf(section: SectionName, { source, reason }: SourceProblem): Problem {
  const lacks = lacksIn(reason)
  return problem.parse({
    section,
    source: tidy(source, 256) ?? 'unknown',
    reason: tidy(textOf(reason), 512) ?? 'unknown',
    ...(lacks === 'items' ? {} : { lacks }),
  })
}

/** Where there are too many, details go first: without a word of them a section is as whole as it was. */
function cut(problems: readonly Problem[]): readonly Problem[] {
  if (problems.length <= PROBLEMS) return problems
  const grave = problems.filter((one) => lacksOf(one) !== 'detail')
  const first = new Set(grave.filter(({ section }, index) => grave.findIndex((one) => one.section === section) === index))
  const others = [...grave.filter((one) => !first.has(one)), ...problems.filter((one) => lacksOf(one) === 'detail')]
  const kept = new Set([...first, ...others].slice(0, PROBLEMS))
  return problems.filter((one) => kept.has(one))
}

/** In an order that does not depend on which section was read last. */
function bySection(problems: readonly Problem[]): readonly Problem[] {
  return [...problems].sort((a, b) => SECTION_NAMES.indexOf(a.section) - SECTION_NAMES.indexOf(b.section))
}

/** Both come out of the same schema, so equal values are equal texts. */
function equal(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
