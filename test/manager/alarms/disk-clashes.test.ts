import test from 'ava'
import { DiskClashes } from '../../../manager/alarms/disk-clashes.ts'
import { ConnectivityMatrix } from '../../../manager/connectivity/matrix.ts'
import { iqn, lvmUuid, naa, reporting } from '../connectivity/inventories.ts'
import { Watched } from './watched.ts'

const LUN = naa('a')
const SIZE = 2 ** 30
type Seen = { readonly serial?: string; readonly sizeBytes?: number; readonly wwid?: string; readonly transport?: 'sas' | 'iscsi' }

const TARGET = { kind: 'iscsi' as const, target: iqn('san'), lun: 1 }
const seeing = (id: string, ...disks: readonly Seen[]) =>
  reporting(id, {
    blockDevices: disks.map(({ transport = 'sas', ...more }, index) => ({
      ...{ name: `sd${'abc'[index]}`, wwid: LUN, transport, sizeBytes: SIZE, ...(transport === 'iscsi' ? { target: TARGET } : {}) },
      ...more,
    })),
    pvs: [{ uuid: lvmUuid('p'), device: '/dev/sda', vgUuid: lvmUuid('v') }],
    vgs: [{ uuid: lvmUuid('v'), name: 'data' }],
  })

function told(...hosts: readonly ReturnType<typeof seeing>[]) {
  const matrix = new ConnectivityMatrix()
  for (const host of hosts) matrix.update(host)
  return { matrix, alarms: new Watched(new DiskClashes()).tell(...hosts) }
}

test('disks on two hosts with one WWID and different serial numbers are no LUN, but an alarm that names them', (t) => {
  const { matrix, alarms } = told(seeing('a', { serial: 'S-1' }), seeing('b', { serial: 'S-2' }))
  t.deepEqual(
    alarms.map(({ kind, about, host }) => [kind, about, host]),
    [['shared-wwid', LUN, undefined]],
  )
  t.regex(
    alarms[0]?.text ?? '',
    /^sda \(serial S1, 1 GiB\) of a and sda \(serial S2, 1 GiB\) of b have the same WWID naa\.6a+ and different serial/,
  )
  t.deepEqual(matrix.rows(), [])
  t.deepEqual(matrix.reachers(`lun:${LUN}`), new Set())
  t.deepEqual(
    matrix.localStorage('a')?.disks.map(({ name }) => name),
    ['sda'],
  )
})

test('two paths of one host that have one WWID and different serial numbers are an alarm of that host, and not reached', (t) => {
  const { matrix, alarms } = told(seeing('a', { serial: 'S1', transport: 'iscsi' }, { serial: 'S2', transport: 'iscsi' }))
  t.deepEqual(
    alarms.map(({ kind, host }) => [kind, host]),
    [['shared-wwid', 'a']],
  )
  const vg = `vg:${lvmUuid('v')}`
  t.deepEqual(
    matrix.rows().map(({ key, hosts }) => [key, hosts]),
    [
      [`lun:${LUN}`, 0],
      [vg, 0],
    ],
  )
  const reason = `different disks have the WWID ${LUN} (their serial numbers differ): it is no shared LUN`
  for (const key of [`lun:${LUN}`, vg]) {
    t.deepEqual(matrix.reach(key, 'a'), { kind: 'cut', reason })
    t.deepEqual(matrix.reachedBy(key), [])
  }
  t.deepEqual(matrix.localStorage('a')?.disks, [])
})

test('different sizes are an alarm, and local to nobody: it may be one disk that has grown', (t) => {
  const { matrix, alarms } = told(seeing('a', {}), seeing('b', { sizeBytes: 2 * SIZE }))
  t.regex(alarms[0]?.text ?? '', /different sizes: .* If it has grown, have it scanned anew/)
  t.is(matrix.row(`lun:${LUN}`)?.hosts, 0)
  t.deepEqual(matrix.localStorage('a')?.disks, [])
})

test('the alarm ends, and the LUN is reached again, when the disks agree', (t) => {
  const watched = new Watched(new DiskClashes())
  const matrix = new ConnectivityMatrix()
  const hosts = [seeing('a', {}), seeing('b', { sizeBytes: 2 * SIZE })]
  for (const host of hosts) matrix.update(host)
  t.is(watched.tell(...hosts).length, 1)
  const grown = seeing('a', { sizeBytes: 2 * SIZE })
  matrix.update(grown)
  t.deepEqual(watched.tell(grown), [])
  t.is(matrix.row(`lun:${LUN}`)?.hosts, 2)
  t.is(matrix.row(`vg:${lvmUuid('v')}`)?.hosts, 2)
})

const AGREEING: readonly [what: string, a: Seen, b: Seen][] = [
  ['one serial number in two spellings', { serial: 'ab-12 34' }, { serial: 'AB1234' }],
  ['a serial number that one host does not tell', { serial: 'AB1234' }, {}],
  ['a placeholder for one', { serial: 'AB1234' }, { serial: 'Unknow' }],
  ['the WWID once more for one, as udev has it', { serial: 'AB1234' }, { serial: `3${LUN.slice(4)}` }],
  ['a size that a passive path does not tell', { sizeBytes: 0 }, {}],
]

for (const [what, a, b] of AGREEING) {
  test(`${what} speaks not against one LUN`, (t) => {
    const { matrix, alarms } = told(seeing('a', a), seeing('b', b))
    t.deepEqual(alarms, [])
    t.is(matrix.row(`lun:${LUN}`)?.hosts, 2)
  })
}

test('a WWID that is a placeholder, which an older agent reports, makes no LUN and no alarm', (t) => {
  const zero = { wwid: `naa.${'0'.repeat(16)}` }
  const { matrix, alarms } = told(seeing('a', { ...zero, serial: 'A1' }, { ...zero, serial: 'A2' }), seeing('b', { ...zero, serial: 'B1' }))
  t.deepEqual([alarms, matrix.rows()], [[], []])
  t.is(matrix.localStorage('a')?.disks.length, 2)
})

test('disks of the machine’s own are compared where multipath has made one device of them', (t) => {
  const host = (more: object) =>
    reporting('a', {
      blockDevices: ['S1', 'S2'].map((serial, index) => ({ name: `sd${'ab'[index]}`, wwid: LUN, transport: 'sata', serial, ...more })),
    })
  t.deepEqual(new Watched(new DiskClashes()).tell(host({})), [])
  t.is(new Watched(new DiskClashes()).tell(host({ multipath: 'mpatha' })).length, 1)
})
