// Rules about what is left on a host after what was placed there before: memory, CPUs, space, guests, siblings. Pure.
import type { Standing } from './board.ts'
import { type DisksOfVg, disksByVg, spaceTaken } from './disks.ts'
import type { PlacementNeeds, PlacementRules } from './picture.ts'
import type { Reason } from './reason.ts'

type Rule = (standing: Standing, needs: PlacementNeeds, rules: PlacementRules) => Reason | undefined

const RULES: readonly Rule[] = [memory, dom0, threads, vcpus, guests, apart]

const NO_REASONS: readonly Reason[] = []

/** All that speaks against it. Asked of every host for every guest of a set: where nothing does, nothing is made. */
export function roomReasons(standing: Standing, needs: PlacementNeeds, rules: PlacementRules): readonly Reason[] {
  let reasons = NO_REASONS
  for (const rule of RULES) {
    const reason = rule(standing, needs, rules)
    if (reason) reasons = [...reasons, reason]
  }
  for (const disks of disksByVg(needs)) {
    const reason = space(standing, disks)
    if (reason) reasons = [...reasons, reason]
  }
  return reasons
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
  if (needs.vcpus === 0) return undefined
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

function space(standing: Standing, { vg, sizes, there }: DisksOfVg): Reason | undefined {
  const { host } = standing
  if (there?.has(host.id)) return undefined
  const place = host.vgs.get(vg)
  if (!place) return host.unread === undefined ? { kind: 'no-vg', vg } : { kind: 'space-unread', vg, why: host.unread }
  if (place.unusable !== undefined) return { kind: 'vg-unusable', why: place.unusable }
  if (place.room.kind === 'unread') return { kind: 'space-unread', vg, why: place.room.reason }
  const [free, needed] = [place.room.free - standing.spacePut(vg), spaceTaken(place, sizes)]
  return free >= needed ? undefined : { kind: 'space', vg, free, needed }
}
