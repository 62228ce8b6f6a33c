import test from 'ava'
import { ConnectivityMatrix, type MatrixHost } from '../../../manager/connectivity/matrix.ts'
import { iqn, lvmUuid, naa, reporting, wwn } from './inventories.ts'

function matrixOf(...hosts: readonly MatrixHost[]): ConnectivityMatrix {
  const matrix = new ConnectivityMatrix()
  for (const host of hosts) matrix.update(host)
  return matrix
}

const why = (matrix: ConnectivityMatrix, key: string, host: string): string => {
  const reach = matrix.reach(key, host)
  return reach.kind === 'reached' ? `reached: ${reach.how}` : reach.reason
}
const keys = (matrix: ConnectivityMatrix): readonly string[] => matrix.rows().map(({ key, hosts }) => `${key} ${hosts}`)

const TARGET = iqn('san')
const LUN = naa('a')
const lunKey = `lun:${LUN}`

const iscsiPath = (name = 'sdb', more: object = {}) => ({
  name,
  device: `/dev/${name}`,
  wwid: LUN,
  vendor: 'IET',
  model: 'VIRTUAL-DISK',
  transport: 'iscsi' as const,
  target: { kind: 'iscsi' as const, target: TARGET, lun: 1 },
  ...more,
})
const session = (more: object = {}) => ({ target: TARGET, portal: '10.77.0.1:3260', sid: 1, connected: true, luns: [], ...more })
const loggedIn = (id: string, more: object = {}) =>
  reporting(id, { blockDevices: [iscsiPath()], iscsi: { initiator: iqn(id), sessions: [session()] }, ...more })

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
const fcPath = (name = 'sdc') => ({
  name,
  device: `/dev/${name}`,
  wwid: LUN,
  transport: 'fc' as const,
  target: { kind: 'fc' as const, port: wwn('5'), lun: 4 },
})

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

test('an export is a row of the hosts that have it mounted', (t) => {
  const mount = { server: '10.0.0.9', export: '/iso', mountPoint: '/mnt/iso', version: '4.2', readOnly: true }
  const matrix = matrixOf(reporting('a', { nfsMounts: [mount] }), reporting('b', {}))
  t.deepEqual(keys(matrix), ['nfs:10.0.0.9:/iso 1'])
  t.is(why(matrix, 'nfs:10.0.0.9:/iso', 'a'), 'reached: mounted on /mnt/iso (NFS 4.2), read-only')
  t.is(why(matrix, 'nfs:10.0.0.9:/iso', 'b'), '10.0.0.9:/iso is not mounted there')
})

test('a host that has an export mounted under another name of its server is told so', (t) => {
  const mount = (id: string, server: string, exported: string) =>
    reporting(id, { nfsMounts: [{ server, export: exported, mountPoint: '/mnt' }] })
  const matrix = matrixOf(mount('a', 'nas', '/vm'), mount('b', 'nas.example.net', '/vm/'), mount('c', '10.0.0.5', '//vm'))
  t.is(
    why(matrix, 'nfs:10.0.0.5://vm', 'a'),
    '10.0.0.5://vm is not mounted there by this name; mounted there as nas:/vm, which may be the same',
  )
  t.regex(why(matrix, 'nfs:nas:/vm', 'b'), /mounted there as nas\.example\.net:\/vm\/, which/)
})

test('an export that is mounted under three names of one server is one row, by its address and path', (t) => {
  const mount = (id: string, server: string, exported: string, address: string) =>
    reporting(id, { nfsMounts: [{ server, export: exported, mountPoint: '/mnt', address }] })
  const nas = mount('a', 'nas', '/vm', '10.0.0.5')
  const full = mount('b', 'nas.example.net', '/vm/', '10.0.0.5')
  const bare = mount('c', '10.0.0.5', '//vm', '10.0.0.5')
  const matrix = matrixOf(nas, full, bare, reporting('d', {}), mount('e', 'other', '/vm', '10.0.0.6'))
  t.deepEqual(keys(matrix), ['nfs:10.0.0.5://vm 3', 'nfs:other:/vm 1'])
  for (const name of ['nfs:10.0.0.5://vm', 'nfs:nas:/vm', 'nfs:nas.example.net:/vm/']) {
    t.is(matrix.row(name)?.key, 'nfs:10.0.0.5://vm')
    t.is(why(matrix, name, 'a'), 'reached: mounted there as nas:/vm: mounted on /mnt')
    t.is(why(matrix, name, 'c'), 'reached: mounted on /mnt')
    t.is(why(matrix, name, 'd'), '10.0.0.5://vm is not mounted there')
    t.regex(why(matrix, name, 'e'), /not mounted there by this name; mounted there as other:\/vm/)
  }
  matrix.remove('c')
  t.deepEqual(keys(matrix), ['nfs:nas:/vm 2', 'nfs:other:/vm 1'])
  matrix.remove('a')
  t.deepEqual(keys(matrix), ['nfs:nas.example.net:/vm/ 1', 'nfs:other:/vm 1'])
})

test('one name that leads to another address on each host (a server of many) is one row; an address of the host itself tells nothing', (t) => {
  const mount = (id: string, server: string, address: string) =>
    reporting(id, { nfsMounts: [{ server, export: '/vm', mountPoint: '/mnt', address }] })
  t.deepEqual(keys(matrixOf(mount('a', 'nas', '10.0.0.5'), mount('b', 'nas', '10.0.0.6'))), ['nfs:nas:/vm 2'])
  t.is(keys(matrixOf(mount('a', 'one', '127.0.0.1'), mount('b', 'two', '127.0.0.1'))).length, 2)
})

test('the root that dom0 runs from is no storage for guests', (t) => {
  const host = reporting('a', {
    kernel: { commandLine: 'console=hvc0 hl.root=nfs:2049:/dom0/4f2a hl.name=a' },
    nfsMounts: [
      { server: '10.77.0.1', export: '/dom0/4f2a', mountPoint: '/run/root' },
      { server: '10.77.0.1', export: '/iso', mountPoint: '/iso' },
    ],
  })
  t.deepEqual(keys(matrixOf(host)), ['nfs:10.77.0.1:/iso 1'])
})

test('what no host sees is said to be seen by none, and a host that is not there to have reported nothing', (t) => {
  const matrix = matrixOf(reporting('a', {}))
  t.is(why(matrix, 'lun:naa.1', 'a'), 'no host sees lun:naa.1')
  t.is(why(matrix, 'lun:naa.1', 'b'), 'this host has not reported')
})

const NQN = 'nqn.2014-08.org.nvmexpress:uuid:5f1c'
const FAR = 'uuid.7f2c1e0a-0000-4000-8000-0000000000aa'
const namespaceAt = (id: string, fabric: object | undefined, wwid = FAR) =>
  reporting(id, {
    blockDevices: [
      {
        ...{ name: 'nvme0n1', device: '/dev/nvme0n1', wwid, model: 'Linux', transport: 'nvme' as const },
        ...(fabric ? { fabric: { transport: 'tcp', subsystem: NQN, controllers: [], ...fabric } } : {}),
      },
    ],
  })
const controllers = (...states: readonly string[]) => ({
  controllers: states.map((state, index) => ({ name: `nvme${index}`, state, address: `traddr=10.0.0.${index}` })),
})

test('an NVMe namespace over a network is a LUN of all hosts that reach it, one in the machine is its own', (t) => {
  const matrix = matrixOf(
    namespaceAt('a', controllers('live', 'connecting')),
    namespaceAt('b', { transport: 'rdma' }),
    namespaceAt('c', undefined),
    namespaceAt('d', controllers('connecting')),
    namespaceAt('e', {}, 'uuid.7f2c1e0a-0000-4000-8000-0000000000bb'),
  )
  const key = `lun:${FAR}`
  t.deepEqual(keys(matrix), [`${key} 2`, 'lun:uuid.7f2c1e0a-0000-4000-8000-0000000000bb 1'])
  t.is(why(matrix, key, 'a'), 'reached: 1 path by NVMe/tcp')
  t.is(why(matrix, key, 'b'), 'reached: 1 path by NVMe/rdma')
  t.regex(why(matrix, key, 'c'), new RegExp(`it has no namespace of NVMe subsystem ${NQN}: is it connected`))
  t.is(why(matrix, key, 'd'), 'its path has failed: no controller of nvme0n1 is live (nvme0 is connecting at traddr=10.0.0.0)')
  t.regex(why(matrix, key, 'e'), /shows it other namespaces/)
})
