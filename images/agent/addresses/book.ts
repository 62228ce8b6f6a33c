// What is known of the guests' addresses: what was heard on their vifs and what their tools have told, for as long as it counts. Pure but
// for what it remembers; times are milliseconds since the epoch.
import { type GuestAddress, type GuestAddresses, MOST_ADDRESSES } from '../../../manager/protocol/guest-addresses.ts'
import type { Guest } from '../../../manager/protocol/guests.ts'
import type { Sender } from './frame.ts'

/** An address that was not heard of for so long is forgotten: a neighbour that is spoken to asks, and is asked, every few minutes. */
export const FORGOTTEN_AFTER = 3_600_000
/** `last` is told to this, so that a host whose guests go on as they were reports nothing. */
export const STEP = 300_000
/** A vif speaks before its guest has been read. */
const UNKNOWN_FOR = 120_000
/** More vifs than a host has. */
const MOST_VIFS = 8192

interface Known {
  readonly since: number
  readonly last: number
}

export class AddressBook {
  /** By vif, then by MAC and address. */
  readonly #seen = new Map<string, Map<string, Known>>()
  /** By vif, then by address. */
  #told = new Map<string, ReadonlyMap<string, Known>>()

  /** `new`: it was not known. `own`: the MAC of the vif, where it is known: what comes from another one is nobody's. */
  heard(vif: string, { mac, address }: Sender, own: string | undefined, now: number): 'new' | 'known' | 'foreign' {
    if (own !== undefined && own !== mac) return 'foreign'
    const all = this.#seen.get(vif) ?? new Map<string, Known>()
    if (all.size === 0 && this.#seen.size >= MOST_VIFS) return 'foreign'
    const key = `${mac} ${address}`
    const known = all.get(key)
    // The one that was heard of last is at the end.
    all.delete(key)
    all.set(key, { since: known?.since ?? now, last: now })
    const alike = [...all.keys()].filter((one) => one.includes('.') === address.includes('.'))
    if (alike.length > MOST_ADDRESSES) all.delete(alike[0] ?? '')
    this.#seen.set(vif, all)
    return known ? 'known' : 'new'
  }

  /** All that tools tell now, by vif: what they do not tell any more is forgotten at once. */
  told(all: ReadonlyMap<string, readonly string[]>, now: number): void {
    const before = this.#told
    this.#told = new Map(
      [...all].map(([vif, addresses]) => [
        vif,
        new Map(addresses.map((address) => [address, { since: before.get(vif)?.get(address)?.since ?? now, last: now }])),
      ]),
    )
  }

  /** What counts of these guests; what belongs to none of them is forgotten. */
  report(guests: readonly Guest[], now: number): GuestAddresses['nics'] {
    const nics = guests.flatMap((guest) => guest.nics.map((nic) => ({ uuid: guest.uuid, ...nic })))
    this.#forget(new Set(nics.flatMap(({ vif }) => vif ?? [])), now)
    return nics.flatMap(({ uuid, mac, vif }) => {
      if (mac === undefined || vif === undefined) return []
      const addresses = this.#of(vif, mac)
      return addresses.length === 0 ? [] : [{ uuid, mac, addresses }]
    })
  }

  #forget(vifs: ReadonlySet<string>, now: number): void {
    for (const [vif, all] of this.#seen) {
      const limit = vifs.has(vif) ? FORGOTTEN_AFTER : UNKNOWN_FOR
      // A clock that was put back makes nothing older than it is.
      for (const [key, { last }] of all) if (now - last >= limit) all.delete(key)
      if (all.size === 0) this.#seen.delete(vif)
    }
  }

  #of(vif: string, mac: string): readonly GuestAddress[] {
    const seen = new Map(
      [...(this.#seen.get(vif) ?? [])].flatMap(([key, known]) =>
        key.startsWith(`${mac} `) ? [[key.slice(mac.length + 1), known] as const] : [],
      ),
    )
    const told = this.#told.get(vif) ?? new Map<string, Known>()
    // Those that were heard of last; of what tools alone tell as many as there is room for.
    const all = [...[...seen.keys()].reverse(), ...told.keys()]
    const [four, six] = [all.filter((one) => !one.includes(':')), all.filter((one) => one.includes(':'))].map((family) =>
      [...new Set(family)].slice(0, MOST_ADDRESSES),
    )
    return [...(four ?? []), ...(six ?? [])].sort(inOrder).map((address) => {
      const known = [seen.get(address), told.get(address)].filter((one) => one !== undefined)
      const since = Math.max(0, Math.round(Math.min(...known.map((one) => one.since))))
      const last = Math.floor(Math.max(...known.map((one) => one.last)) / STEP) * STEP
      const how = known.length === 2 ? 'both' : seen.has(address) ? 'seen' : 'told'
      return { address, how, since, last: Math.max(since, last) }
    })
  }
}

/** IPv4 before IPv6, and always the same. */
function inOrder(one: string, other: string): number {
  return Number(one.includes(':')) - Number(other.includes(':')) || (one < other ? -1 : 1)
}
