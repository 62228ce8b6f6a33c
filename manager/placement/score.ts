// Which of the hosts that are fit is best: the first score that differs decides. Pure.
import type { Board, Standing } from './board.ts'
import { disksByVg, spaceTaken } from './disks.ts'
import type { PlacementNeeds, PlacementRules } from './picture.ts'

/** The less the better, in this order. */
export interface Scores {
  /** Siblings on hosts of its group of hosts, and on itself. */
  readonly around: number
  readonly beside: number
  /** 1: filled further than leaves room for what another host runs, should that be lost. */
  readonly overfull: 0 | 1
  /** How uneven it makes the load of memory, vCPUs and space; packing: what would be left of its memory, as a share. */
  readonly load: number
}

export function scoresOf(board: Board, standing: Standing, needs: PlacementNeeds, { strategy }: PlacementRules): Scores {
  const { memory } = standing.host
  const capacity = memory.kind === 'room' ? memory.capacity : 0
  const used = memory.kind === 'room' ? memory.used + standing.memoryPut : 0
  const filled = capacity === 0 ? 1 : (used + needs.memoryBytes) / capacity
  const group = needs.apart?.group
  return {
    around: group === undefined ? 0 : board.siblingsAround(standing, group),
    beside: group === undefined ? 0 : standing.siblings(group),
    overfull: filled > board.fullest ? 1 : 0,
    load: strategy === 'pack' ? 1 - filled : growth(used, needs.memoryBytes, capacity) + growthOfOthers(standing, needs),
  }
}

/** Names decide last: what order hosts come in must not. */
export function compareScored(a: Scored, b: Scored): number {
  const { scores: one } = a
  const { scores: other } = b
  const differs = one.around - other.around || one.beside - other.beside || one.overfull - other.overfull || one.load - other.load
  return differs || compareText(a.standing.host.name, b.standing.host.name) || compareText(a.standing.host.id, b.standing.host.id)
}

export interface Scored {
  readonly standing: Standing
  readonly scores: Scores
}

export function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}

function growthOfOthers(standing: Standing, needs: PlacementNeeds): number {
  const { host } = standing
  let sum = growth(standing.vcpus, needs.vcpus, host.threads ?? 0)
  for (const { vg, sizes, there } of disksByVg(needs)) {
    if (there?.has(standing.host.id)) continue
    const place = host.vgs.get(vg)
    if (place?.room.kind !== 'room') continue
    sum += growth(place.room.used + standing.spacePut(vg), spaceTaken(place, sizes), place.room.capacity)
  }
  return sum
}

/** Of the square of the share that is used: the sum of these is least where all are used alike. */
function growth(used: number, more: number, capacity: number): number {
  if (capacity === 0) return more === 0 ? 0 : 1
  const added = more / capacity
  return added * (2 * (used / capacity) + added)
}
