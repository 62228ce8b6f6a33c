// Whether sections were read whole: what could not be read is not empty. Whoever concludes that a thing is not there, or that nothing
// uses it, asks this first; agent and manager alike. Pure.
import { type Inventory, LACKS, type Lacks, type Problem, type SectionName } from './inventory.ts'

type Reported = Pick<Inventory, 'problems'>

/**
 * Why more may be in these sections than stands there: none, if they were read whole. To be asked before "nothing uses it", "it is
 * mounted nowhere". `parts` of items count, a mere detail does not.
 */
export function unreadOf(reported: Reported, sections: readonly SectionName[]): readonly Problem[] {
  return lacking(reported, sections, 'parts')
}

/** Why there may be more items in these sections: none, if all are known. To be asked before they are counted, or said to lack one. */
export function uncountedOf(reported: Reported, sections: readonly SectionName[]): readonly Problem[] {
  return lacking(reported, sections, 'items')
}

/** `guests (xl list -l: stopped after 20 s), lvs (…)`: the first few, for a refusal. Undefined where there is no problem. */
export function sayUnread(problems: readonly Problem[]): string | undefined {
  const [first] = problems
  if (!first) return undefined
  const told = new Map(problems.toReversed().map((one) => [one.section, `${one.section} (${shortened(one.source)}: ${one.reason})`]))
  const said = [...told.values()].toReversed()
  const more = said.length > MOST_TOLD ? ` and ${said.length - MOST_TOLD} more sections` : ''
  return `${said.slice(0, MOST_TOLD).join(', ')}${more}`
}

const MOST_TOLD = 3
const LONGEST_SOURCE = 40

/** What a program was asked for is in the problem itself. */
function shortened(source: string): string {
  return source.length > LONGEST_SOURCE ? `${source.slice(0, LONGEST_SOURCE).trimEnd()} …` : source
}

export function lacksOf({ lacks = 'items' }: Pick<Problem, 'lacks'>): Lacks {
  return lacks
}

function lacking({ problems }: Reported, sections: readonly SectionName[], least: Lacks): readonly Problem[] {
  return problems.filter((one) => sections.includes(one.section) && LACKS.indexOf(lacksOf(one)) >= LACKS.indexOf(least))
}
