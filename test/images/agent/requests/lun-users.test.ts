import test from 'ava'
import { guestsNaming, mapsOver, type Named, type Seen, usersOf } from '../../../../images/agent/requests/lun-users.ts'
import { inventory } from '../../../../manager/protocol/inventory.ts'
import { EMPTY } from '../../../manager/site.ts'

const UUID = ['aaaaaa', 'aaaa', 'aaaa', 'aaaa', 'aaaa', 'aaaa', 'aaaaaa'].join('-')
const WWID = 'naa.60000000000000000e00000000010001'
const disk = (name: string) => ({
  name,
  device: `/dev/${name}`,
  wwid: WWID,
  sizeBytes: 1,
  readOnly: false,
  removable: false,
  transport: 'iscsi',
  byPath: [`ip-10.77.0.1:3260-iscsi-t1-lun-${name}`],
  byId: ['wwn-0x6000'],
})
const seen = (changed: object): Seen => inventory.parse({ ...EMPTY, blockDevices: [disk('sda'), disk('sdb'), disk('sdc')], ...changed })
const maps = { multipaths: [{ name: 'mpatha', dm: 'dm-3', wwid: WWID, paths: [{ device: 'sda', state: 'active', group: 1 }] }] }
const guestOn = (target: string) => ({
  guests: [
    {
      domid: 1,
      uuid: '00000000-0000-4000-8000-000000000001',
      name: 'web',
      type: 'pvh',
      state: 'running',
      vcpus: 1,
      maxVcpus: 1,
      memoryBytes: 1,
      maxMemoryBytes: 1,
      disks: [{ vdev: 'xvda', target, readOnly: false }],
      nics: [],
    },
  ],
})
const lvm = (device: string, active: boolean) => ({
  pvs: [{ uuid: UUID, device, vg: 'vg', vgUuid: UUID, sizeBytes: 1, freeBytes: 0, missing: false, tags: [] }],
  lvs: [{ uuid: UUID, name: 'root', vg: 'vg', vgUuid: UUID, sizeBytes: 1, active, attributes: '-wi-ao----', tags: [] }],
})

const UNNAMED: Named = { rows: [], links: [] }

const USED: readonly [what: string, seen: Seen, users: readonly string[]][] = [
  ['nothing', seen({}), []],
  [
    'an LV of a VG on LUKS over it',
    seen({
      fileSystems: [{ on: 'dm-7', type: 'LVM2_member', uuid: UUID, mountPoints: [], disks: ['sda'] }],
      ...lvm('/dev/mapper/luks-data', true),
    }),
    ['LV vg/root is active'],
  ],
  [
    'a mount on md over it',
    seen({ fileSystems: [{ on: 'md0', type: 'ext4', mountPoints: ['/mnt'], disks: ['sda', 'sdz'] }] }),
    ['md0 is mounted on /mnt'],
  ],
  ['a mount', seen({ fileSystems: [{ on: 'sda', type: 'ext4', mountPoints: ['/mnt'] }] }), ['sda is mounted on /mnt']],
  [
    'a mount of a partition of the map over it',
    seen({
      ...maps,
      partitions: [{ name: 'dm-4', disk: 'dm-3', sizeBytes: 1 }],
      fileSystems: [{ on: 'dm-4', type: 'xfs', mountPoints: ['/srv'] }],
    }),
    ['dm-4 is mounted on /srv'],
  ],
  ['a mount of another', seen({ fileSystems: [{ on: 'sdc', type: 'ext4', mountPoints: ['/mnt'] }] }), []],
  ['an active LV', seen(lvm('/dev/sda', true)), ['LV vg/root is active']],
  ['an active LV on the map', seen({ ...maps, ...lvm('/dev/mapper/mpatha', true) }), ['LV vg/root is active']],
  ['an LV that is not active', seen(lvm('/dev/sda', false)), []],
  ['a guest, by the device', seen(guestOn('/dev/sda')), ['guest web has it as xvda']],
  ['a guest, by a link', seen(guestOn('/dev/disk/by-path/ip-10.77.0.1:3260-iscsi-t1-lun-sda')), ['guest web has it as xvda']],
  ['a guest, by the map', seen({ ...maps, ...guestOn('/dev/mapper/mpatha') }), ['guest web has it as xvda']],
  ['a guest, by a path of its own', seen(guestOn('/dev//disk/../sda')), ['guest web has it as xvda']],
  ['a guest, by the name below /dev', seen(guestOn('sda')), ['guest web has it as xvda']],
  ['a guest on another', seen(guestOn('/dev/sdc')), []],
  ['a guest with an empty drive', seen(guestOn('')), []],
]

for (const [what, given, users] of USED) {
  test(`a device is used by: ${what}`, (t) => t.deepEqual(usersOf(['sda'], given, UNNAMED), users))
}

test('what the kernel has made of a device uses it, however high it stands: LUKS, md, swap', (t) => {
  const rows = [
    { kname: 'sda', type: 'disk', mountpoints: [], parents: [] },
    { kname: 'sda1', pkname: 'sda', type: 'part', mountpoints: ['[SWAP]'], parents: ['sda'] },
    { kname: 'dm-5', pkname: 'sda1', type: 'crypt', mountpoints: [], parents: ['sda1'] },
    { kname: 'md0', pkname: 'dm-5', type: 'raid1', mountpoints: [], parents: ['dm-5'] },
    { kname: 'md1', pkname: 'sdc', type: 'raid1', mountpoints: [], parents: ['sdc'] },
  ]
  t.deepEqual(usersOf(['sda'], seen({}), { rows, links: [] }), ['sda1 is swapped to', 'dm-5 (crypt) lies on it', 'md0 (raid1) lies on it'])
})

test('md over several devices uses each of them, and so does what lies on it', (t) => {
  const rows = [
    { kname: 'sdb', type: 'disk', mountpoints: [], parents: [] },
    { kname: 'md0', pkname: 'sdb', type: 'raid1', mountpoints: [], parents: ['sdb', 'sda'] },
    { kname: 'dm-5', pkname: 'md0', type: 'crypt', mountpoints: [], parents: ['md0'] },
    { kname: 'sda', type: 'disk', mountpoints: [], parents: [] },
  ]
  for (const device of ['sda', 'sdb']) {
    t.deepEqual(usersOf([device], seen({}), { rows, links: [] }), ['md0 (raid1) lies on it', 'dm-5 (crypt) lies on it'])
  }
})

test('a guest may name a disk by any name that udev has for it, for its partition, for the map over it or a partition of that', (t) => {
  const partitions = [
    { name: 'sda1', disk: 'sda', sizeBytes: 1 },
    { name: 'dm-4', disk: 'dm-3', sizeBytes: 1 },
  ]
  const link = (path: string, device: string) => ({ path: `/dev/disk/${path}`, device })
  const named: Named = {
    rows: [{ kname: 'dm-4', path: '/dev/mapper/mpatha-part1', type: 'part', mountpoints: [], parents: ['dm-3'] }],
    links: [
      link('by-id/scsi-36000', 'dm-3'),
      link('by-id/dm-uuid-mpath-36000', 'dm-3'),
      link('by-path/ip-10.77.0.1:3260-iscsi-t1-lun-0-part1', 'sda1'),
      link('by-id/scsi-36001', 'sdc'),
    ],
  }
  const users = (target: string) => usersOf(['sda'], seen({ ...maps, partitions, ...guestOn(target) }), named)
  for (const target of ['/dev/mapper/mpatha-part1', ...named.links.slice(0, 3).map(({ path }) => path)]) {
    t.deepEqual(users(target), ['guest web has it as xvda'], target)
  }
  t.deepEqual(users('/dev/disk/by-id/scsi-36001'), [])
})

test('a guest may name a disk by what is on it, and a target by a script of its own', (t) => {
  const signed = { fileSystems: [{ on: 'sda', type: 'ext4', uuid: 'ab-cd', mountPoints: [] }] }
  t.deepEqual(usersOf(['sda'], seen({ ...signed, ...guestOn('/dev/disk/by-uuid/ab-cd') }), UNNAMED), ['guest web has it as xvda'])
  const naming = seen(guestOn('iqn=iqn.2026-11.test:T1,portal=10.0.0.1'))
  t.deepEqual(guestsNaming(['iqn.2026-11.test:t1'], naming), ['guest web has it as xvda'])
  t.deepEqual(guestsNaming(['iqn.2026-11.test:t2'], naming), [])
})

test('DRBD uses what it lies on', (t) => {
  const drbd = [
    {
      name: 'r0',
      role: 'Primary',
      suspended: false,
      connections: [],
      volumes: [{ volume: 0, minor: 1, disk: 'UpToDate', backing: '/dev/sda' }],
    },
  ]
  t.deepEqual(usersOf(['sda'], seen({ drbd }), UNNAMED), ['DRBD resource r0 lies on it'])
})

test('the maps over devices are found, and no others', (t) => {
  t.deepEqual(mapsOver(['sda'], seen(maps)), ['mpatha'])
  t.deepEqual(mapsOver(['sdc'], seen(maps)), [])
})
