// Groups of hosts that can exchange guests both ways, each guest with all that its host gives by default. Hosts that give and take
// the same are one class, so that a pool of thousands is a matter of a few classes.

import { groupBy } from '../group-by.ts'
import type { Feature } from './features.ts'
import { type HostCpu, keyOfOffer, offerFor } from './host.ts'
import { canMove } from './move.ts'

export interface ExchangeGroups {
  /** Maximal: none is part of another, no host could be added to one. A host may be in several. Largest first. */
  readonly groups: readonly (readonly string[])[]
  /** Hosts in no group, with the reasons: their own guests could not even come back to them. */
  readonly apart: readonly { readonly host: string; readonly reasons: readonly string[] }[]
  /** False: there are more groups than MAX_GROUPS, and these are some of them. */
  readonly complete: boolean
}

/** What keeps a host from a group. */
export type Joining =
  | { readonly kind: 'joins' }
  | {
      readonly kind: 'apart'
      /** What guests of the group have, and the host lacks. */
      readonly lacks: readonly Feature[]
      /** What guests of the host have, and some host of the group lacks. */
      readonly exceeds: readonly Feature[]
      readonly reasons: readonly string[]
    }

export const MAX_GROUPS = 256

type Class = readonly [HostCpu, ...HostCpu[]]

const GUEST = { type: 'pvh' } as const

export function exchangeGroups(hosts: readonly HostCpu[]): ExchangeGroups {
  const all = classesOf(hosts)
  const classes = all.filter(([first]) => canMove(GUEST, first, first).kind === 'compatible')
  const apart = all.flatMap((one) => (classes.includes(one) ? [] : one.map((cpu) => ({ host: cpu.host, reasons: reasonsAlone(cpu) }))))
  const friends = classes.map(
    ([first], index) => new Set(classes.flatMap(([other], at) => (at !== index && exchange(first, other) ? [at] : []))),
  )
  const cliques: (readonly number[])[] = []
  const complete = collectCliques(friends, { chosen: [], possible: new Set(classes.keys()), done: new Set() }, cliques)
  const groups = cliques
    .map((clique) => clique.flatMap((index) => classes[index]?.map(({ host }) => host) ?? []))
    .sort((a, b) => b.length - a.length)
  return { groups, apart, complete }
}

function reasonsAlone(cpu: HostCpu): readonly string[] {
  const verdict = canMove(GUEST, cpu, cpu)
  return verdict.kind === 'compatible' ? [] : verdict.reasons
}

/** Whether a host belongs to a group, and if not, all that is in the way. */
export function explainJoining(candidate: HostCpu, group: readonly HostCpu[]): Joining {
  const inward = classesOf(group).map(([member]) => canMove(GUEST, member, candidate))
  const outward = classesOf(group).map(([member]) => canMove(GUEST, candidate, member))
  const reasons = [...new Set([...inward, ...outward].flatMap((each) => (each.kind === 'incompatible' ? each.reasons : [])))]
  if (reasons.length === 0) return { kind: 'joins' }
  return { kind: 'apart', lacks: missingOf(inward), exceeds: missingOf(outward), reasons }
}

function missingOf(verdicts: readonly ReturnType<typeof canMove>[]): readonly Feature[] {
  const missing = verdicts.flatMap((each) => (each.kind === 'incompatible' ? each.missing : []))
  return [...new Map(missing.map((feature) => [feature.name, feature])).values()].sort((a, b) => a.word - b.word || a.bit - b.bit)
}

function exchange(a: HostCpu, b: HostCpu): boolean {
  return canMove(GUEST, a, b).kind === 'compatible' && canMove(GUEST, b, a).kind === 'compatible'
}

function classesOf(hosts: readonly HostCpu[]): readonly Class[] {
  return [...groupBy(hosts, classKey).values()].flatMap(([first, ...others]) => (first ? [[first, ...others] as const] : []))
}

const CLASS_KEYS = new WeakMap<HostCpu, string>()

/** All that canMove looks at. */
function classKey(cpu: HostCpu): string {
  const key = CLASS_KEYS.get(cpu) ?? writeClassKey(cpu)
  CLASS_KEYS.set(cpu, key)
  return key
}

function writeClassKey(cpu: HostCpu): string {
  const offer = offerFor(GUEST.type, cpu)
  const rows = offer.kind === 'offer' ? keyOfOffer(offer.offer) : offer.reason
  const capable = ['hvm', 'hap'].filter((capability) => cpu.virtCaps.has(capability))
  return JSON.stringify([cpu.vendor, cpu.xen?.major, cpu.xen?.minor, capable, rows])
}

interface Search {
  readonly chosen: readonly number[]
  readonly possible: ReadonlySet<number>
  readonly done: ReadonlySet<number>
}

/** Bron and Kerbosch's algorithm with Tomita's pivot. False when it stopped at MAX_GROUPS. */
function collectCliques(friends: readonly ReadonlySet<number>[], search: Search, found: (readonly number[])[]): boolean {
  const { chosen } = search
  const [possible, done] = [new Set(search.possible), new Set(search.done)]
  if (possible.size === 0 && done.size === 0) {
    if (chosen.length === 0) return true
    if (found.length >= MAX_GROUPS) return false
    found.push(chosen)
    return true
  }
  const pivot = mostFriends(friends, [...possible, ...done], possible)
  for (const next of [...possible].filter((each) => !pivot.has(each))) {
    const near = friends[next] ?? new Set<number>()
    const inner = { chosen: [...chosen, next], possible: intersectionOf(possible, near), done: intersectionOf(done, near) }
    if (!collectCliques(friends, inner, found)) return false
    possible.delete(next)
    done.add(next)
  }
  return true
}

function mostFriends(
  friends: readonly ReadonlySet<number>[],
  among: readonly number[],
  possible: ReadonlySet<number>,
): ReadonlySet<number> {
  const sets = among.map((each) => friends[each] ?? new Set<number>())
  const count = (set: ReadonlySet<number>): number => intersectionOf(possible, set).size
  return sets.reduce((best, set) => (count(set) > count(best) ? set : best), new Set<number>())
}

function intersectionOf(a: ReadonlySet<number>, b: ReadonlySet<number>): ReadonlySet<number> {
  return new Set([...a].filter((each) => b.has(each)))
}
