// WWIDs under which hosts see different disks. Kept as hosts report: a report touches the WWIDs that its host sees or saw.

import { isIdentified, isShareable } from '../connectivity/devices.ts'
import { type Clash, clashOf, describeDisk, type SeenDisk, seenDisk } from '../connectivity/disk-identity.ts'
import { groupBy } from '../group-by.ts'
import type { BlockDevice } from '../protocol/storage.ts'
import { sayNames } from '../wording.ts'
import type { Condition, Finding, ReportingHost, Source } from './condition.ts'

interface Seer {
  readonly name: string
  readonly disks: readonly SeenDisk[]
}

export class DiskClashes implements Source {
  readonly sections = ['blockDevices'] as const
  /** By WWID and host id. */
  readonly #seers = new Map<string, Map<string, Seer>>()
  readonly #byHost = new Map<string, readonly string[]>()
  readonly #touched = new Set<string>()

  update({ id, name, inventory }: ReportingHost): void {
    const seen = groupBy(inventory.blockDevices.filter(isCompared), ({ wwid }) => String(wwid))
    for (const wwid of this.#byHost.get(id) ?? []) if (!seen.has(wwid)) this.#drop(wwid, id)
    for (const [wwid, devices] of seen) {
      const seers = this.#seers.get(wwid) ?? new Map<string, Seer>()
      const seer = { name, disks: devices.map(seenDisk) }
      const before = seers.get(id)
      this.#seers.set(wwid, seers.set(id, seer))
      if (!before || !isSame(before, seer)) this.#touched.add(wwid)
    }
    this.#byHost.set(id, [...seen.keys()])
  }

  remove(id: string): void {
    for (const wwid of this.#byHost.get(id) ?? []) this.#drop(wwid, id)
    this.#byHost.delete(id)
  }

  #drop(wwid: string, id: string): void {
    const seers = this.#seers.get(wwid)
    seers?.delete(id)
    if (seers?.size === 0) this.#seers.delete(wwid)
    this.#touched.add(wwid)
  }

  findings(): readonly Finding[] {
    const found = [...this.#touched].map((wwid) => ({ subject: wwid, conditions: conditionsOf(wwid, this.#seers.get(wwid) ?? new Map()) }))
    this.#touched.clear()
    return found
  }
}

function isSame(one: Seer, other: Seer): boolean {
  const isSameDisk = (disk: SeenDisk, twin: SeenDisk | undefined): boolean =>
    disk.name === twin?.name && disk.serial === twin.serial && disk.sizeBytes === twin.sizeBytes
  return (
    one.name === other.name && one.disks.length === other.disks.length && one.disks.every((disk, at) => isSameDisk(disk, other.disks[at]))
  )
}

/** Disks of the machine's own are compared where multipath has made one device of them. */
function isCompared(device: BlockDevice): boolean {
  return isIdentified(device) && (isShareable(device) || device.multipath !== undefined)
}

function conditionsOf(wwid: string, seers: ReadonlyMap<string, Seer>): readonly Condition[] {
  const clash = clashOf(disksOf(seers))
  if (clash === undefined) return []
  const [only, ...others] = seers.keys()
  const named = [...seers.values()].flatMap(({ name, disks }) => disks.map((disk) => `${describeDisk(disk)} of ${name}`)).sort()
  const host = only !== undefined && others.length === 0 ? { host: only } : { hosts: [...seers.keys()].sort() }
  return [{ kind: 'shared-wwid', about: wwid, ...host, text: say(clash, wwid, sayNames(named)) }]
}

function* disksOf(seers: ReadonlyMap<string, Seer>): Iterable<SeenDisk> {
  for (const { disks } of seers.values()) yield* disks
}

function say(clash: Clash, wwid: string, disks: string): string {
  const what = `${disks} have the same WWID ${wwid}`
  switch (clash) {
    case 'serial':
      return `${what} and different serial numbers: they are different disks, and no shared LUN. Give each LUN an identity of its own on its array, or replace the disk, and let multipath make no map of them`
    case 'size':
      return `${what} and different sizes: they count as no shared LUN. If it has grown, have it scanned anew on all hosts; else give each LUN an identity of its own on its array`
  }
}
