import test from 'ava'
import { lvmUuid, naa, reporting } from '../inventories.ts'
import { fcPath, iscsiPath, keys, LUN, loggedIn, lunKey, matrixOf, TARGET, why } from './pool.ts'

const VG = lvmUuid('v')
const vgKey = `vg:${VG}`
const withVg = (id: string, more: { readonly missingPvs?: number; readonly exported?: boolean } = {}, device = '/dev/sdb') =>
  loggedIn(id, {
    pvs: [{ uuid: lvmUuid('p'), device, vg: 'data', vgUuid: VG }],
    vgs: [{ uuid: VG, name: 'data', pvs: 2, ...more }],
    lvs: [{ uuid: lvmUuid('l'), name: 'images-1', vg: 'data', vgUuid: VG }],
    fileSystems: [{ on: 'data-images--1', type: 'xfs', uuid: 'fs-1', label: 'images', mountPoints: ['/srv'] }],
  })

test('a VG and a file system on a LUN are rows of their own', (t) => {
  const matrix = matrixOf(withVg('a'), withVg('b'))
  t.deepEqual(keys(matrix), [`fs:fs-1 2`, `iscsi:${TARGET} 2`, `${lunKey} 2`, `${vgKey} 2`])
  t.is(why(matrix, vgKey, 'a'), 'reached: VG data on 1 LUN')
  t.is(why(matrix, 'fs:fs-1', 'a'), 'reached: on data-images--1, mounted on /srv')
  t.deepEqual(matrix.localStorage('a')?.vgs, [])
})

test('a VG that is not whole is not reached', (t) => {
  t.is(why(matrixOf(withVg('a', { missingPvs: 1 })), vgKey, 'a'), '1 of the 2 PVs of VG data is missing')
  t.is(why(matrixOf(withVg('a', { exported: true })), vgKey, 'a'), 'VG data is exported: vgimport makes it usable')
})

test('a host without a VG is told of the LUN beneath, or to scan anew', (t) => {
  const matrix = matrixOf(withVg('a'), reporting('b', {}), loggedIn('c'))
  t.is(why(matrix, vgKey, 'b'), `it does not reach LUN ${LUN}: iSCSI is not set up there: it has no initiator name`)
  t.is(why(matrix, vgKey, 'c'), `it reaches LUN ${LUN}, and LVM there does not show VG data: have its PVs scanned anew`)
  t.is(why(matrix, 'fs:fs-1', 'b'), `it does not reach LUN ${LUN}: iSCSI is not set up there: it has no initiator name`)
  t.regex(why(matrix, 'fs:fs-1', 'c'), /no xfs file system of this UUID is seen there/)
})

test('PVs are found through multipath maps and partitions', (t) => {
  const host = (device: string) =>
    reporting('a', {
      blockDevices: [fcPath('sdc')],
      multipaths: [{ name: 'mpatha', dm: 'dm-3', wwid: LUN, paths: [] }],
      partitions: [
        { name: 'sdc1', disk: 'sdc' },
        { name: 'mpatha1', disk: 'dm-3' },
      ],
      pvs: [{ uuid: lvmUuid('p'), device, vgUuid: VG }],
      vgs: [{ uuid: VG, name: 'data' }],
    })
  for (const device of ['/dev/sdc', '/dev/sdc1', '/dev/mapper/mpatha', '/dev/dm-3', '/dev/mapper/mpatha1', '/dev/mapper/mpatha-part2']) {
    t.is(why(matrixOf(host(device)), vgKey, 'a'), 'reached: VG data on 1 LUN', device)
  }
  t.is(why(matrixOf(host('/dev/sdz')), vgKey, 'a'), `no host sees ${vgKey}`)
})

for (const [what, on, device] of [
  ['LUKS', 'dm-7', '/dev/mapper/luks-data'],
  ['md', 'md127', '/dev/md/data'],
  ['bcache', 'bcache0', '/dev/bcache0'],
  ['a partition of a map', 'dm-9', '/dev/mapper/data-part1'],
] as const) {
  test(`a VG on ${what} over a shared LUN is shared, and so is a file system there`, (t) => {
    const opened = (id: string) =>
      loggedIn(id, {
        fileSystems: [
          { on: 'sdb', type: 'crypto_LUKS' },
          { on, type: 'LVM2_member', uuid: lvmUuid('p'), disks: ['sdb'] },
          { on: 'dm-10', type: 'xfs', uuid: 'fs-1', disks: ['sdb'] },
        ],
        pvs: [{ uuid: lvmUuid('p'), device, vgUuid: VG }],
        vgs: [{ uuid: VG, name: 'data' }],
      })
    const matrix = matrixOf(opened('a'), opened('b'))
    t.deepEqual(keys(matrix), [`fs:fs-1 2`, `iscsi:${TARGET} 2`, `${lunKey} 2`, `${vgKey} 2`])
    t.deepEqual([matrix.localStorage('a')?.vgs, matrix.localStorage('a')?.fileSystems], [[], []])
  })
}

test('a map under another name than its LUN’s is found by its paths', (t) => {
  const host = reporting('a', {
    blockDevices: [fcPath('sdc')],
    multipaths: [{ name: 'data', dm: 'dm-3', wwid: 't10.MODEL_SERIAL', paths: [{ device: 'sdc', state: 'active', group: 1 }] }],
    pvs: [{ uuid: lvmUuid('p'), device: '/dev/mapper/data', vgUuid: VG }],
    vgs: [{ uuid: VG, name: 'data' }],
  })
  t.is(why(matrixOf(host), vgKey, 'a'), 'reached: VG data on 1 LUN')
})

test('copies of one disk have one UUID, and are two rows', (t) => {
  const other = naa('b')
  const copy = reporting('c', {
    blockDevices: [iscsiPath('sdb', { wwid: other })],
    pvs: [{ uuid: lvmUuid('p'), device: '/dev/sdb', vgUuid: VG }],
    vgs: [{ uuid: VG, name: 'data' }],
  })
  const matrix = matrixOf(withVg('a'), withVg('b'), copy)
  t.deepEqual(
    keys(matrix).filter((key) => key.startsWith('vg:')),
    [`${vgKey}@${LUN} 2`, `${vgKey}@${other} 1`],
  )
  t.is(why(matrix, `${vgKey}@${other}`, 'c'), 'reached: VG data on 1 LUN')
  t.regex(why(matrix, `${vgKey}@${other}`, 'a'), new RegExp(`^it does not reach LUN ${other}: `))
})
