// What each VG is to remember, by what the database says of guests.
import { createHash } from 'node:crypto'
import { groupBy } from '../group-by.ts'
import { guestRecord } from '../guests/guest.ts'
import { holdingsOf } from '../guests/holdings.ts'
import { type Remembered, remembered } from '../guests/remembered.ts'
import type { HostView } from '../hosts/pool-change.ts'
import type { Networks } from '../networks/service.ts'
import { type VgRef, vgRef } from '../protocol/guest-disk.ts'
import { type GuestRecordOf, RECORDS_LV } from '../protocol/guest-record.ts'
import type { Inventory } from '../protocol/inventory.ts'
import type { Store } from '../store/database.ts'
import { allGuests, disksOf } from '../store/tables/guests.ts'

export interface WantedRecords {
  /** By host and VG: `keyOf`. */
  readonly records: ReadonlyMap<string, readonly Remembered[]>
  /** Where each guest is remembered, by UUID. */
  readonly homes: ReadonlyMap<string, string>
  /** UUIDs of all guests. */
  readonly known: ReadonlySet<string>
  /** Of those that an automation has. */
  readonly held: ReadonlySet<string>
}

export interface WantedDeps {
  readonly store: Pick<Store, 'db'>
  readonly networks: Pick<Networks, 'list'>
  readonly hosts: readonly HostView[]
  readonly now: number
  readonly epoch: number
}

export function keyOf(host: string, vg: string): string {
  return `${host} ${vg}`
}

export async function wantedRecords({ store, networks, hosts, now, epoch }: WantedDeps): Promise<WantedRecords> {
  const [rows, disks, holdings, known] = await Promise.all([allGuests(store.db), disksOf(store.db), holdingsOf(store.db), networks.list()])
  const byGuest = groupBy(disks, ({ guest }) => guest)
  const names = new Map(hosts.map(({ id, name }) => [id, name]))
  const records = new Map<string, Remembered[]>()
  const homes = new Map<string, string>()
  for (const row of rows) {
    const guest = guestRecord(row, byGuest.get(row.uuid) ?? [])
    const { uuid, spec, created, createdBy, host } = guest
    if (host === undefined) continue
    const there = guest.disks.filter(({ state }) => state !== 'leaving')
    const own = remembered({
      ...{ uuid, spec, disks: there, created, createdBy, networks: known, epoch, now },
      host: { id: host, name: names.get(host) ?? '' },
    })
    if (!own) continue
    const key = keyOf(there.find(({ vg }) => vg.uuid === own.vg.uuid)?.host ?? host, own.vg.uuid)
    homes.set(uuid, key)
    records.set(key, [...(records.get(key) ?? []), own])
  }
  return { records, homes, known: new Set(rows.map(({ uuid }) => uuid)), held: new Set(holdings.keys()) }
}

export interface ToKeep {
  readonly key: string
  readonly vg: VgRef
  readonly records: readonly GuestRecordOf[]
}

/** The VGs of a host that are to remember a guest, or may remember one already. */
export function toKeepOn(
  { records }: WantedRecords,
  { id }: HostView,
  inventory: Pick<Inventory, 'vgs' | 'lvs'> | undefined,
): readonly ToKeep[] {
  return (inventory?.vgs ?? []).flatMap(({ name, uuid }) => {
    const key = keyOf(id, uuid)
    const own = records.get(key) ?? []
    const hasRoom = inventory?.lvs.some((lv) => lv.vgUuid === uuid && lv.name === RECORDS_LV) === true
    const vg = vgRef.safeParse({ name, uuid })
    return vg.success && (own.length > 0 || hasRoom) ? [{ key, vg: vg.data, records: own.map(({ record }) => record) }] : []
  })
}

/** Of what is told in them, whoever wrote it and when. */
export function digestOf({ records }: ToKeep): string {
  const told = records.map(({ epoch: _epoch, written: _written, ...record }) => record)
  return createHash('sha256').update(JSON.stringify(told)).digest('base64')
}
