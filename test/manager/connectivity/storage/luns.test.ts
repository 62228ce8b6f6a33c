import test from 'ava'
import { iqn, reporting, wwn } from '../inventories.ts'
import { fcPath, iscsiPath, keys, LUN, loggedIn, lunKey, matrixOf, session, TARGET, why } from './pool.ts'

test('a LUN and its target are rows, with the hosts that see them and how', (t) => {
  const matrix = matrixOf(loggedIn('a'), loggedIn('b'))
  t.deepEqual(keys(matrix), [`iscsi:${TARGET} 2`, `${lunKey} 2`])
  t.deepEqual(matrix.cells(lunKey), [
    { host: 'a', reach: { kind: 'reached', how: '1 path by iscsi' } },
    { host: 'b', reach: { kind: 'reached', how: '1 path by iscsi' } },
  ])
  t.is(why(matrix, `iscsi:${TARGET}`, 'a'), 'reached: logged in at 10.77.0.1:3260')
  t.like(matrix.rows()[1], { thing: { product: 'IET VIRTUAL-DISK', sizeBytes: 1 << 30 } })
})

const ISCSI_ABSENCES: readonly [what: string, given: Parameters<typeof reporting>[1], reason: string][] = [
  ['iSCSI that is not set up', {}, 'iSCSI is not set up there: it has no initiator name'],
  ['no session', { iscsi: { initiator: iqn('b'), sessions: [] } }, `no session with ${TARGET} is logged in`],
  [
    'a session that is down',
    { iscsi: { initiator: iqn('b'), sessions: [session({ connected: false })] } },
    `its session with ${TARGET} at 10.77.0.1:3260 is not connected`,
  ],
  [
    'a target that masks the LUN',
    { iscsi: { initiator: iqn('b'), sessions: [session()] } },
    `${TARGET} shows it no LUN 1: does its access list name ${iqn('b')}?`,
  ],
  [
    'a report without its sessions',
    { problems: [{ section: 'iscsi', source: 'iscsiadm -m session', reason: 'exit code 127' }] },
    'not known: iscsiadm -m session: exit code 127',
  ],
]

test('trouble with Fibre Channel is no reason against a LUN by iSCSI', (t) => {
  const host = reporting('b', { problems: [{ section: 'fcHbas', source: '/sys/class/fc_host', reason: 'no permission' }] })
  t.is(why(matrixOf(loggedIn('a'), host), lunKey, 'b'), 'iSCSI is not set up there: it has no initiator name')
})

for (const [what, given, reason] of ISCSI_ABSENCES) {
  test(`a host with ${what} is told so of an iSCSI LUN`, (t) => {
    t.is(why(matrixOf(loggedIn('a'), reporting('b', given)), lunKey, 'b'), reason)
  })
}

test('a target whose session is down is not reached', (t) => {
  const down = reporting('b', { iscsi: { sessions: [session({ connected: false })] } })
  t.is(why(matrixOf(down), `iscsi:${TARGET}`, 'b'), 'its session with 10.77.0.1:3260 is not connected')
})

const HBA = { host: 'host7', port: wwn('b') }

const FC_ABSENCES: readonly [what: string, given: Parameters<typeof reporting>[1], reason: string][] = [
  ['no HBA', {}, 'it has no Fibre Channel HBA'],
  ['no link', { fcHbas: [{ ...HBA, link: 'down' }] }, 'no HBA link: host7 is down'],
  [
    'another zone',
    { fcHbas: [HBA] },
    'its HBAs (bb:bb:bb:bb:bb:bb:bb:bb) see no target port 55:55:55:55:55:55:55:55: are they in one zone?',
  ],
  [
    'no mapping',
    { fcHbas: [{ ...HBA, targets: [{ port: wwn('5'), connected: true }] }] },
    'target port 55:55:55:55:55:55:55:55 shows it no LUN 4: is it mapped to bb:bb:bb:bb:bb:bb:bb:bb?',
  ],
]

for (const [what, given, reason] of FC_ABSENCES) {
  test(`a host with ${what} is told so of a Fibre Channel LUN`, (t) => {
    t.is(why(matrixOf(reporting('a', { blockDevices: [fcPath()] }), reporting('b', given)), lunKey, 'b'), reason)
  })
}

test('of several ways to a LUN the one is told on which the host came farthest', (t) => {
  const others = reporting('a', { blockDevices: [iscsiPath(), fcPath()], iscsi: { sessions: [session()] } })
  const host = reporting('b', { fcHbas: [HBA], iscsi: { initiator: iqn('b'), sessions: [session()] } })
  t.is(why(matrixOf(others, host), lunKey, 'b'), `${TARGET} shows it no LUN 1: does its access list name ${iqn('b')}?`)
})

test('a LUN with some failed paths is reached, one with none left is not', (t) => {
  const paths = (first: 'active' | 'failed', second: 'active' | 'failed') =>
    reporting('a', {
      blockDevices: [fcPath('sdc'), fcPath('sdd')],
      multipaths: [
        {
          name: 'mpatha',
          wwid: LUN,
          paths: [
            { device: 'sdc', state: first, group: 1, check: first === 'failed' ? 'faulty' : 'ready' },
            { device: 'sdd', state: second, group: 1 },
          ],
        },
      ],
    })
  t.is(why(matrixOf(paths('active', 'active')), lunKey, 'a'), 'reached: 2 paths by fc')
  t.is(why(matrixOf(paths('failed', 'active')), lunKey, 'a'), 'reached: 2 paths by fc, 1 failed')
  t.is(why(matrixOf(paths('failed', 'failed')), lunKey, 'a'), 'all 2 paths have failed: multipath has given up sdc (faulty)')
  const gone = loggedIn('a', { iscsi: { sessions: [session({ connected: false })] } })
  t.is(why(matrixOf(gone), lunKey, 'a'), `its path has failed: the session with ${TARGET} is not connected`)
})

test('a SAS disk is local until a second host sees it', (t) => {
  const sas = (id: string) => reporting(id, { blockDevices: [{ name: 'sdb', wwid: LUN, transport: 'sas' }] })
  const matrix = matrixOf(sas('a'))
  t.deepEqual(keys(matrix), [])
  t.deepEqual(
    matrix.localStorage('a')?.disks.map(({ name }) => name),
    ['sdb'],
  )
  matrix.update(sas('b'))
  matrix.update(reporting('c', {}))
  t.deepEqual(keys(matrix), [`${lunKey} 2`])
  t.deepEqual(matrix.localStorage('a')?.disks, [])
  t.is(why(matrix, lunKey, 'c'), 'no SAS path leads to it: is it cabled to this enclosure?')
})

test('disks in the machine are local, though two machines call them the same', (t) => {
  const sata = (id: string) =>
    reporting(id, {
      blockDevices: [
        { name: 'sda', wwid: 't10.ATA QEMU HARDDISK QM00001', transport: 'sata' },
        { name: 'sr0', removable: true, transport: 'sata' },
      ],
      partitions: [{ name: 'sda1', disk: 'sda' }],
      fileSystems: [
        { on: 'sda1', uuid: 'same-on-both' },
        { on: 'sda2', type: 'LVM2_member', uuid: 'x' },
      ],
    })
  const matrix = matrixOf(sata('a'), sata('b'))
  t.deepEqual(keys(matrix), [])
  t.deepEqual(
    matrix.localStorage('a')?.disks.map(({ name }) => name),
    ['sda'],
  )
  t.deepEqual(
    matrix.localStorage('a')?.fileSystems.map(({ on }) => on),
    ['sda1'],
  )
  t.is(matrix.localStorage('nobody'), undefined)
})
