// Amounts: memory of a host, of its dom0, space in a VG. Pure.

import { type Answer, type Case, claimOf, type Of, refused, taken } from './case.ts'
import { type Claim, isOneParty, spaceOf } from './claim.ts'
import { dom0Room, inExtents, memoryRoom, type Room, vgRoom, whyUnusable } from './rooms.ts'
import { usesOf } from './uses.ts'

export function memory(need: Of<'memory' | 'dom0-memory'>, given: Case): Answer {
  const host = given.hosts.get(need.host)
  const what = `memory of ${need.kind === 'memory' ? '' : 'dom0 on '}${host?.name ?? need.host}`
  const inventory = host?.inventory
  if (!inventory) return refused({ code: 'unread', what, reason: 'the host has not reported' })
  const claim = claimOf(given, need, spaceOf(need), { mode: 'amount', length: need.bytes })
  const read = need.kind === 'memory' ? memoryRoom : dom0Room
  return fitting(claim, what, given, (claims) => read(inventory, claims))
}

export function space(need: Of<'space'>, given: Case): Answer {
  const host = given.hosts.get(need.host)
  const name = host?.name ?? need.host
  const inventory = host?.inventory
  const vg = inventory?.vgs.find(({ uuid }) => uuid === need.vg)
  const what = `space in VG ${vg?.name ?? need.vg} of ${name}`
  if (!inventory) return refused({ code: 'unread', what, reason: 'the host has not reported' })
  if (!vg) {
    const unread = usesOf({ ...host, power: 'on' })?.unread
    return refused(unread === undefined ? { code: 'unknown', what, reason: 'it has no such VG' } : { code: 'unread', what, reason: unread })
  }
  const unusable = whyUnusable(vg)
  if (unusable !== undefined) return refused({ code: 'unknown', what, reason: unusable })
  const claim = claimOf(given, need, spaceOf({ kind: 'vg', uuid: need.vg }), {
    mode: 'amount',
    length: inExtents(need.bytes, vg),
    item: need.lv,
  })
  const other = given.claims.find((one) => one.space === claim.space && one.item === need.lv && !isOneParty(one, claim))
  if (other) return refused({ code: 'held', what: `LV ${need.lv} in VG ${vg.name}`, by: other.holder.name })
  return fitting(claim, what, given, (claims) => vgRoom(inventory, vg, claims))
}

/** It fits where nothing is over with it, or no more is used than before: what runs already may be claimed. */
function fitting(claim: Claim, what: string, { claims }: Case, roomWith: (claims: readonly Claim[]) => Room): Answer {
  const there = claims.filter((one) => one.space === claim.space)
  const [before, after] = [roomWith(there), roomWith([...there, claim])]
  if (before.kind === 'unread') return refused({ code: 'unread', what, reason: before.reason })
  if (after.kind === 'unread') return refused({ code: 'unread', what, reason: after.reason })
  if (after.free >= 0 || after.used <= before.used) return taken(claim)
  const free = after.free + claim.length
  return refused({ code: 'short', what, free, needed: claim.length, holders: before.holders.map(({ name }) => name) })
}
