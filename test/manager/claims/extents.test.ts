import test from 'ava'
import { doOverlap, Media } from '../../../manager/claims/extents.ts'
import { lvmUuid, naa, report } from '../connectivity/inventories.ts'
import { GIB, MIB, type Reported } from './hosts.ts'

const LUN = naa('a')
const leg = (name: string) => ({
  name,
  device: `/dev/${name}`,
  wwid: LUN,
  transport: 'fc',
  multipath: 'mpatha',
  byId: [`scsi-3${LUN.slice(4)}`],
  byPath: [`fc-${name}`],
})
const vg = (name: string, letter: string) => ({ uuid: lvmUuid(letter), name })
const pv = (device: string, name: string, letter: string) => ({ uuid: lvmUuid('p'), device, vg: name, vgUuid: lvmUuid(letter) })

const HOST: Reported = {
  blockDevices: [
    leg('sdb'),
    leg('sdc'),
    { name: 'sda', device: '/dev/sda', wwid: naa('b'), transport: 'sata', serial: 'S1', byPath: ['ata-1'] },
    { name: 'sdd', device: '/dev/sdd', wwid: naa('b'), transport: 'sata', serial: 'S1', byPath: ['ata-2'] },
    { name: 'vda', device: '/dev/vda', transport: 'virtio', serial: 'V', byPath: ['virtio-1'] },
  ],
  multipaths: [
    {
      name: 'mpatha',
      wwid: LUN,
      dm: 'dm-0',
      paths: [
        { device: 'sdb', state: 'active', group: 1 },
        { device: 'sdc', state: 'active', group: 1 },
      ],
    },
  ],
  partitions: [
    { name: 'sdb1', disk: 'sdb', number: 1, startBytes: MIB, sizeBytes: GIB, uuid: 'p-1' },
    { name: 'sdc1', disk: 'sdc', number: 1, startBytes: MIB, sizeBytes: GIB, uuid: 'p-1' },
    { name: 'sdb2', disk: 'sdb', number: 2, startBytes: MIB + GIB, sizeBytes: GIB },
    { name: 'vda1', disk: 'vda', number: 1, sizeBytes: GIB },
  ],
  vgs: [vg('data', 'd'), vg('crypt', 'c')],
  pvs: [pv('/dev/mapper/mpatha-part2', 'data', 'd'), { ...pv('/dev/mapper/luks', 'crypt', 'c'), uuid: lvmUuid('q') }],
  lvs: [
    { name: 'web-1', vg: 'data', vgUuid: lvmUuid('d'), uuid: lvmUuid('l') },
    { name: 'secret', vg: 'crypt', vgUuid: lvmUuid('c'), uuid: lvmUuid('s') },
  ],
  fileSystems: [
    { on: 'dm-7', type: 'LVM2_member', uuid: lvmUuid('q'), disks: ['sda'] },
    { on: 'data-web--1', type: 'ext4', uuid: 'fs-1', mountPoints: ['/srv', '/srv/deep'], disks: ['sdb'] },
  ],
  nfsMounts: [{ server: 'nas', address: '10.0.0.9', export: '/x', mountPoint: '/nfs' }],
  drbd: [
    {
      name: 'r',
      role: 'Primary',
      suspended: false,
      connections: [],
      volumes: [{ volume: 0, minor: 3, disk: 'UpToDate', backing: '/dev/data/web-1' }],
    },
  ],
} as never

const media = new Media('h', report(HOST))
const spacesOf = (path: string): readonly string[] => {
  const found = media.locate(path)
  return found.kind === 'located'
    ? found.footprints.map(
        ({ space, start, end, mode }) => `${mode} ${space} ${end > 100 * GIB ? 'all' : `${start / MIB}+${(end - start) / MIB}`}`,
      )
    : [found.kind]
}
const clash = (a: string, b: string): boolean => {
  const [one, other] = [media.locate(a), media.locate(b)]
  return one.kind === 'located' && other.kind === 'located' && one.footprints.some((x) => other.footprints.some((y) => doOverlap(x, y)))
}

test('every path to a LUN leads to one disk: legs, by-id, by-path, the map and its dm name', (t) => {
  for (const path of [
    '/dev/sdb',
    '/dev/sdc',
    `/dev/disk/by-id/scsi-3${LUN.slice(4)}`,
    '/dev/disk/by-path/fc-sdc',
    '/dev/mapper/mpatha',
    '/dev/dm-0',
    '/dev/../dev//sdb',
  ]) {
    t.deepEqual(spacesOf(path), [`whole lun:${LUN} all`], path)
  }
})

test('partitions are extents of their disk, by every name that they have', (t) => {
  for (const path of [
    '/dev/sdb1',
    '/dev/sdc1',
    '/dev/mapper/mpatha1',
    '/dev/mapper/mpathap1',
    '/dev/mapper/mpatha-part1',
    `/dev/disk/by-id/scsi-3${LUN.slice(4)}-part1`,
    '/dev/disk/by-partuuid/p-1',
  ]) {
    t.deepEqual(spacesOf(path), [`whole lun:${LUN} 1+1024`], path)
  }
  t.true(clash('/dev/sdb1', '/dev/mapper/mpatha'))
  t.false(clash('/dev/sdb1', '/dev/sdc2'))
  t.false(clash('/dev/sdb1', '/dev/sdb2'))
  t.deepEqual(spacesOf('/dev/vda1'), ['whole disk:h/serial V all'], 'where it begins is not known')
})

test('an LV lies within its PVs: beside other LVs, and not beside who writes the disk', (t) => {
  const own = `lv:${lvmUuid('d')}/web-1`
  for (const path of ['/dev/data/web-1', '/dev/mapper/data-web--1', '/dev/drbd3']) {
    t.deepEqual(spacesOf(path), [`whole ${own} all`, `within lun:${LUN} 1025+1024`], path)
  }
  t.false(clash('/dev/data/web-1', '/dev/data/not-made-yet'))
  t.true(clash('/dev/data/web-1', '/dev/sdc'))
  t.true(clash('/dev/data/web-1', '/dev/sdb2'))
  t.false(clash('/dev/data/web-1', '/dev/sdb1'))
})

test('a PV that LVM knows by another name is found by its signature', (t) => {
  t.deepEqual(spacesOf('/dev/crypt/secret'), [`whole lv:${lvmUuid('c')}/secret all`, 'within disk:h/ata-1 all'])
})

test('a file lies within its file system and all below it, by the nearest mount', (t) => {
  t.deepEqual(spacesOf('/srv/deep/a.img').slice(0, 2), ['whole file:fs-1/a.img all', `within lv:${lvmUuid('d')}/web-1 all`])
  t.deepEqual(spacesOf('/srv/deep/../a.img'), spacesOf('/srv/a.img'))
  t.true(clash('/srv/a.img', '/dev/data/web-1'))
  t.true(clash('/srv/a.img', '/dev/sdb'))
  t.false(clash('/srv/a.img', '/srv/b.img'))
  t.deepEqual(spacesOf('/nfs/a.img'), ['whole nfs:10.0.0.9:/x/a.img all', 'within nfs:10.0.0.9:/x all'])
  t.deepEqual(spacesOf('/root/a.img'), ['whole file:h/root/a.img all'])
})

test('disks of the machine that share a WWID and a serial number are told apart by their slots', (t) => {
  t.deepEqual([spacesOf('/dev/sda'), spacesOf('/dev/sdd')], [['whole disk:h/ata-1 all'], ['whole disk:h/ata-2 all']])
})

test('what is not there is unknown, and what may not have been read is unread', (t) => {
  t.deepEqual(media.locate('/dev/sdz'), { kind: 'unknown', reason: 'there is no device /dev/sdz' })
  t.is(media.locate('nbd:10.0.0.1').kind, 'unknown')
  const problems = [{ section: 'lvs', source: 'lvs', reason: 'stopped' }] as const
  t.deepEqual(new Media('h', report({ ...HOST, problems })).locate('/dev/sdb'), { kind: 'unread', reason: 'lvs (lvs: stopped)' })
})

test('two VGs of one name leave it open whose LV is meant', (t) => {
  const two = new Media('h', report({ ...HOST, vgs: [...(HOST.vgs ?? []), vg('data', 'e')] as never }))
  t.is(two.locate('/dev/data/new').kind, 'unknown')
})
