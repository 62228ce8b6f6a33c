// The connectivity matrix: hosts × shared storage and networks, kept as hosts report. One host's report touches the rows that it
// had or has, no others; what needs all hosts (who hears whom) is worked out when it is asked for, and kept until it changes.

import { type HostCpu, readHostCpu } from '../cpu/host.ts'
import { groupBy } from '../group-by.ts'
import type { HostCondition } from '../protocol/host.ts'
import type { Inventory, SectionName } from '../protocol/inventory.ts'
import { sayClash } from './disk-identity.ts'
import { ExportKeys, sightingsOfExport } from './exports.ts'
import { type LocalStorage, localStorageOf } from './local.ts'
import { type Attachment, attachedBy, attachmentsOf, isAttached } from './network.ts'
import { whyNotAttached } from './network-absence.ts'
import { rowsOf, type StorageRow } from './rows.ts'
import { islandsOf, type Segment, segmentsOf, touchSegments } from './segments.ts'
import { type Sighting, storageOf } from './storage.ts'
import { whyNotStored } from './storage-absence.ts'
import { cut, describeThing, keyOfThing, type NetworkThing, type Reach, type Thing, type ThingKey } from './thing.ts'

export interface MatrixHost extends HostCondition {
  readonly id: string
  readonly name: string
  /** Sections that did not change are to be the same objects: they are not looked at again. */
  readonly inventory: Inventory
}

export interface MatrixRow {
  readonly key: ThingKey
  readonly thing: Thing
  /** How many hosts reach it. */
  readonly hosts: number
}

export interface MatrixCell {
  /** Its id. */
  readonly host: string
  readonly reach: Reach
}

interface Entry {
  host: MatrixHost
  storage: ReadonlyMap<ThingKey, Sighting>
  attachments: readonly Attachment[]
  cpu: HostCpu
}

export const STORAGE: readonly SectionName[] = [
  'blockDevices',
  'multipaths',
  'partitions',
  'fileSystems',
  'pvs',
  'vgs',
  'lvs',
  'iscsi',
  'nfsMounts',
  'kernel',
]
export const NETWORK: readonly SectionName[] = ['nics', 'bonds', 'vlans', 'bridges', 'heard']

const BY_KEY = new Intl.Collator('en', { numeric: true })

export class ConnectivityMatrix {
  readonly #hosts = new Map<string, Entry>()
  readonly #storage = new Map<ThingKey, Map<string, Sighting>>()
  /** Worked out from #storage. */
  readonly #rows = new Map<ThingKey, readonly StorageRow[]>()
  readonly #exports = new ExportKeys()
  /** By tag and host id. */
  readonly #vlans = new Map<string, Map<string, readonly Attachment[]>>()
  /** By key; undefined: to be worked out anew. */
  #segments: ReadonlyMap<ThingKey, Segment> | undefined

  /** A host that is new, or has reported, or has another name or state. */
  update(host: MatrixHost): void {
    const before = this.#hosts.get(host.id)
    const changed = (sections: readonly SectionName[]): boolean =>
      !before || sections.some((section) => before.host.inventory[section] !== host.inventory[section])
    const entry: Entry = before ?? { host, storage: new Map(), attachments: [], cpu: readHostCpu(host.name, host.inventory.cpuPolicy) }
    if (changed(STORAGE)) this.#replaceStorage(host.id, entry, host.inventory)
    if (changed(NETWORK)) this.#replaceAttachments(host.id, entry, attachmentsOf(host.inventory))
    if (changed(['cpuPolicy']) || before?.host.name !== host.name) entry.cpu = readHostCpu(host.name, host.inventory.cpuPolicy)
    entry.host = host
    this.#hosts.set(host.id, entry)
  }

  remove(id: string): void {
    const entry = this.#hosts.get(id)
    if (!entry) return
    this.#dropStorage(id, entry)
    this.#replaceAttachments(id, entry, [])
    this.#hosts.delete(id)
  }

  hosts(): readonly MatrixHost[] {
    return [...this.#hosts.values()].map(({ host }) => host)
  }

  /** As it was reported last; undefined for a host that is not in the matrix. */
  inventoryOf(id: string): Inventory | undefined {
    return this.#hosts.get(id)?.host.inventory
  }

  /** Undefined for a host that is not in the matrix. */
  cpuOf(id: string): HostCpu | undefined {
    return this.#hosts.get(id)?.cpu
  }

  /** All that is shared, by key: storage that more than one host reaches or could reach, networks. */
  rows(): readonly MatrixRow[] {
    const vlans = [...this.#vlans].map(([tag, hosts]) => {
      const thing: Thing = { kind: 'vlan', tag }
      return { key: keyOfThing(thing), thing, hosts: [...hosts.values()].filter(isAttached).length }
    })
    const segments = [...this.#segmentsNow()].flatMap(([key, { thing, members }]) => {
      return members.size > 1 ? [{ key, thing, hosts: members.size }] : []
    })
    return [...this.stored(), ...vlans, ...segments].sort((a, b) => BY_KEY.compare(a.key, b.key))
  }

  /** Those of storage, in no order. */
  stored(): readonly MatrixRow[] {
    const all = [...this.#storage.keys()].flatMap((key) => this.#rowsAt(key))
    return all.flatMap((row) => (this.#isShared(row) ? [this.#shown(row)] : []))
  }

  /** One of the rows, without looking at the others. */
  row(key: ThingKey): MatrixRow | undefined {
    const row = this.#row(key)
    if (row) return this.#isShared(row) ? this.#shown(row) : undefined
    const thing = this.#network(key)
    const isKnown = thing?.kind === 'vlan' || (this.#segmentsNow().get(key)?.members.size ?? 0) > 1
    return thing && isKnown ? { key, thing, hosts: this.reachers(key).size } : undefined
  }

  /** Ids of the hosts that reach it. Why the others do not takes far longer to say. */
  reachers(key: ThingKey): ReadonlySet<string> {
    const row = this.#row(key)
    if (row) return new Set(this.#reachersOf(row))
    return new Set([...this.#attachedTo(key)].flatMap(([id, attachments]) => (isAttached(attachments) ? [id] : [])))
  }

  /** Of one row, a cell for every host, in the order of their coming. */
  cells(key: ThingKey): readonly MatrixCell[] {
    return [...this.#hosts.keys()].map((host) => ({ host, reach: this.reach(key, host) }))
  }

  /** Whether a host reaches a thing, and how, or why not. */
  reach(key: ThingKey, id: string): Reach {
    const entry = this.#hosts.get(id)
    if (!entry) return cut('this host has not reported')
    const row = this.#row(key)
    if (row) {
      const own = row.sightings.get(id)
      if (own) return this.#whyNoOneDisk(row) ?? own.reach
      const routesTo = (wwid: string) => this.#row(`lun:${wwid}`)?.routes ?? []
      return whyNotStored(entry.host.inventory, { thing: row.thing, luns: row.luns, routesTo }, (wwid) => this.#reachesLun(entry, wwid))
    }
    const thing = this.#network(key)
    if (!thing) return cut(`no host sees ${key}`)
    return attachedBy(this.#attachedTo(key).get(id) ?? []) ?? whyNotAttached(entry.host.inventory, entry.attachments, thing)
  }

  /** Ids of the hosts that reach a piece of storage. */
  reachedBy(key: ThingKey): readonly string[] {
    const row = this.#row(key)
    return row ? this.#reachersOf(row) : []
  }

  /** As a person names it: `VLAN 100`; the key itself for what no host sees. */
  describe(key: ThingKey): string {
    const thing = this.#row(key)?.thing ?? this.#network(key)
    return thing ? describeThing(thing) : key
  }

  /** Of a network: its hosts in groups that hear each other. None where all do, or nobody is heard. */
  islands(key: ThingKey): readonly (readonly string[])[] {
    const thing = this.#network(key)
    if (thing?.kind !== 'vlan') return []
    return islandsOf(this.#vlans.get(thing.tag) ?? [])
  }

  /** What this host has for itself; undefined for one that is not in the matrix. */
  localStorage(id: string): LocalStorage | undefined {
    const entry = this.#hosts.get(id)
    if (!entry) return undefined
    return localStorageOf(entry.host.inventory, (key) => this.#rowsAt(key).some((row) => this.#isShared(row)))
  }

  // ---- inside ----

  #replaceStorage(id: string, entry: Entry, inventory: Inventory): void {
    this.#dropStorage(id, entry)
    const sightings = new Map(storageOf(inventory).map((sighting) => [keyOfThing(sighting.thing), sighting]))
    for (const [key, sighting] of sightings) {
      const seen = this.#storage.get(key) ?? new Map<string, Sighting>()
      this.#storage.set(key, seen.set(id, sighting))
      for (const one of this.#exports.forget(key)) this.#rows.delete(one)
    }
    entry.storage = sightings
  }

  #dropStorage(id: string, entry: Entry): void {
    for (const key of entry.storage.keys()) {
      const seen = this.#storage.get(key)
      seen?.delete(id)
      if (seen?.size === 0) this.#storage.delete(key)
      for (const one of this.#exports.forget(key)) this.#rows.delete(one)
    }
  }

  #replaceAttachments(id: string, entry: Entry, attachments: readonly Attachment[]): void {
    for (const { vlan } of entry.attachments) {
      const hosts = vlan === undefined ? undefined : this.#vlans.get(vlan)
      hosts?.delete(id)
      if (vlan !== undefined && hosts?.size === 0) this.#vlans.delete(vlan)
    }
    for (const [vlan, there] of groupBy(attachments, (attachment) => attachment.vlan)) {
      if (vlan !== undefined) this.#vlans.set(vlan, (this.#vlans.get(vlan) ?? new Map()).set(id, there))
    }
    if (touchSegments(entry.attachments, attachments)) this.#segments = undefined
    entry.attachments = attachments
  }

  #rowsAt(key: ThingKey): readonly StorageRow[] {
    const kept = this.#rows.get(key)
    if (kept) return kept
    const keys = this.#exports.of(key, this.#storage)
    if (keys[0] !== key) return []
    const sightings = keys.length > 1 ? sightingsOfExport(this.#storage, keys) : this.#storage.get(key)
    const rows = sightings ? rowsOf(sightings) : []
    if (sightings) this.#rows.set(key, rows)
    return rows
  }

  /** A copy's key has the LUN that it is on behind an `@`. */
  #row(key: ThingKey): StorageRow | undefined {
    if (key.startsWith('nfs:')) return this.#rowsAt(this.#exports.of(key, this.#storage)[0] ?? key)[0]
    const whole = this.#storage.has(key) ? key : key.slice(0, Math.max(0, key.indexOf('@')))
    return this.#rowsAt(whole).find((row) => row.key === key)
  }

  #shown(row: StorageRow): MatrixRow {
    const { key, thing, hosts } = row
    return { key, thing, hosts: this.#whyNoOneDisk(row) ? 0 : hosts }
  }

  #reachersOf(row: StorageRow): readonly string[] {
    if (this.#whyNoOneDisk(row)) return []
    return [...row.sightings].flatMap(([host, { reach }]) => (reach.kind === 'reached' ? [host] : []))
  }

  /** Of a LUN, or what lies on one, when its WWID is that of several disks: nobody reaches it until that is put right. */
  #whyNoOneDisk({ thing, luns }: StorageRow): Reach | undefined {
    for (const wwid of luns) {
      const row = this.#rowsAt(`lun:${wwid}`).find(({ clash }) => clash !== undefined)
      if (row?.clash !== undefined && (thing.kind === 'lun' || this.#isShared(row))) return cut(sayClash(wwid, row.clash))
    }
    return undefined
  }

  /**
   * A disk on SAS is shared once a second host sees it, unless it is another disk there; what lies on disks, when one of those is shared.
   */
  #isShared({ thing, sightings, luns, routes, clash }: StorageRow): boolean {
    switch (thing.kind) {
      case 'iscsi-target':
      case 'nfs':
        return true
      case 'lun':
        return (sightings.size > 1 && clash !== 'serial') || routes.some(({ kind }) => kind !== 'sas')
      case 'vg':
      case 'file-system':
        return luns.some((wwid) => this.#rowsAt(`lun:${wwid}`).some((row) => this.#isShared(row)))
    }
  }

  #reachesLun(entry: Entry, wwid: string): boolean {
    const row = this.#row(`lun:${wwid}`)
    return row !== undefined && entry.storage.get(row.key)?.reach.kind === 'reached' && this.#whyNoOneDisk(row) === undefined
  }

  #network(key: ThingKey): NetworkThing | undefined {
    const tag = key.startsWith('vlan:') ? key.slice('vlan:'.length) : undefined
    if (tag !== undefined) return this.#vlans.has(tag) ? { kind: 'vlan', tag } : undefined
    return this.#segmentsNow().get(key)?.thing
  }

  /** By host. */
  #attachedTo(key: ThingKey): ReadonlyMap<string, readonly Attachment[]> {
    const thing = this.#network(key)
    const hosts = thing?.kind === 'vlan' ? this.#vlans.get(thing.tag) : this.#segmentsNow().get(key)?.members
    return hosts ?? new Map()
  }

  #segmentsNow(): ReadonlyMap<ThingKey, Segment> {
    this.#segments ??= segmentsOf([...this.#hosts].map(([id, { attachments }]) => [id, attachments] as const))
    return this.#segments
  }
}
