// Rules about what is left on a host after what was placed there before: memory, CPUs, space, guests, siblings. Pure.
import { type Standing, spaceByVg } from './board.ts'
import type { PlacementNeeds, PlacementRules } from './picture.ts'
import type { Reason } from './reason.ts'

type Rule = (standing: Standing, needs: PlacementNeeds, rules: PlacementRules) => Reason | undefined

const RULES: readonly Rule[] = [memory, dom0, threads, vcpus, guests, apart]

/** All that speaks against it. */
export function roomReasons(standing: Standing, needs: PlacementNeeds, rules: PlacementRules): readonly Reason[] {
  return [...RULES.flatMap((rule) => rule(standing, needs, rules) ?? []), ...space(standing, needs)]
}

/** Whether nothing does. */
export function hasRoom(standing: Standing, needs: PlacementNeeds, rules: PlacementRules): boolean {
  for (const rule of RULES) if (rule(standing, needs, rules)) return false
  return needs.space.length === 0 || space(standing, needs).length === 0
}

function memory({ host, memoryPut }: Standing, { memoryBytes: needed }: PlacementNeeds): Reason | undefined {
  const { memory: room } = host
  if (room.kind === 'unread') return { kind: 'memory-unread', why: room.reason }
  const free = room.free - memoryPut
  return free >= needed ? undefined : { kind: 'memory', free, needed }
}

function dom0({ host, dom0Put }: Standing, { dom0Bytes: needed }: PlacementNeeds): Reason | undefined {
  if (needed === 0) return undefined
  if (host.dom0.kind === 'unread') return { kind: 'dom0-unread', why: host.dom0.reason }
  const free = host.dom0.free - dom0Put
  return free >= needed ? undefined : { kind: 'dom0-memory', free, needed }
}

function threads({ host }: Standing, needs: PlacementNeeds): Reason | undefined {
  if (host.threads === undefined) return { kind: 'threads-unread' }
  return needs.vcpus <= host.threads ? undefined : { kind: 'threads', threads: host.threads, vcpus: needs.vcpus }
}

function vcpus({ host, vcpus: used }: Standing, needs: PlacementNeeds, { vcpusPerThread }: PlacementRules): Reason | undefined {
  const most = (host.threads ?? 0) * vcpusPerThread
  if (host.threads === undefined || used + needs.vcpus <= most) return undefined
  return { kind: 'vcpus', used, most, vcpus: needs.vcpus }
}

function guests({ guests: there }: Standing, _needs: PlacementNeeds, { mostGuests: most }: PlacementRules): Reason | undefined {
  return there < most ? undefined : { kind: 'guests', most }
}

function apart(standing: Standing, { apart: rule }: PlacementNeeds): Reason | undefined {
  if (rule?.strength !== 'must') return undefined
  const there = standing.siblings(rule.group)
  return there === 0 ? undefined : { kind: 'apart', group: rule.group, there }
}

function space(standing: Standing, needs: PlacementNeeds): readonly Reason[] {
  const { host } = standing
  const reasons: Reason[] = []
  for (const [vg, needed] of spaceByVg(host, needs)) {
    const place = host.vgs.get(vg)
    if (!place) reasons.push(host.unread === undefined ? { kind: 'no-vg', vg } : { kind: 'space-unread', vg, why: host.unread })
    else if (place.unusable !== undefined) reasons.push({ kind: 'vg-unusable', why: place.unusable })
    else if (place.room.kind === 'unread') reasons.push({ kind: 'space-unread', vg, why: place.room.reason })
    else {
      const free = place.room.free - standing.spacePut(vg)
      if (free < needed) reasons.push({ kind: 'space', vg, free, needed })
    }
  }
  return reasons
}
