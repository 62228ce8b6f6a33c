// What hosts tell of one guest with one disk, for decisions of a rebuild: LVs, domains and records, on two hosts a and b.
import { rebuild } from '../../../../manager/guests/rebuild/decide.ts'
import type { HostTold, Picture, Rebuilt, ToldSections } from '../../../../manager/guests/rebuild/picture.ts'
import { deviceOf, lvOf, writeDiskTags } from '../../../../manager/protocol/guest-disk.ts'
import { asciiJson, type GuestRecordOf, guestRecord } from '../../../../manager/protocol/guest-record.ts'
import { guestSpec, writeSpec } from '../../../../manager/protocol/guest-spec.ts'
import { uuid } from '../../../../manager/protocol/values.ts'
import { report } from '../../connectivity/inventories.ts'

export const MIB = 1 << 20
export const GUEST = uuid.parse('6b1f0000-0000-4000-8000-000000000001')
export const DISK = uuid.parse('d15c0000-0000-4000-8000-00000000001a')
export const VG = { a: 'aaaaaa-bbbb-cccc-dddd-eeee-ffff-gggggg', b: 'bbbbbb-bbbb-cccc-dddd-eeee-ffff-gggggg' } as const
export type HostId = keyof typeof VG

interface LvGiven {
  readonly generation?: number
  readonly state?: 'making' | 'ready' | 'stale'
  readonly guest?: string
  readonly tags?: readonly string[]
  readonly name?: string
}

export function lv(
  on: HostId,
  { generation = 1, state = 'ready', guest = GUEST, tags = [], name = lvOf(DISK) }: LvGiven = {},
): ToldSections['lvs'][number] {
  const own = writeDiskTags({ disk: DISK, guest: uuid.parse(guest), generation, epoch: 1, state })
  return { name, vg: 'data', vgUuid: VG[on], tags: [...own, ...tags], sizeBytes: 16 * MIB } as unknown as ToldSections['lvs'][number]
}

export function domain(given: Partial<ToldSections['guests'][number]> = {}): ToldSections['guests'][number] {
  return {
    ...{ domid: 3, uuid: GUEST, name: 'web1', type: 'pvh', state: 'running', vcpus: 1, maxVcpus: 2 },
    ...{ memoryBytes: 128 * MIB, maxMemoryBytes: 256 * MIB },
    disks: [{ vdev: 'xvda', target: `/dev/mapper/${deviceOf(DISK)}`, readOnly: false }],
    nics: [{ devid: 0, mac: '00:16:3e:00:00:01', bridge: 'xenbr0' }],
    ...given,
  } as ToldSections['guests'][number]
}

export function record(on: HostId, given: Partial<GuestRecordOf> = {}): GuestRecordOf {
  const spec = guestSpec.parse({
    name: 'web1',
    memory: '256M',
    notes: 'ä\n',
    disks: [{ vdev: 'xvda', size: '16M', pool: 'data' }],
    nics: [{ network: 'blue' }],
  })
  return guestRecord.parse({
    ...{
      guest: GUEST,
      name: 'web1',
      spec: asciiJson(writeSpec(spec)),
      host: `node-${on}`,
      created: 5,
      createdBy: 'ada',
      epoch: 1,
      written: 1,
    },
    disks: [{ disk: DISK, vdev: 'xvda', vg: { name: 'data', uuid: VG[on] }, sizeBytes: 16 * MIB, generation: 1, access: 'read-write' }],
    networks: [{ name: 'blue', bridge: 'xenbr0', vlan: 7 }],
    ...given,
  })
}

interface Given {
  readonly guests?: ToldSections['guests']
  readonly lvs?: ToldSections['lvs']
  readonly records?: readonly GuestRecordOf[]
  readonly damaged?: readonly string[]
}

export function host(id: HostId, { guests = [], lvs = [], records = [], damaged = [] }: Given): HostTold {
  const sections = { ...report({}), guests, lvs }
  return { id, name: `node-${id}`, sections, records: records.map((one) => ({ vg: VG[id], record: one })), damaged }
}

export const of = (hosts: readonly HostTold[], more: Partial<Picture> = {}): Rebuilt =>
  rebuild({ hosts, known: new Map(), networks: [], now: 9, ...more })
