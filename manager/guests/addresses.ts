// The IP addresses of guests, as the hosts that run them know them. Pure. What a guest claims is shown and never acted on.
import type { GuestAddress, GuestAddresses } from '../protocol/guest-addresses.ts'
import type { Inventory } from '../protocol/inventory.ts'
import { uncountedOf } from '../protocol/unread.ts'
import type { Mac } from '../protocol/values.ts'

export interface KnownAddress extends GuestAddress {
  readonly mac: Mac
}

/** By UUID of the guest: none of one without any. Undefined where the host did not listen or ask: what is not told is not none. */
export function addressesOn(inventory: Inventory | undefined): ((guest: string) => readonly KnownAddress[]) | undefined {
  if (!inventory || inventory.guestAddresses.ways.length === 0 || uncountedOf(inventory, ['guestAddresses']).length > 0) return undefined
  const all = new Map<string, GuestAddresses['nics'][number][]>()
  for (const nic of inventory.guestAddresses.nics) {
    const known = all.get(nic.uuid)
    if (known) known.push(nic)
    else all.set(nic.uuid, [nic])
  }
  return (guest) => (all.get(guest) ?? []).flatMap(({ mac, addresses }) => addresses.map((one) => ({ ...one, mac })))
}
