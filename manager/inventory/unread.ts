// What an agent could not read: that a thing is missing from such a section says nothing of the thing.
import type { Inventory, SectionName } from '../protocol/inventory.ts'

/** Why one of these sections is empty, when that is the agent's trouble and not the host's state. */
export function unread(inventory: Inventory, sections: readonly SectionName[]): string | undefined {
  const problem = inventory.problems.find(({ section }) => sections.includes(section) && isEmpty(inventory, section))
  return problem && `not known: ${problem.source}: ${problem.reason}`
}

function isEmpty(inventory: Inventory, section: SectionName): boolean {
  const content = section === 'iscsi' ? inventory.iscsi.sessions : inventory[section]
  return !Array.isArray(content) || content.length === 0
}
