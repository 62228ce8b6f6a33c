import test, { type ExecutionContext } from 'ava'
import { Seers } from '../../../manager/storage/shared-luns.ts'
import { candidatesOf, chooseDisks, type Wanted } from '../../../manager/storage/vg-disks.ts'
import { findVg, poolsOf, vgsOf } from '../../../manager/storage/vgs.ts'
import { disk as guestDisk, host, type Reported, running } from '../claims/hosts.ts'
import { lvmUuid, naa } from '../connectivity/inventories.ts'

const device = (name: string, more: object = {}) => ({
  name,
  device: `/dev/${name}`,
  serial: `S-${name}`,
  transport: 'sata' as const,
  ...more,
})
const part = (name: string, disk: string) => ({ name, disk, startBytes: 1 << 20, sizeBytes: 1 << 20 })
const problem = (section: 'guests' | 'lvs' | 'drbd' | 'partitions') => ({ section, source: 'a tool', reason: 'it hung' })

const world = (given: Reported, shared: readonly string[] = []) => ({
  host: host('node01', given),
  isLocal: (disk: string) => !shared.includes(disk),
  seers: new Seers([]),
})

function chosen(given: Reported, wanted: Wanted, shared?: readonly string[]) {
  const found = chooseDisks(world(given, shared), wanted)
  return found.kind === 'chosen' ? found.disks.map(({ name, contents }) => `${name} ${contents}`) : found.reason
}

function reasonsOf(t: ExecutionContext, given: Reported, shared?: readonly string[]): Readonly<Record<string, string | undefined>> {
  const found = candidatesOf(world(given, shared))
  if (found.kind === 'refused') throw new Error(found.reason)
  t.true(
    found.disks.every(({ inUse, notEmpty }) => inUse === undefined || notEmpty !== undefined),
    'what is in use is not empty',
  )
  return Object.fromEntries(found.disks.map(({ name, notEmpty }) => [name, notEmpty]))
}

const USED: Reported = {
  blockDevices: [
    ...['empty', 'parted', 'signed', 'mounted', 'pv', 'guests', 'mirror', 'raid'].map((name) => device(name)),
    ...[device('locked', { readOnly: true }), device('stick', { transport: 'usb' }), device('card', { removable: true })],
    ...[device('lun', { transport: 'iscsi', wwid: naa('a') }), device('tiny', { sizeBytes: 1 << 20 }), device('seen')],
  ],
  partitions: [part('parted1', 'parted'), part('mounted1', 'mounted')],
  fileSystems: [
    { on: 'signed', type: 'ext4', label: 'old' },
    { on: 'mounted1', type: 'ext4', mountPoints: ['/srv'], disks: ['mounted'] as never },
    { on: 'md0', type: 'xfs', disks: ['raid'] as never },
  ],
  pvs: [{ uuid: lvmUuid('p') as never, device: '/dev/pv', vg: 'data', vgUuid: lvmUuid('v') as never }],
  vgs: [{ uuid: lvmUuid('v') as never, name: 'data' }],
  guests: [running(1, { disks: [guestDisk('/dev/guests')] })],
  drbd: [
    {
      name: 'r0',
      role: 'Secondary',
      suspended: false,
      connections: [],
      volumes: [{ volume: 0, minor: 0, backing: '/dev/mirror', disk: 'UpToDate' }],
    } as never,
  ],
}

test('only the disk of which nothing says otherwise is proven empty, and each of the others has its reason', (t) => {
  t.like(reasonsOf(t, USED, ['seen']), {
    empty: undefined,
    parted: 'it has 1 partition',
    signed: 'it carries ext4 (old)',
    mounted: '/srv of node01 is on it',
    pv: 'VG data is on it',
    guests: 'guest hand1 on node01 is on it',
    mirror: 'DRBD resource r0 of node01 is on it',
    raid: 'it is beneath md0',
    locked: 'it is read-only',
    stick: 'it is on USB: type its serial number',
    card: 'it is removable: type its serial number',
    lun: 'it is a LUN that others may reach: type its WWID',
    tiny: 'it has only 1 MiB',
    seen: 'other hosts see it, too',
  })
  t.deepEqual(chosen(USED, 'empty', ['seen']), ['empty none'])
})

test('a section that was not read leaves no disk empty, whichever it is, and typing does not help', (t) => {
  for (const section of ['guests', 'lvs', 'drbd', 'partitions'] as const) {
    const given: Reported = { blockDevices: [device('sda')], problems: [problem(section)] }
    for (const wanted of ['empty', ['S-sda']] as const) {
      const found = chooseDisks(world(given), wanted)
      t.like(found, { kind: 'refused', code: 'unread' })
      t.regex(JSON.stringify(found), new RegExp(`node01 could not be read: ${section} \\(a tool: it hung\\)`))
    }
  }
  t.like(chooseDisks({ host: { ...host('node01'), inventory: undefined }, isLocal: () => true, seers: new Seers([]) }, 'empty'), {
    kind: 'refused',
    code: 'unread',
  })
  const lost: Reported = { blockDevices: [device('sda')], guests: [running(1, { disks: [guestDisk('/dev/gone')] })] }
  t.regex(String(chosen(lost, 'empty')), /which disk a guest of node01 has is not known: guest hand1/)
})

test('a typed serial number or WWID takes what carries something, never what is in use or seen by other hosts', (t) => {
  t.deepEqual(chosen(USED, ['S-parted', 'S-signed', 'S-parted']), ['parted typed', 'signed typed'])
  t.deepEqual(chosen(USED, [naa('a')]), ['lun typed'])
  for (const name of ['mounted', 'pv', 'guests', 'mirror', 'raid', 'locked'])
    t.regex(String(chosen(USED, [`S-${name}`])), new RegExp(`^${name} \\(serial`))
  t.regex(String(chosen(USED, ['S-seen'], ['seen'])), /other hosts see it, too$/)
  t.is(chosen(USED, ['nobody']), 'node01 has no disk with this serial number or WWID: nobody')
  t.regex(String(chosen(USED, ['empty'])), /kernel's name of a disk, which may be another's after a boot: type S-empty/)
})

test('of serial numbers for several hosts each takes its own; one that two disks have tells them not apart', (t) => {
  const twins: Reported = { blockDevices: [device('sda', { serial: 'TWIN' }), device('sdb', { serial: 'TWIN' }), device('sdc')] }
  t.deepEqual(chosen(twins, ['S-sdc', 'on another host']), ['sdc typed'])
  t.regex(String(chosen(twins, ['TWIN'])), /2 disks of node01 have TWIN/)
  t.deepEqual(chosen(twins, 'empty'), ['sdc none'])
})

test('a multipath map stands for its paths, and takes that its WWID is typed', (t) => {
  const given: Reported = {
    blockDevices: ['sda', 'sdb'].map((name) => device(name, { transport: 'fc', wwid: naa('b'), multipath: 'mpatha', serial: 'L1' })),
    multipaths: [
      {
        name: 'mpatha',
        wwid: naa('b') as never,
        paths: ['sda', 'sdb'].map((leg) => ({ device: leg, state: 'active', group: 1 })) as never,
      },
    ],
  }
  t.deepEqual(reasonsOf(t, given), { mpatha: 'it is a LUN of several paths: type its WWID' })
  t.deepEqual(chosen(given, [naa('b')]), ['mpatha typed'])
  t.deepEqual(chosen(given, [naa('b')], ['sdb']), ['mpatha none'], 'which others may see: nothing on it is wiped')
  const other = {
    ...host('node02', {
      blockDevices: [device('sdx', { transport: 'fc', wwid: naa('b'), serial: 'L1' })],
      partitions: [part('sdx1', 'sdx')],
    }),
    speaks: 11,
  }
  const taken = chooseDisks({ ...world(given, ['sdb']), seers: new Seers([other]) }, [naa('b')])
  t.like(taken, { kind: 'refused', code: 'held' })
})

test('a VG answers to its name, its UUID and the tag of its pool', (t) => {
  const { inventory } = host('node01', {
    vgs: [
      { uuid: lvmUuid('a') as never, name: 'vg1', tags: ['hostless.pool=data', 'other'] as never },
      { uuid: lvmUuid('b') as never, name: 'data' },
    ],
    pvs: [{ uuid: lvmUuid('p') as never, device: '/dev/sda', vg: 'vg1', vgUuid: lvmUuid('a') as never }],
    blockDevices: [device('sda')],
    lvs: [{ uuid: lvmUuid('l') as never, name: 'root', vg: 'vg1', vgUuid: lvmUuid('a') as never }],
  })
  const vgs = inventory ? vgsOf(inventory) : []
  t.deepEqual(
    vgs.map(({ disks, lvs }) => [disks.map(({ name, serial }) => `${name} ${serial}`), lvs]),
    [
      [['sda S-sda'], ['root']],
      [[], []],
    ],
  )
  t.is(findVg(vgs, 'data')?.vg.uuid, lvmUuid('b') as never, 'a name of its own comes first')
  t.is(findVg(vgs.slice(0, 1), 'data')?.vg.name, 'vg1')
  t.is(findVg(vgs, lvmUuid('a'))?.vg.name, 'vg1')
  t.deepEqual(poolsOf({ name: 'data', tags: ['hostless.pool=data'] as never }), ['data'])
})
