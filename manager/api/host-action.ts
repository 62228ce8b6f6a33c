// What an operator does with a host, as a step of its state.
import type { HostState } from '../enrolment/standing.ts'
import type { StateEvent } from '../hosts/state.ts'
import type { Inventory } from '../protocol/inventory.ts'
import { sayUnread, uncountedOf } from '../protocol/unread.ts'
import { runningGuests } from './host-summary.ts'
import type { HostAction, HostActionBody } from './schema-hosts.ts'

/** `inventory`: undefined before its first report. Undefined for a fence without a proof. */
export function stateEvent(
  action: HostAction,
  { proof, seen }: HostActionBody,
  { state, inventory }: { readonly state: HostState; readonly inventory: Inventory | undefined },
): StateEvent | undefined {
  switch (action) {
    case 'maintain':
      return { kind: 'maintain', guests: inventory ? runningGuests(inventory) : 0, unread: guestsUnread(state, inventory) }
    case 'fence':
      return proof === undefined ? undefined : { kind: 'fence', proof }
    case 'approve':
      return { kind: 'approve', seen }
    case 'reject':
    case 'resume':
    case 'release':
      return { kind: action }
  }
}

/** A host that has not been up since it was approved has never run a guest of ours. */
function guestsUnread(state: HostState, inventory: Inventory | undefined): string | undefined {
  if (!inventory) return state === 'up' ? 'it has not reported yet' : undefined
  return sayUnread(uncountedOf(inventory, ['guests']))
}
