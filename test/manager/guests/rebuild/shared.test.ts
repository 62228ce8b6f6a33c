// A rebuild of a guest with a disk on a LUN that two hosts see, beside one that each host has for itself: what both tell of is one disk, and a
// record of before the last move names where the other one was.
import test from 'ava'
import type { Rebuilt } from '../../../../manager/guests/rebuild/picture.ts'
import { deviceOf, lvOf, writeDiskTags } from '../../../../manager/protocol/guest-disk.ts'
import type { Inventory } from '../../../../manager/protocol/inventory.ts'
import { uuid } from '../../../../manager/protocol/values.ts'
import { report } from '../../connectivity/inventories.ts'
import { DISK, domain, GUEST, type HostId, host, lv, MIB, of, record, VG } from './told.ts'

const SAN = 'ssssss-bbbb-cccc-dddd-eeee-ffff-gggggg'
const LUN = 'naa.60000000000000000e00000000010001'
const SECOND = uuid.parse('d15c0000-0000-4000-8000-00000000002a')

type Told = ReturnType<typeof host>

const lvOnLun = {
  ...{ name: lvOf(SECOND), vg: 'san', vgUuid: SAN, sizeBytes: 16 * MIB },
  tags: writeDiskTags({ disk: SECOND, guest: GUEST, generation: 1, epoch: 1, state: 'ready' }),
} as unknown as Inventory['lvs'][number]

const both = (generation: number, on: HostId, first: 'local' | 'lun') => {
  const local = { disk: DISK, vg: { name: 'data', uuid: VG[on] }, generation }
  const lun = { disk: SECOND, vg: { name: 'san', uuid: SAN }, generation: 1 }
  const disks = first === 'local' ? [local, lun] : [lun, local]
  return disks.map((one, at) => ({ ...one, vdev: `xvd${'ab'[at]}`, sizeBytes: 16 * MIB, access: 'read-write' as const }))
}

/** Sees the LUN, and tells what its VG remembers where that is given. */
function seeing(
  one: Told,
  { wwid = LUN, transport = 'fc', records = one.records }: { wwid?: string; transport?: string; records?: Told['records'] } = {},
): Told {
  const storage = report({
    blockDevices: [{ name: 'sdb', device: '/dev/sdb', wwid, transport, sizeBytes: 1 << 30 }] as never,
    pvs: [{ uuid: 'pppppp-bbbb-cccc-dddd-eeee-ffff-gggggg', device: '/dev/sdb', vg: 'san', vgUuid: SAN }] as never,
    vgs: [{ uuid: SAN, name: 'san', pvs: 1, missingPvs: 0, exported: false }] as never,
  })
  const { guests, lvs } = one.sections
  return { ...one, records, sections: { ...storage, guests, lvs: [...lvs, lvOnLun] } }
}

const placed = ({ guests }: Rebuilt) =>
  guests.map(({ host: on, power, disks }) => [
    on,
    power,
    ...disks.map((one) => `${one.vdev} ${one.vg.name} of ${one.host}, ${one.generation}, ${one.state}`),
  ])

const left = lv('a', { state: 'stale' })

test('a stopped guest is where the disk is that was copied, though its record on the LUN tells of before', (t) => {
  const old = [{ vg: SAN, record: record('a', { disks: both(1, 'a', 'lun') as never }) }]
  const a = seeing(host('a', { lvs: [left] }), { records: old })
  const b = seeing(host('b', { lvs: [lv('b', { generation: 2 })] }), { records: old })
  for (const hosts of [
    [a, b],
    [b, a],
  ]) {
    const told = of(hosts)
    t.deepEqual(placed(told), [['b', 'off', 'xvda san of b, 1, ready', 'xvdb data of b, 2, ready']])
    t.deepEqual(told.unknown, [])
    t.deepEqual(
      told.disagree,
      [`LV data/${lvOf(DISK)} of node-a is another copy of a disk of web1, and is left alone: it is stale`],
      'and none of what lies on the LUN',
    )
    t.deepEqual(told.networks, [{ name: 'blue', bridge: 'xenbr0', vlan: 7, mtu: undefined, bridges: {} }])
  }
})

test('a guest that runs is where its domain is, with the disk on the LUN', (t) => {
  const open = [DISK, SECOND].map((disk, at) => ({ vdev: `xvd${'ab'[at]}`, target: `/dev/mapper/${deviceOf(disk)}`, readOnly: false }))
  const told = of([
    seeing(host('a', { lvs: [left] })),
    seeing(
      host('b', {
        guests: [domain({ disks: open as never })],
        lvs: [lv('b', { generation: 2 })],
        records: [record('b', { disks: both(2, 'b', 'local') as never })],
      }),
    ),
  ])
  t.deepEqual(placed(told), [['b', 'on', 'xvda data of b, 2, ready', 'xvdb san of b, 1, ready']])
  t.is(told.disagree.length, 1)
})

test('a guest that is on the LUN alone is where it was remembered last', (t) => {
  const disks = both(1, 'a', 'lun').slice(0, 1) as never
  const of_ = (name: 'a' | 'b') => {
    const records = [{ vg: SAN, record: record(name, { disks }) }]
    return placed(of([seeing(host('a', {}), { records }), seeing(host('b', {}), { records })]))
  }
  t.deepEqual(of_('b'), [['b', 'off', 'xvda san of b, 1, ready']])
  t.deepEqual(of_('a'), [['a', 'off', 'xvda san of a, 1, ready']])
})

test('a VG of one UUID on another LUN, or on a disk of the host itself, is another one: no guest is made of two', (t) => {
  const records = [{ vg: SAN, record: record('a', { disks: both(1, 'a', 'lun').slice(0, 1) as never }) }]
  const a = seeing(host('a', {}), { records })
  for (const other of [{ wwid: LUN.replace(/1$/, '2') }, { transport: 'virtio' }]) {
    const { guests, unknown } = of([a, seeing(host('b', {}), { ...other, records: [] })])
    t.deepEqual(guests, [])
    t.regex(
      unknown.join('\n'),
      /web1 .* is not made: of its disk xvda, LV san\/.* of node-a and LV san\/.* of node-b both have generation 1/,
    )
  }
  const blind = seeing(host('b', {}), { records: [] })
  const problems = [{ section: 'pvs', source: 'pvs', reason: 'it timed out' }] as never
  t.deepEqual(of([a, { ...blind, sections: { ...blind.sections, problems } }]).guests, [], 'what could not be read')
})

test('a guest that has its disk on the LUN open on two hosts is not made', (t) => {
  const disks = [{ vdev: 'xvda', target: `/dev/mapper/${deviceOf(SECOND)}`, readOnly: false }] as never
  const records = [{ vg: SAN, record: record('a', { disks: both(1, 'a', 'lun').slice(0, 1) as never }) }]
  const { guests, unknown } = of(['a' as const, 'b' as const].map((id) => seeing(host(id, { guests: [domain({ disks })] }), { records })))
  t.deepEqual(guests, [])
  t.regex(unknown.join('\n'), /are both in use/)
})
