// NFS exports that hosts mount under several names, as one: which key stands for all of them, and what each host calls it.
import { namesOfExport } from '../protocol/nfs-export.ts'
import { DisjointSets } from './disjoint-sets.ts'
import type { Sighting } from './storage.ts'
import { reached, type ThingKey } from './thing.ts'

type Seen = ReadonlyMap<ThingKey, ReadonlyMap<string, Sighting>>

export class ExportKeys {
  #groups: ReadonlyMap<ThingKey, readonly ThingKey[]> | undefined

  /** All keys of one export, the one that stands for them first; of everything else its own. */
  of(key: ThingKey, seen: Seen): readonly ThingKey[] {
    if (!key.startsWith(EXPORT)) return [key]
    this.#groups ??= groupsOf(seen)
    return this.#groups.get(key) ?? [key]
  }

  /** Who sees it is other than it was. Returns the keys that this touches. */
  forget(key: ThingKey): readonly ThingKey[] {
    if (!key.startsWith(EXPORT)) return [key]
    const touched = this.#groups?.get(key) ?? []
    this.#groups = undefined
    return [key, ...touched]
  }
}

const EXPORT = 'nfs:'

const BY_KEY = new Intl.Collator('en', { numeric: true })

/** An address stands before names, as numbers sort before letters. */
function groupsOf(seen: Seen): ReadonlyMap<ThingKey, readonly ThingKey[]> {
  const keys = [...seen.keys()].filter((key) => key.startsWith(EXPORT)).sort(BY_KEY.compare)
  const sets = new DisjointSets(keys.length)
  const owners = new Map<string, number>()
  for (const [index, key] of keys.entries()) {
    for (const { thing } of seen.get(key)?.values() ?? []) {
      for (const name of thing.kind === 'nfs' ? namesOfExport(thing) : []) {
        const owner = owners.get(name)
        if (owner === undefined) owners.set(name, index)
        else sets.join(index, owner)
      }
    }
  }
  const groups = new Map<number, ThingKey[]>()
  for (const [index, key] of keys.entries()) groups.set(sets.root(index), [...(groups.get(sets.root(index)) ?? []), key])
  return new Map([...groups.values()].flatMap((group) => group.map((key) => [key, group] as const)))
}

/** What each host sees of one export, by the names `keys`; who has it by another name than the first says so. */
export function sightingsOfExport(seen: Seen, keys: readonly ThingKey[]): ReadonlyMap<string, Sighting> {
  const [first, ...others] = keys.map((key) => [...(seen.get(key) ?? [])])
  const named = others.flat().map(([host, sighting]): readonly [string, Sighting] => {
    const { thing, reach } = sighting
    if (thing.kind !== 'nfs' || reach.kind !== 'reached') return [host, sighting]
    return [host, { ...sighting, reach: reached(`mounted there as ${thing.server}:${thing.export}: ${reach.how}`) }]
  })
  return new Map([...(first ?? []), ...named.filter(([host]) => !first?.some(([one]) => one === host))])
}
