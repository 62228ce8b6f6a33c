// What the VGs of a host are to remember, by what the database says of the guests that lie there. A host costs in the order of its own guests.
import { createHash } from 'node:crypto'
import { guestRecord } from '../guests/guest.ts'
import { type Remembered, remembered } from '../guests/remembered.ts'
import type { Network } from '../networks/network.ts'
import { type VgRef, vgRef } from '../protocol/guest-disk.ts'
import { type GuestRecordOf, RECORDS_LV } from '../protocol/guest-record.ts'
import type { Inventory } from '../protocol/inventory.ts'
import type { Store } from '../store/database.ts'
import type { GuestsTable } from '../store/tables/guests.ts'
import { disksOf, guestOf, guestsWithDisksOn } from '../store/tables/guests.ts'

export interface WantedDeps {
  readonly db: Store['db']
  readonly networks: readonly Network[]
  readonly hostName: (id: string) => string
  readonly now: number
  readonly epoch: number
}

/** Where a guest is remembered, and as what. */
export interface Home extends Remembered {
  readonly key: string
}

export function keyOf(host: string, vg: string): string {
  return `${host} ${vg}`
}

/** Undefined: there is no such guest, or it has no disk in a VG. */
export async function homeOf(deps: WantedDeps, guest: string): Promise<Home | undefined> {
  const row = await guestOf(deps.db, guest)
  return row && homeOfRow(deps, row)
}

async function homeOfRow({ db, networks, hostName, now, epoch }: WantedDeps, row: GuestsTable): Promise<Home | undefined> {
  const { uuid, spec, created, createdBy, host, disks, cpu } = guestRecord(row, await disksOf(db, row.uuid))
  if (host === undefined) return undefined
  const there = disks.filter(({ state }) => state !== 'leaving')
  const own = remembered({
    ...{ uuid, spec, disks: there, created, createdBy, networks, cpu, epoch, now },
    host: { id: host, name: hostName(host) },
  })
  return own && { ...own, key: keyOf(there.find(({ vg }) => vg.uuid === own.vg.uuid)?.host ?? host, own.vg.uuid) }
}

export interface ToKeep {
  readonly key: string
  readonly vg: VgRef
  readonly records: readonly GuestRecordOf[]
}

/** The VGs of a host that are to remember a guest, or may remember one already. */
export async function toKeepOn(deps: WantedDeps, host: string, inventory: Pick<Inventory, 'vgs' | 'lvs'>): Promise<readonly ToKeep[]> {
  const homes: Home[] = []
  for (const row of await guestsWithDisksOn(deps.db, host)) {
    const home = await homeOfRow(deps, row)
    if (home) homes.push(home)
  }
  return inventory.vgs.flatMap(({ name, uuid }) => {
    const key = keyOf(host, uuid)
    const own = homes.filter((one) => one.key === key)
    const hasRoom = inventory.lvs.some((lv) => lv.vgUuid === uuid && lv.name === RECORDS_LV)
    const vg = vgRef.safeParse({ name, uuid })
    return vg.success && (own.length > 0 || hasRoom) ? [{ key, vg: vg.data, records: own.map(({ record }) => record) }] : []
  })
}

/** Of what is told in them, whoever wrote it and when. */
export function digestOf({ records }: ToKeep): string {
  const told = records.map(({ epoch: _epoch, written: _written, ...record }) => record)
  return createHash('sha256').update(JSON.stringify(told)).digest('base64')
}
