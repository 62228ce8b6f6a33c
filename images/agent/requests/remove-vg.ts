// The request remove-vg: no VG any more, and its disks are empty. A VG with an LV in it stays; that of records goes with it, unless it
// still remembers a guest.

import type { VgRef } from '../../../manager/protocol/guest-disk.ts'
import { RECORDS_LV } from '../../../manager/protocol/guest-record.ts'
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import type { Lv } from '../../../manager/protocol/storage.ts'
import { sayUnread, unreadOf } from '../../../manager/protocol/unread.ts'
import { collect } from '../collect.ts'
import { damageIn, recordsIn } from '../records/area.ts'
import { closeArea, openArea, recordsLv, removeArea } from '../records/volume.ts'
import { lvmCommand } from '../volumes/lvm.ts'
import { refused } from './refusal.ts'
import { failureOf, type World } from './world.ts'

const NEEDED = ['pvs', 'vgs', 'lvs'] as const

export async function removeVg(world: World, { vg: ref }: RequestOf<'remove-vg'>): Promise<AnswerOf<'remove-vg'> | Refusal> {
  const { backend } = world
  const read = await collect(backend, NEEDED)
  const unread = sayUnread(unreadOf(read, NEEDED))
  if (unread !== undefined) return refused('unable', `what is in the VG ${ref.name} is not known: ${unread}. It is to be asked again`)
  const { pvs = [], vgs = [], lvs = [] } = read.sections
  const vg = vgs.find(({ uuid }) => uuid === ref.uuid)
  if (!vg) return { kind: 'vg-removed', was: 'not there' }
  if (vg.name !== ref.name) return refused('unable', `the VG ${ref.uuid} is called ${vg.name} on this host, not ${ref.name}`)
  const within = lvs.filter(({ vgUuid }) => vgUuid === vg.uuid)
  const inside = within.flatMap(({ name }) => (name === RECORDS_LV ? [] : [name]))
  if (inside.length > 0)
    return refused('unable', `the VG ${ref.name} is not empty: it has ${inside.length} LVs, ${inside.slice(0, 6).join(', ')}`)
  const own = pvs.filter(({ vgUuid }) => vgUuid === vg.uuid)
  const devices = own.flatMap(({ device, missing }) => (device === undefined || missing ? [] : [device]))
  if (vg.missingPvs > 0 || devices.length < own.length || devices.length < vg.pvs)
    return refused('unable', `the VG ${ref.name} is without some of its PVs: what is on them is not known`)
  const remembers = await withoutRecords(world, ref, within)
  if (remembers !== undefined) return refused('unable', `the VG ${ref.name} stays: ${remembers}`)
  const failure = await failureOf(backend, lvmCommand('vgremove', ref.name))
  if (failure !== undefined) return refused('unable', `the VG ${ref.name} does not go: ${failure}`)
  const left: string[] = []
  for (const device of devices) {
    const why = (await failureOf(backend, lvmCommand('pvremove', device))) ?? (await failureOf(backend, ['wipefs', '--all', device]))
    if (why !== undefined) left.push(`${device}: ${why}`)
  }
  await world.collect(['vgs', 'pvs', 'fileSystems'])
  return left.length === 0
    ? { kind: 'vg-removed', was: 'there' }
    : refused('unable', `the VG ${ref.name} is gone, and not all of its disks are wiped, though nothing is on them: ${left.join('; ')}`)
}

/** Undefined when it has none, nor room for any. */
async function withoutRecords(world: World, ref: VgRef, lvs: readonly Lv[]): Promise<string | undefined> {
  const lv = recordsLv({ lvs })
  if (!lv) return undefined
  const area = await openArea(world, ref)
  if (area.kind === 'refused') return area.reason
  if (area.kind === 'area') {
    await closeArea(world, area.lv)
    const guests = recordsIn(area.places).map(({ name }) => name)
    if (guests.length > 0)
      return `it remembers guests, ${guests.slice(0, 6).join(', ')}: destroy them, or make them known again by hostless manager rebuild`
    const [damage] = damageIn(area.places)
    if (damage !== undefined)
      return `it remembers a guest that cannot be read, ${damage}: lvremove ${ref.name}/${RECORDS_LV} says that it may go`
  }
  return removeArea(world, lv)
}
