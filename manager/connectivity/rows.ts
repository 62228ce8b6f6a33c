// One piece of shared storage as all its hosts report it. LUNs, targets and exports are told apart by their names; VGs and file
// systems by their UUIDs and the LUNs beneath: copies of one disk have one UUID, and are not shared.

import { groupBy } from '../group-by.ts'
import { DisjointSets } from './disjoint-sets.ts'
import { type Clash, clashOf } from './disk-identity.ts'
import type { Route, Sighting } from './storage.ts'
import { keyOfThing, type StorageThing, type ThingKey } from './thing.ts'

/** By host id. */
export type Sightings = ReadonlyMap<string, Sighting>

export interface StorageRow {
  readonly key: ThingKey
  readonly thing: StorageThing
  readonly sightings: Sightings
  /** How many hosts reach it. */
  readonly hosts: number
  /** All that a host saw beneath it, by WWID, ascending. */
  readonly luns: readonly string[]
  /** Of a LUN, each once. */
  readonly routes: readonly Route[]
  /** Of a LUN: why it is none. */
  readonly clash: Clash | undefined
}

/** One row, or several where hosts see one UUID on disks that have nothing to do with each other. */
export function rowsOf(sightings: Sightings): readonly StorageRow[] {
  const parts = partsOf(sightings)
  return parts.flatMap((part) => {
    const all = [...part.values()]
    const able = all.filter(({ reach }) => reach.kind === 'reached')
    const first = able[0] ?? all[0]
    if (!first) return []
    const luns = [...new Set(all.flatMap((sighting) => sighting.luns))].sort()
    const key = keyOfThing(first.thing)
    return [
      {
        key: parts.length === 1 ? key : `${key}@${luns[0]}`,
        thing: first.thing,
        sightings: part,
        hosts: able.length,
        luns,
        routes: routesOf(all),
        clash: clashOf(all.flatMap(({ disks }) => disks ?? [])),
      },
    ]
  })
}

function partsOf(sightings: Sightings): readonly Sightings[] {
  const all = [...sightings]
  const kind = all[0]?.[1].thing.kind
  if (kind !== 'vg' && kind !== 'file-system') return [sightings]
  const sets = new DisjointSets(all.length)
  const owners = new Map<string, number>()
  for (const [index, [, { luns }]] of all.entries()) {
    for (const wwid of luns) {
      const owner = owners.get(wwid)
      if (owner === undefined) owners.set(wwid, index)
      else sets.join(index, owner)
    }
  }
  return [...groupBy([...all.entries()], ([index]) => sets.root(index)).values()].map((part) => new Map(part.map(([, entry]) => entry)))
}

function routesOf(sightings: readonly Sighting[]): readonly Route[] {
  const routes = groupBy(
    sightings.flatMap((sighting) => sighting.routes),
    nameOf,
  )
  return [...routes.values()].flatMap(([route]) => route ?? [])
}

function nameOf(route: Route): string {
  switch (route.kind) {
    case 'sas':
      return 'sas'
    case 'nvme':
      return `nvme ${route.subsystem ?? ''}`
    case 'iscsi':
      return `iscsi ${route.target} ${route.lun}`
    case 'fc':
      return `fc ${route.port} ${route.lun}`
  }
}
