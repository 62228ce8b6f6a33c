// Which guests use one address on one network at the same time. Pure.
import { sayNames } from '../wording.ts'
import type { GuestView } from './book.ts'

interface User {
  readonly guest: string
  readonly name: string
  readonly since: number
  readonly last: number
}

/**
 * Sentences for people, by UUID of the guest. Two use an address when each was heard of with it after the other had it: one that has got
 * it after the other has let go of it, as by DHCP, is no clash. Of guests of ours alone: on which network another's NIC is nobody has said.
 */
export function clashesIn(views: readonly GuestView[]): ReadonlyMap<string, readonly string[]> {
  const users = new Map<string, User[]>()
  for (const { uuid, name, record, seen } of views) {
    for (const { mac, address, since, last } of seen[0]?.addresses ?? []) {
      const network = record?.spec.nics.find((nic) => nic.mac === mac)?.network
      if (network === undefined) continue
      const key = `${address} ${network}`
      const known = users.get(key)
      const user = { guest: uuid, name, since, last }
      if (known) known.push(user)
      else users.set(key, [user])
    }
  }
  const clashes = new Map<string, readonly string[]>()
  for (const [key, all] of users) {
    if (all.length < 2) continue
    const [address, network] = key.split(' ')
    for (const one of all) {
      const others = all.filter((other) => other.guest !== one.guest && other.last >= one.since && one.last >= other.since)
      if (others.length === 0) continue
      const names = [...new Set(others.map(({ name }) => name))].sort()
      const said = `${sayNames(names)} ${names.length === 1 ? 'uses' : 'use'} its address ${address} on network ${network}, too`
      clashes.set(one.guest, [...(clashes.get(one.guest) ?? []), said])
    }
  }
  return clashes
}
