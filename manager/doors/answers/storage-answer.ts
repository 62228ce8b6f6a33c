// VGs and disks of one host, as the contract tells them.
import { vgRoom, whyUnusable } from '../../claims/rooms.ts'
import type { Claims } from '../../claims/service.ts'
import type { ConnectivityMatrix } from '../../connectivity/matrix.ts'
import type { HostDisks, HostVgs, StoredVg } from '../../contract/storage.ts'
import type { HostView } from '../../hosts/pool-change.ts'
import type { Pool } from '../../hosts/service.ts'
import type { Inventory, SectionName } from '../../protocol/inventory.ts'
import { uncountedOf } from '../../protocol/unread.ts'
import { Seers } from '../../storage/shared-luns.ts'
import { type Candidate, candidatesOf } from '../../storage/vg-disks.ts'
import { type HostVg, vgsOf } from '../../storage/vgs.ts'

export interface Reporting {
  readonly view: HostView
  readonly inventory: Inventory
}

export async function vgsAnswer({ view, inventory }: Reporting, claims: Pick<Claims, 'on'>): Promise<HostVgs> {
  const vgs = await Promise.all(vgsOf(inventory).map((one) => vgAnswer(one, inventory, claims)))
  return { host: view.id, name: view.name, ...unreadIn(inventory, ['vgs', 'lvs', 'pvs']), vgs }
}

async function vgAnswer({ vg, pools, disks, lvs }: HostVg, inventory: Inventory, claims: Pick<Claims, 'on'>): Promise<StoredVg> {
  const room = vgRoom(inventory, vg, await claims.on({ kind: 'vg', uuid: vg.uuid }))
  const unusable = whyUnusable(vg)
  return {
    ...{ name: vg.name, uuid: vg.uuid, pools: [...pools], sizeBytes: vg.sizeBytes, disks: [...disks], lvs: lvs.length },
    ...(room.kind === 'room' ? { freeBytes: Math.max(0, room.free) } : {}),
    ...(unusable === undefined ? {} : { unusable }),
  }
}

/** By their last reports. */
export function seersIn(pool: Pick<Pool, 'hosts' | 'knownInventory'>): Seers {
  return new Seers(pool.hosts().map((view) => ({ ...view, inventory: pool.knownInventory(view.id), speaks: view.connection?.speaks })))
}

export function disksAnswer({ view, inventory }: Reporting, matrix: ConnectivityMatrix, seers: Seers): HostDisks {
  const local = new Set(matrix.localStorage(view.id)?.disks.map(({ name }) => name))
  const found = candidatesOf({ host: { ...view, inventory }, isLocal: (disk) => local.has(disk), seers })
  const common = { host: view.id, name: view.name, ...unreadIn(inventory, ['blockDevices']) }
  if (found.kind === 'refused') return { ...common, refused: found.reason, disks: [] }
  return { ...common, disks: found.disks.map(diskAnswer) }
}

function diskAnswer({ name, serial, wwid, model, sizeBytes, inUse, notEmpty }: Candidate): HostDisks['disks'][number] {
  const told = { name, serial, wwid, model, sizeBytes }
  if (inUse !== undefined) return { ...told, verdict: 'in use', why: inUse }
  return notEmpty === undefined ? { ...told, verdict: 'empty', why: 'it is proven empty' } : { ...told, verdict: 'typed', why: notEmpty }
}

function unreadIn(inventory: Inventory, sections: readonly SectionName[]): Pick<HostVgs, 'unread'> {
  const unread = uncountedOf(inventory, sections).map(({ section, source, reason }) => ({ section, source, reason }))
  return unread.length > 0 ? { unread } : {}
}
