// The level of a pool: what a guest may be started with so that each of these hosts can take it; and which hosts hold it down.
// Hosts of one vendor are meant: between vendors no running guest moves, whatever the level.

import { groupBy } from '../group-by.ts'
import { sayNames } from '../wording.ts'
import { ACCUMULATED, type Feature, featuresOf, IGNORED, listFeatures } from './features.ts'
import { type CpuFeatures, type HostCpu, keyOfOffer, keyOfWords, type MaxLeaves, type Offer } from './host.ts'
import { difference, intersection, union, type Words } from './words.ts'

export type Level =
  | {
      readonly kind: 'level'
      readonly features: CpuFeatures
      /** The hosts that it is the level of. */
      readonly of: readonly string[]
      /** Hosts left out, and why: their policies are not known. */
      readonly without: readonly { readonly host: string; readonly reason: string }[]
    }
  | { readonly kind: 'unknown'; readonly reason: string }

/** Hosts that all hold the level down by the same features: were they gone, or given these, the level would have them. */
export interface Hindrance {
  readonly hosts: readonly string[]
  readonly features: readonly Feature[]
  /** A sentence for people. */
  readonly text: string
}

/**
 * The intersection of what the hosts give HVM guests by default. Bits that Xen marks as to be accumulated are there when one host
 * gives them and each can: a guest that is to move among them needs the mitigation that any of them needs.
 */
export function levelOf(hosts: readonly HostCpu[]): Level {
  const without = hosts.flatMap(({ host, hvm }) => (hvm.kind === 'unknown' ? [{ host, reason: hvm.reason }] : []))
  const known = knownOf(hosts)
  const [first, ...others] = known
  if (!first) {
    return { kind: 'unknown', reason: hosts.length === 0 ? 'there are no hosts' : without.map(({ reason }) => reason).join('; ') }
  }
  // Thousands of hosts are of a few kinds.
  const offers = [...new Map([first, ...others].map(({ offer }) => [keyOfOffer(offer), offer])).values()]
  const words = offers.map(({ byDefault }) => byDefault.words).reduce(intersection)
  const anyGives = offers.map(({ byDefault }) => byDefault.words).reduce(union)
  const allCan = offers.map(({ atMost }) => atMost.words).reduce(intersection)
  const leaves = offers.map(({ byDefault }) => byDefault.leaves).reduce(smallest)
  const features = { words: union(words, intersection(ACCUMULATED, intersection(anyGives, allCan))), leaves }
  return { kind: 'level', features, of: known.map(({ host }) => host), without }
}

/** What would lift the level, the change that concerns the fewest hosts first. */
export function hindrancesOf(hosts: readonly HostCpu[]): readonly Hindrance[] {
  const level = levelOf(hosts)
  if (level.kind === 'unknown') return []
  const classes = classesOf(hosts)
  const given = classes.map(({ words }) => words).reduce(union, [])
  const lackers = new Map<string, { readonly hosts: readonly string[]; readonly features: Feature[] }>()
  for (const feature of featuresOf(difference(difference(given, level.features.words), IGNORED))) {
    const lacking = classes.filter(({ words }) => (((words[feature.word] ?? 0) >>> feature.bit) & 1) === 0)
    const key = lacking.map((each) => classes.indexOf(each)).join()
    const found = lackers.get(key)
    if (found) found.features.push(feature)
    else lackers.set(key, { hosts: lacking.flatMap((each) => each.hosts), features: [feature] })
  }
  return [...lackers.values()]
    .map(({ hosts: lacking, features }) => hindrance(lacking, features))
    .sort((a, b) => a.hosts.length - b.hosts.length || b.features.length - a.features.length)
}

function hindrance(hosts: readonly string[], features: readonly Feature[]): Hindrance {
  const others = features.filter(({ name }) => name !== 'nx')
  const who = sayNames(hosts)
  const text = [
    ...(others.length < features.length ? [`NX/XD is off in the BIOS of ${who}`] : []),
    ...(others.length > 0 ? [`${who} ${hosts.length === 1 ? 'holds' : 'hold'} the level back by ${listFeatures(others)}`] : []),
  ].join('; ')
  return { hosts, features, text }
}

function knownOf(hosts: readonly HostCpu[]): readonly { readonly host: string; readonly offer: Offer }[] {
  return hosts.flatMap(({ host, hvm }) => (hvm.kind === 'offer' ? [{ host, offer: hvm.offer }] : []))
}

/** Hosts with the same default, together. */
function classesOf(hosts: readonly HostCpu[]): readonly { readonly words: Words; readonly hosts: readonly string[] }[] {
  const classes = groupBy(knownOf(hosts), ({ offer }) => keyOfWords(offer.byDefault))
  return [...classes.values()].map((all) => ({ words: all[0]?.offer.byDefault.words ?? [], hosts: all.map(({ host }) => host) }))
}

function smallest(a: MaxLeaves, b: MaxLeaves): MaxLeaves {
  return { ...least('basic', a, b), ...least('extended', a, b), ...least('structured', a, b) }
}

function least(range: keyof MaxLeaves, a: MaxLeaves, b: MaxLeaves): MaxLeaves {
  const known = [a[range], b[range]].filter((leaf) => leaf !== undefined)
  return known.length === 0 ? {} : { [range]: Math.min(...known) }
}
