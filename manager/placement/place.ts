// Where guests go: all hosts ranked for one of them, with why or why not; or a place for each of a set, in which what is placed first is
// gone for the rest. Pure: what comes of it is claimed by whoever acts on it, and claims have the last word.
import type { ThingKey } from '../connectivity/thing.ts'
import { Board, type Standing } from './board.ts'
import { type FixedGround, fixedReasons } from './fixed-rules.ts'
import type { Picture, PlacementHost, PlacementNeeds, PlacementRules, Want } from './picture.ts'
import type { Reason } from './reason.ts'
import { roomReasons } from './room-rules.ts'
import { compareScored, compareText, type Scored, type Scores, scoresOf } from './score.ts'

export type HostVerdict =
  | { readonly kind: 'fits'; readonly host: PlacementHost; readonly scores: Scores }
  | { readonly kind: 'against'; readonly host: PlacementHost; readonly reasons: readonly Reason[] }

export interface SetPlacement {
  /** Host ids by the ids of those that found a place. */
  readonly placed: ReadonlyMap<string, string>
  /** `hosts`: as it stood when the first with such needs found none. */
  readonly refused: readonly { readonly id: string; readonly hosts: readonly HostVerdict[] }[]
}

/** The best first, then those that are not fit, by name. */
export function rank(
  picture: Picture,
  needs: PlacementNeeds,
  rules: PlacementRules,
  /** With what was put on it before, of the same picture. */
  board: Board = new Board(picture, rules),
): readonly HostVerdict[] {
  return verdictsOf(board, needs, groundOf(picture, needs, rules, reachersOf(picture)))
}

/** The largest first, so that the order in which they are given says nothing. */
export function placeAll(picture: Picture, wants: readonly Want[], rules: PlacementRules): SetPlacement {
  const board = new Board(picture, rules)
  const reachers = reachersOf(picture)
  const kinds = new Map<PlacementNeeds, Kind>()
  const placed = new Map<string, string>()
  const refused: { id: string; hosts: readonly HostVerdict[] }[] = []
  for (const { id, needs } of inOrder(wants)) {
    const kind = kinds.get(needs) ?? kindOf(board, needs, groundOf(picture, needs, rules, reachers))
    kinds.set(needs, kind)
    const best = kind.verdicts ? undefined : bestOf(board, kind.fit, needs, rules)
    if (best) {
      board.put(best, needs)
      placed.set(id, best.host.id)
      continue
    }
    // What is placed only takes: who finds no place now finds none later.
    kind.verdicts ??= verdictsOf(board, needs, kind.ground)
    refused.push({ id, hosts: kind.verdicts })
  }
  return { placed, refused }
}

/** All guests with the same needs. */
interface Kind {
  readonly ground: FixedGround
  /** Hosts that nothing speaks against but what is placed on them. */
  readonly fit: readonly Standing[]
  verdicts: readonly HostVerdict[] | undefined
}

function kindOf(board: Board, needs: PlacementNeeds, ground: FixedGround): Kind {
  const fit = board.standings.filter(({ host }) => fixedReasons(host, needs, ground).length === 0)
  return { ground, fit, verdicts: undefined }
}

function bestOf(board: Board, fit: readonly Standing[], needs: PlacementNeeds, rules: PlacementRules): Standing | undefined {
  let best: Scored | undefined
  for (const standing of fit) {
    if (roomReasons(standing, needs, rules).length > 0) continue
    const scored: Scored = { standing, scores: scoresOf(board, standing, needs, rules) }
    if (!best || compareScored(scored, best) < 0) best = scored
  }
  return best?.standing
}

function verdictsOf(board: Board, needs: PlacementNeeds, ground: FixedGround): readonly HostVerdict[] {
  const fit: Scored[] = []
  const against: (HostVerdict & { readonly kind: 'against' })[] = []
  for (const standing of board.standings) {
    const { host } = standing
    const fixed = fixedReasons(host, needs, ground)
    const room = roomReasons(standing, needs, ground.rules)
    if (fixed.length + room.length > 0) against.push({ kind: 'against', host, reasons: [...fixed, ...room] })
    else fit.push({ standing, scores: scoresOf(board, standing, needs, ground.rules) })
  }
  against.sort((a, b) => compareText(a.host.name, b.host.name) || compareText(a.host.id, b.host.id))
  return [...fit.sort(compareScored).map(({ standing, scores }) => ({ kind: 'fits', host: standing.host, scores }) as const), ...against]
}

function groundOf({ hosts }: Picture, { cpu }: PlacementNeeds, rules: PlacementRules, reachers: FixedGround['reachers']): FixedGround {
  const source = cpu.kind === 'move' ? hosts.find(({ id }) => id === cpu.from)?.cpu : undefined
  return { reachers, source, rules }
}

function reachersOf({ reach }: Picture): FixedGround['reachers'] {
  const known = new Map<ThingKey, ReadonlySet<string>>()
  return (key) => {
    const kept = known.get(key)
    if (kept) return kept
    const reachers = reach.reachers(key)
    known.set(key, reachers)
    return reachers
  }
}

function inOrder(wants: readonly Want[]): readonly Want[] {
  return [...wants].sort((a, b) => b.needs.memoryBytes - a.needs.memoryBytes || b.needs.vcpus - a.needs.vcpus || compareText(a.id, b.id))
}
