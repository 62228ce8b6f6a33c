// Numbers with one holder each: minors, ports, MACs, addresses; asked for by name, or given out. Pure.

import { isHarmless } from '../protocol/host.ts'
import { type Answer, type Case, claimOf, type Of, refused, taken } from './case.ts'
import { type Holder, spaceOf } from './claim.ts'
import type { Need } from './needs.ts'
import { macCandidates, macNumber, macText, RANGES } from './numbers.ts'
import { macsOf } from './uses.ts'

/** Minors and ports: the same on each host. */
export function numbers(need: Of<'minor' | 'port'>, given: Case): Answer {
  const called = need.kind === 'minor' ? 'DRBD minor' : 'port'
  const hosts = need.hosts.map((id) => ({ id, name: given.hosts.get(id)?.name ?? id, known: given.hosts.get(id) }))
  const taken = new Map<number, string>()
  for (const { id, name, known } of need.kind === 'minor' ? hosts : []) {
    const problem = known?.inventory?.problems.find(({ section }) => section === 'drbd')
    const what = `which DRBD minors of ${name} are free`
    if (!known?.inventory) return refused({ code: 'unread', what, reason: 'the host has not reported' })
    if (problem) return refused({ code: 'unread', what, reason: `${problem.source}: ${problem.reason}` })
    for (const { name: resource, volumes } of known.inventory.drbd) {
      for (const { minor } of volumes) taken.set(minor, `DRBD resource ${resource} of ${known.name}`)
    }
    const own = given.before.filter(({ space: where }) => where === spaceOf({ kind: need.kind, host: id }))
    for (const { start } of own) taken.delete(start)
  }
  const spaces = hosts.map(({ id }) => spaceOf({ kind: need.kind, host: id }))
  for (const { space: where, start, holder } of given.claims) if (spaces.includes(where)) taken.set(start, holder.name)
  const where = hosts.map(({ name }) => name).join(' and ')
  const number = need.number ?? keptBy(given, spaces, taken) ?? firstFree(RANGES[need.kind], taken)
  if (number === undefined) return refused({ code: 'exhausted', what: `${called} of ${where}` })
  const by = taken.get(number)
  if (by !== undefined) return refused({ code: 'held', what: `${called} ${number} of ${where}`, by })
  return { kind: 'claims', claims: spaces.map((each) => claimOf(given, need, each, { mode: 'number', start: number })) }
}

/** What it has already, where it has the same on all hosts. */
function keptBy({ before }: Case, spaces: readonly string[], taken: ReadonlyMap<number, string>): number | undefined {
  const own = spaces.map((space) => before.find((claim) => claim.space === space)?.start)
  const [first] = own
  return first !== undefined && own.every((one) => one === first) && !taken.has(first) ? first : undefined
}

function firstFree(
  { first, last }: { readonly first: number; readonly last: number },
  taken: ReadonlyMap<number, string>,
): number | undefined {
  for (let number = first; number <= last; number += 1) if (!taken.has(number)) return number
  return undefined
}

export function mac(need: Of<'mac'>, given: Case): Answer {
  const known = given.before.find(({ space: where }) => where === 'mac')?.start
  const candidates =
    need.mac === undefined ? [...(known === undefined ? [] : [known]), ...macCandidates(seedOf(given.holder, need))] : [macNumber(need.mac)]
  let by: string | undefined
  for (const start of candidates) {
    by = whoHasMac(start, given)
    if (by === undefined) return taken(claimOf(given, need, 'mac', { mode: 'number', start, item: macText(start) }))
  }
  return refused(
    need.mac === undefined ? { code: 'exhausted', what: 'MAC' } : { code: 'held', what: `MAC ${need.mac}`, by: by ?? 'another' },
  )
}

function whoHasMac(start: number, { claims, hosts, guest }: Case): string | undefined {
  const claimed = claims.find(({ space: where, start: number }) => where === 'mac' && number === start)
  if (claimed) return claimed.holder.name
  const text = macText(start)
  for (const host of hosts.values()) {
    const macs = macsOf(host)
    if (macs?.has(text) && (guest === undefined || macs.get(text) !== guest))
      return `${macs.get(text) === undefined ? '' : 'a guest on '}${host.name}`
  }
  return undefined
}

export function address(need: Of<'address'>, given: Case): Answer {
  const claim = claimOf(given, need, spaceOf(need), { mode: 'number', item: need.address })
  const other = given.claims.find(({ space }) => space === claim.space)
  return other ? refused({ code: 'held', what: `address ${need.address}`, by: other.holder.name }) : taken(claim)
}

/** A domain that nobody has made by us may be called so, too: its host would not start another one. */
export function guestName(need: Of<'guest-name'>, given: Case): Answer {
  const claim = claimOf(given, need, spaceOf(need), { mode: 'number', item: need.name })
  const what = `the name ${need.name}`
  const other = given.claims.find(({ space }) => space === claim.space)
  if (other) return refused({ code: 'held', what, by: other.holder.name === need.name ? 'another guest' : `guest ${other.holder.name}` })
  for (const host of given.hosts.values()) {
    const { name, inventory } = host
    const domain = inventory?.guests.find((one) => one.name === need.name && one.uuid !== given.guest)
    if (domain && !isHarmless(host)) return refused({ code: 'held', what, by: `a domain on ${name} that hostless did not make` })
  }
  return taken(claim)
}

/** What the MACs that are tried for a need depend on. */
export function seedOf({ id }: Holder, { part }: Pick<Need, 'part'>): string {
  return `${id}/${part}`
}
