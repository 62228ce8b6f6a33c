// What multipath maps have had: a path that is gone is not in the report, so that a map is held against what it had, and against the same
// LUN on hosts of the same product and board. What is wrong with a map that has vanished stays wrong until its paths or a person end it.
import { isDeepStrictEqual } from 'node:util'
import { isPlaceholderWwid } from '../protocol/placeholders.ts'
import type { Multipath } from '../protocol/storage.ts'
import type { KnownMap, KnownMaps, PathsByPort, WrongMap } from '../store/tables/multipaths.ts'
import type { ReportingHost } from './condition.ts'
import { type Expected, type PathFault, pathFault } from './path-fault.ts'
import { gonePorts, lostPorts, type PortsOfDevices, pathsByPort, portsOfDevices } from './path-ports.ts'
import { isSameSeer, type Seer, Seers } from './seers.ts'
import { productOf } from './siblings.ts'

/** Maps that are remembered of one host: no fewer than it can report. */
const MOST_MAPS = 4096
/** Nothing is known of it yet. */
const NEW: KnownMap = { most: -1 }

export class PathMemory {
  readonly #known = new Map<string, Map<string, KnownMap>>()
  /** By product and WWID. */
  readonly #seers = new Map<string, Seers>()
  /** What each host is in there. */
  readonly #sights = new Map<string, ReadonlyMap<string, Seer>>()
  readonly #unsaved = new Set<string>()

  /** `known`, by host, is what is on disk; `alarms`: what an older manager has left, each with its host, WWID and words. */
  constructor(
    known: ReadonlyMap<string, KnownMaps>,
    alarms: readonly { readonly host: string; readonly wwid: string; readonly text: string }[],
  ) {
    for (const [host, maps] of known) this.#known.set(host, new Map(maps))
    // One alarm for many maps names none of them: all that the host had are then held until they are seen again.
    for (const { host, wwid, text } of alarms) {
      if (wwid === '' && [...(known.get(host)?.values() ?? [])].some(({ wrong }) => wrong)) continue
      for (const each of wwid === '' ? (known.get(host)?.keys() ?? []) : [wwid]) {
        const said = wwid === '' ? `${each} has not been seen since: ${text}` : text
        this.#learn(host, each, ({ wrong, ...rest }) => ({
          ...rest,
          most: Math.max(0, rest.most),
          wrong: wrong ?? { short: each, text: said, left: 1, ports: [] },
        }))
      }
    }
  }

  /** Ids of the hosts that are to be judged again, itself among them: those of LUNs to which its paths are more or fewer. */
  tell({ id, name, inventory }: ReportingHost): ReadonlySet<string> {
    const product = productOf(inventory) ?? ''
    const sights = new Map<string, Seer>()
    const devices = portsOfDevices(inventory)
    for (const map of inventory.multipaths) {
      const [{ wwid }, paths, ports] = [map, map.paths.length, pathsByPort(map, devices)]
      // Where it has as many as ever, by the ports that they lead to now.
      this.#learn(id, wwid, (known) => (paths > known.most || (ports && paths === known.most) ? having(known, paths, ports) : known))
      if (!isPlaceholderWwid(wwid)) sights.set(`${product} ${wwid}`, { name, paths, ports })
    }
    return this.#see(id, sights).add(id)
  }

  /** Ids of the hosts that are to be judged again. */
  forget(id: string): ReadonlySet<string> {
    const touched = this.#see(id, new Map())
    if (this.#known.delete(id)) this.#unsaved.add(id)
    return touched
  }

  /** Of the maps that it reports, and of those that were not well when they vanished. */
  faultsOf({ id, name, inventory }: ReportingHost): readonly PathFault[] {
    const product = productOf(inventory) ?? ''
    const devices = portsOfDevices(inventory)
    for (const map of inventory.multipaths) {
      const expected = this.#expected(id, product, map, devices)
      const fault = pathFault(map, name, expected)
      const lost = lostPorts(map, devices)
      this.#learn(id, map.wwid, ({ wrong, ...known }) =>
        fault ? { ...known, wrong: wrongMap(fault, lost, expected.gone ? [] : portsBefore(map, known, wrong)) } : known,
      )
    }
    return [...(this.#known.get(id) ?? [])].flatMap(([wwid, { wrong }]) => (wrong ? [{ wwid, ...wrong }] : []))
  }

  /** A person has seen it: what it has now is what it shall have. */
  accept({ id, inventory }: ReportingHost, wwid: string): void {
    const present = inventory.multipaths.find((map) => map.wwid === wwid)
    if (present) {
      const paths = present.paths.length
      this.#learn(id, wwid, () => having({ most: paths, accepted: paths }, paths, pathsByPort(present, portsOfDevices(inventory))))
    } else if (this.#known.get(id)?.delete(wwid)) this.#unsaved.add(id)
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
  #expected(id: string, product: string, map: Multipath, devices: PortsOfDevices): Expected {
    const [paths, has] = [map.paths.length, pathsByPort(map, devices)]
    const known: KnownMap = this.#known.get(id)?.get(map.wwid) ?? { most: paths }
    const { most, accepted, ports } = known
    if (accepted !== undefined) return expecting(accepted, accepted === most ? gonePorts(ports, has) : undefined)
    const seer = this.#seers.get(`${product} ${map.wwid}`)?.most
    if (!seer || seer.paths <= paths || seer.paths < most) return expecting(most, gonePorts(ports, has))
    if (seer.paths > most) this.#learn(id, map.wwid, (had) => having(had, seer.paths, seer.ports))
    const gone = (seer.paths === most ? gonePorts(ports, has) : undefined) ?? gonePorts(seer.ports, has)
    return { ...expecting(seer.paths, gone), sibling: seer.name }
  }

  #learn(id: string, wwid: string, next: (known: KnownMap) => KnownMap): void {
    const maps = this.#known.get(id) ?? new Map<string, KnownMap>()
    const before = maps.get(wwid) ?? NEW
    const known = next(before)
    if (isDeepStrictEqual(known, before)) return
    maps.set(wwid, known)
    prune(maps)
    this.#known.set(id, maps)
    this.#unsaved.add(id)
  }

  #see(id: string, sights: ReadonlyMap<string, Seer>): Set<string> {
    const before = this.#sights.get(id) ?? new Map<string, Seer>()
    const touched = new Set<string>()
    for (const key of new Set([...before.keys(), ...sights.keys()])) {
      const [was, is] = [before.get(key), sights.get(key)]
      if (isSameSeer(was, is)) continue
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
}

function having({ ports: _, ...known }: KnownMap, paths: number, ports: PathsByPort | undefined): KnownMap {
  return { ...known, most: paths, ...(ports ? { ports } : {}) }
}

function expecting(paths: number, gone: readonly string[] | undefined): Expected {
  return gone ? { paths, gone } : { paths }
}

function wrongMap({ short, text, left, ports: gone }: PathFault, lost: readonly string[], before: readonly string[]): WrongMap {
  return { short, text, left, ports: [...new Set([...gone, ...lost, ...before])].sort() }
}

/** A path that is gone from the report has taken its port with it: where nothing else tells of it, what was lost before is lost still. */
function portsBefore({ paths }: Multipath, known: KnownMap, before: WrongMap | undefined): readonly string[] {
  return paths.length >= (known.accepted ?? known.most) ? [] : (before?.ports ?? [])
}

/** The oldest first, those that are wrong last. */
function prune(maps: Map<string, KnownMap>): void {
  if (maps.size <= MOST_MAPS) return
  for (const [wwid] of [...maps].sort(([, a], [, b]) => Number(a.wrong !== undefined) - Number(b.wrong !== undefined))) {
    if (maps.size <= MOST_MAPS) return
    maps.delete(wwid)
  }
}
