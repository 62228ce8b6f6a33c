// What multipath maps have had: a path that is gone is not in the report, so that a map is held against what it had, and against the same
// LUN on hosts of the same product and board. What is wrong with a map that has vanished stays wrong until its paths or a person end it.
import { isPlaceholderWwid } from '../protocol/placeholders.ts'
import type { Multipath } from '../protocol/storage.ts'
import type { KnownMap, KnownMaps } from '../store/tables/multipaths.ts'
import type { ReportingHost } from './condition.ts'
import type { Fault } from './faults/fault.ts'
import { pathFault } from './path-fault.ts'
import { type Seer, Seers } from './seers.ts'
import { productOf } from './siblings.ts'

/** Maps that are remembered of one host: no fewer than it can report. */
const MOST_MAPS = 4096

export class PathMemory {
  readonly #known = new Map<string, Map<string, KnownMap>>()
  /** By host and WWID: what was last said of it. */
  readonly #wrong = new Map<string, Map<string, Fault>>()
  /** By product and WWID. */
  readonly #seers = new Map<string, Seers>()
  /** What each host is in there. */
  readonly #sights = new Map<string, ReadonlyMap<string, Seer>>()
  readonly #unsaved = new Set<string>()

  /** `known`, by host, is what is on disk; `alarms`: what was wrong when the manager last ran, each with its host, WWID and words. */
  constructor(
    known: ReadonlyMap<string, KnownMaps>,
    alarms: readonly { readonly host: string; readonly wwid: string; readonly text: string }[],
  ) {
    for (const [host, maps] of known) this.#known.set(host, new Map(maps))
    // One alarm for many maps names none of them: all that the host had are then held until they are seen again.
    for (const { host, wwid, text } of alarms) {
      for (const each of wwid === '' ? (known.get(host)?.keys() ?? []) : [wwid]) {
        this.#wrongOf(host).set(each, { what: each, short: each, text: wwid === '' ? `${each} has not been seen since: ${text}` : text })
      }
    }
  }

  /** Ids of the hosts that are to be judged again, itself among them: those of LUNs to which its paths are more or fewer. */
  tell({ id, name, inventory }: ReportingHost): ReadonlySet<string> {
    const product = productOf(inventory) ?? ''
    const sights = new Map<string, Seer>()
    for (const { wwid, paths } of inventory.multipaths) {
      this.#learn(id, wwid, (known) => (paths.length > known.most ? { most: paths.length } : known))
      if (!isPlaceholderWwid(wwid)) sights.set(`${product} ${wwid}`, { name, paths: paths.length })
    }
    return this.#see(id, sights).add(id)
  }

  /** Ids of the hosts that are to be judged again. */
  forget(id: string): ReadonlySet<string> {
    const touched = this.#see(id, new Map())
    this.#wrong.delete(id)
    if (this.#known.delete(id)) this.#unsaved.add(id)
    return touched
  }

  /** Of the maps that it reports, and of those that were not well when they vanished. */
  faultsOf({ id, name, inventory }: ReportingHost): readonly Fault[] {
    const wrong = this.#wrongOf(id)
    const product = productOf(inventory) ?? ''
    for (const map of inventory.multipaths) {
      wrong.delete(map.wwid)
      const fault = this.#judge(id, name, product, map)
      if (fault) wrong.set(map.wwid, fault)
    }
    prune(wrong, new Set())
    return [...wrong.values()]
  }

  /** A person has seen it: what it has now is what it shall have. Without a WWID: all maps of the host. */
  accept({ id, inventory }: ReportingHost, wwid: string): void {
    const wrong = this.#wrongOf(id)
    const present = new Map(inventory.multipaths.map((map) => [String(map.wwid), map.paths.length]))
    for (const each of wwid === '' ? [...wrong.keys()] : [wwid]) {
      const paths = present.get(each)
      if (paths !== undefined) this.#learn(id, each, () => ({ most: paths, accepted: paths }))
      else {
        wrong.delete(each)
        if (this.#known.get(id)?.delete(each)) this.#unsaved.add(id)
      }
    }
  }

  /** What is not on disk yet, by host; the same again until it was `saved`. */
  unsaved(): ReadonlyMap<string, KnownMaps> {
    return new Map([...this.#unsaved].map((id) => [id, new Map(this.#known.get(id))]))
  }

  saved(maps: ReadonlyMap<string, KnownMaps>): void {
    const isSame = (a: KnownMaps, b: KnownMaps): boolean => a.size === b.size && [...a].every(([wwid, known]) => b.get(wwid) === known)
    for (const [id, written] of maps) if (isSame(written, this.#known.get(id) ?? new Map())) this.#unsaved.delete(id)
  }

  /** A sibling that has more is remembered as if it had been so here: the alarm does not end when the sibling goes. */
  #judge(id: string, name: string, product: string, map: Multipath): Fault | undefined {
    const paths = map.paths.length
    const known = this.#known.get(id)?.get(map.wwid) ?? { most: paths }
    if (known.accepted !== undefined) return pathFault(map, name, { paths: known.accepted })
    const most = this.#seers.get(`${product} ${map.wwid}`)?.most
    const sibling = most && most.paths > paths ? most : undefined
    if (sibling && sibling.paths > known.most) this.#learn(id, map.wwid, () => ({ most: sibling.paths }))
    return sibling && sibling.paths >= known.most
      ? pathFault(map, name, { paths: sibling.paths, sibling: sibling.name })
      : pathFault(map, name, { paths: known.most })
  }

  #learn(id: string, wwid: string, next: (known: KnownMap) => KnownMap): void {
    const maps = this.#known.get(id) ?? new Map<string, KnownMap>()
    const before = maps.get(wwid) ?? { most: -1 }
    const known = next(before)
    if (known.most === before.most && known.accepted === before.accepted) return
    maps.set(wwid, known)
    prune(maps, this.#wrongOf(id))
    this.#known.set(id, maps)
    this.#unsaved.add(id)
  }

  #see(id: string, sights: ReadonlyMap<string, Seer>): Set<string> {
    const before = this.#sights.get(id) ?? new Map<string, Seer>()
    const touched = new Set<string>()
    for (const key of new Set([...before.keys(), ...sights.keys()])) {
      const [was, is] = [before.get(key), sights.get(key)]
      if (was?.name === is?.name && was?.paths === is?.paths) continue
      const seers = this.#seers.get(key) ?? new Seers()
      this.#seers.set(key, seers)
      // A host is judged by itself and by who has most: thousands that see a LUN are not judged again for each one that comes.
      if (seers.put(id, is)) for (const other of seers.ids()) if (other !== id) touched.add(other)
      if (seers.size === 0) this.#seers.delete(key)
    }
    if (sights.size > 0) this.#sights.set(id, sights)
    else this.#sights.delete(id)
    return touched
  }

  #wrongOf(id: string): Map<string, Fault> {
    const wrong = this.#wrong.get(id) ?? new Map<string, Fault>()
    this.#wrong.set(id, wrong)
    return wrong
  }
}

/** The oldest first, those that `kept` has last. */
function prune(maps: Map<string, unknown>, kept: { has(wwid: string): boolean }): void {
  for (const wwid of maps.size > MOST_MAPS ? [...maps.keys()].sort((a, b) => Number(kept.has(a)) - Number(kept.has(b))) : []) {
    if (maps.size <= MOST_MAPS) return
    maps.delete(wwid)
  }
}
