// The things of the pool that operations act on, with the groups that each is in, for rights.ts.
import type { Automations } from '../../automation/service.ts'
import type { AutomationRecord } from '../../automation/store/store.ts'
import { RECIPES } from '../../automations/recipes.ts'
import type { GuestBook, GuestView } from '../../guests/book.ts'
import type { HostView } from '../../hosts/pool-change.ts'
import type { Pool } from '../../hosts/service.ts'
import { guestSpec } from '../../protocol/guest-spec.ts'
import type { Connections } from '../../storage/connections.ts'
import { isLun } from '../../storage/shared-luns.ts'
import { findVg, vgsOf } from '../../storage/vgs.ts'
import type { Tasks } from '../../tasks/tasks.ts'
import { seersIn } from '../answers/storage-answer.ts'
import { nobodys, type PoolThings, type Subject } from './rights.ts'

export interface ThingsDeps {
  readonly pool: Pick<Pool, 'find' | 'hosts' | 'knownInventory' | 'alarms'>
  readonly book: Pick<GuestBook, 'find' | 'all'>
  readonly automations: Pick<Automations, 'find'>
  readonly work: Pick<Tasks, 'find'>
  readonly connections: Pick<Connections, 'list'>
  /** Guests that an evacuation of this host has moved away. */
  readonly away: (host: HostView) => Promise<readonly { readonly uuid: string }[]>
}

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g

export function poolThings({ pool, book, automations, work, connections, away }: ThingsDeps): PoolThings {
  const host = (ref: string): Subject | undefined => {
    const view = pool.find(ref)
    return view && hostSubject(view)
  }
  /** That have one, in whatever state. */
  const kept = async (): Promise<readonly GuestView[]> => (await book.all()).filter(({ record }) => record !== undefined)
  const ofRecord = async (record: AutomationRecord): Promise<readonly Subject[]> => {
    const named = new Set(JSON.stringify(record.args).match(UUID) ?? [])
    const known = (await kept()).filter(({ uuid }) => named.has(uuid))
    const held = locksOf(record).flatMap(({ key, name, access }): readonly Subject[] => {
      const [kind = '', id = ''] = key.split(' ')
      if (access !== 'exclusive') return []
      if (kind === 'guest') return known.some(({ uuid }) => uuid === id) ? [] : [toBe(record, name)]
      return [host(id) ?? []].flat()
    })
    const all = [...known.map(guestSubject), ...held]
    return all.length > 0 ? all : [nobodys(`automation ${record.id}`)]
  }
  const automation = async (id: string): Promise<readonly Subject[] | undefined> => {
    const record = await automations.find(id)
    return record && ofRecord(record)
  }
  return {
    host: async (ref) => host(ref),
    async guest(ref) {
      const view = (await book.find(ref)) ?? (await book.all()).find((one) => one.uuid === ref || one.name === ref)
      return view && guestSubject(view)
    },
    async guestsOn(ref) {
      const id = pool.find(ref)?.id
      return (await kept()).filter((one) => one.host?.id === id).map(guestSubject)
    },
    async guestsAwayFrom(ref) {
      const view = pool.find(ref)
      const gone = view ? await away(view) : []
      const all = await kept()
      return gone.flatMap(({ uuid }) => all.filter((one) => one.uuid === uuid)).map(guestSubject)
    },
    seeingVg({ host: ref, vg }) {
      const view = pool.find(ref)
      const inventory = view && pool.knownInventory(view.id)
      const uuid = inventory && findVg(vgsOf(inventory), vg)?.vg.uuid
      if (!view || uuid === undefined) return []
      return pool.hosts().flatMap((one) => (pool.knownInventory(one.id)?.vgs.some((each) => each.uuid === uuid) ? [hostSubject(one)] : []))
    },
    seeingDisks({ host: ref, disks }) {
      const view = pool.find(ref)
      const inventory = view && pool.knownInventory(view.id)
      // Empty ones that others see are never taken unless they are typed.
      if (!inventory || disks === 'empty') return []
      const typed = inventory.blockDevices.filter(
        (device) => isLun(device) && [device.serial, device.wwid].some((word) => word !== undefined && disks.includes(word)),
      )
      const seers = seersIn(pool)
      const others = new Set(typed.flatMap(({ wwid }) => seers.of(String(wwid), view.id).map(({ id }) => id)))
      return pool.hosts().flatMap((one) => (others.has(one.id) ? [hostSubject(one)] : []))
    },
    automation,
    async task(id) {
      const task = await work.find(id)
      return task && (task.kind === 'automation' ? automation(id) : [nobodys(`task ${id} (${task.what})`)])
    },
    async alarm(key) {
      const alarm = (await pool.alarms()).find((one) => one.key === key)
      if (!alarm) return undefined
      const about = alarm.host ? pool.find(alarm.host) : undefined
      return [about ? hostSubject(about) : nobodys(`alarm ${key}`)]
    },
    async connection(id) {
      const connection = (await connections.list()).find((one) => one.id === id)
      if (!connection) return undefined
      const { groups } = connection
      return groups.length === 0
        ? [nobodys(`connection ${id}`)]
        : groups.map((group) => ({ name: `all hosts of ${group}`, groups: [group] }))
    },
  }
}

function hostSubject({ name, groups }: Pick<HostView, 'name' | 'groups'>): Subject {
  return { name: `host ${name}`, groups }
}

/** One that hostless did not make has neither groups nor tags. */
function guestSubject({ name, record }: GuestView): Subject {
  return { name: `guest ${name}`, groups: record?.spec.groups ?? [], tags: record?.spec.tags ?? [] }
}

/** None, where another version of hostless has begun it and its arguments are not understood. */
function locksOf({ recipe, args }: AutomationRecord) {
  try {
    return RECIPES.find(({ name }) => name === recipe)?.of(args).locks ?? []
  } catch {
    return []
  }
}

/** Of a guest that is not made yet. */
function toBe({ args }: AutomationRecord, name: string): Subject {
  const { spec } = Object(args)
  try {
    const { groups, tags } = guestSpec.parse(JSON.parse(String(spec)))
    return { name, groups, tags }
  } catch {
    return nobodys(name)
  }
}
