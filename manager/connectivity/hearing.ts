// Which hosts hear each other: who hears a host, and whom that one hears, are on one network, and hearing is passed on. A host may
// hear thousands of stations; the lowest few of the hosts among them are enough, as all who hear share them. Only for a listener
// that this leaves alone is all looked through: it may be heard by others and hear nobody itself.

import { groupBy } from '../group-by.ts'
import { DisjointSets } from './disjoint-sets.ts'

export interface Listener {
  /** By which others hear it. */
  readonly macs: readonly string[]
  /** Ascending. */
  readonly heard: readonly string[]
}

const ENOUGH = 16

/** Listeners that are on one network, together, and each once. In the order of their coming. */
export function hearingGroups<Each extends Listener>(listeners: readonly Each[]): readonly (readonly Each[])[] {
  const sets = new DisjointSets(listeners.length)
  const known = ownersOf(listeners)
  for (const [index, { heard }] of listeners.entries()) {
    let found = 0
    for (const mac of heard) {
      const other = known.get(mac)
      if (other === undefined) continue
      sets.join(index, other)
      found += 1
      if (found === ENOUGH) break
    }
  }
  const alone = new Map([...known].filter(([, index]) => sets.sizeOf(index) === 1))
  if (alone.size > 0) {
    for (const [index, { heard }] of listeners.entries()) {
      for (const mac of heard) sets.join(index, alone.get(mac) ?? index)
    }
  }
  return [...groupBy([...listeners.entries()], ([index]) => sets.root(index)).values()].map((group) =>
    group.map(([, listener]) => listener),
  )
}

/** Of two with one MAC, the first. */
function ownersOf(listeners: readonly Listener[]): ReadonlyMap<string, number> {
  const owners = new Map<string, number>()
  for (const [index, { macs }] of listeners.entries()) for (const mac of macs) if (!owners.has(mac)) owners.set(mac, index)
  return owners
}
