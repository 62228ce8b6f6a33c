// What an agent could not read, in the words of the matrix: that a thing is missing from such a section says nothing of the thing.
import type { Inventory, Problem, SectionName } from '../protocol/inventory.ts'
import { uncountedOf, unreadOf } from '../protocol/unread.ts'
import type { Cut } from './thing.ts'

/** Why one of these sections may lack items, when that is the agent's trouble and not the host's state. */
export function unread(inventory: Inventory, sections: readonly SectionName[]): Cut | undefined {
  return said(uncountedOf(inventory, sections))
}

/** As `unread`, where what belongs to an item counts too: the VLANs of a bridge. */
export function unreadParts(inventory: Inventory, sections: readonly SectionName[]): Cut | undefined {
  return said(unreadOf(inventory, sections))
}

function said([problem]: readonly Problem[]): Cut | undefined {
  return problem && { kind: 'cut', reason: `not known: ${problem.source}: ${problem.reason}`, unread: true }
}
