// What is asked of a host as a whole, as a step of its state.
import type { StateEvent } from '../../hosts/state.ts'
import type { Presence } from '../../protocol/host.ts'
import type { Inventory } from '../../protocol/inventory.ts'
import { sayUnread, uncountedOf } from '../../protocol/unread.ts'
import { runningGuests } from './host-summary.ts'

/** `inventory`: undefined before its first report. */
export function maintenance(presence: Presence, inventory: Inventory | undefined): StateEvent {
  return { kind: 'maintain', guests: inventory ? runningGuests(inventory) : 0, unread: guestsUnread(presence, inventory) }
}

/** A host that has not been up since it was approved has never run a guest of ours. */
function guestsUnread(presence: Presence, inventory: Inventory | undefined): string | undefined {
  if (!inventory) return presence === 'up' ? 'it has not reported yet' : undefined
  return sayUnread(uncountedOf(inventory, ['guests']))
}
