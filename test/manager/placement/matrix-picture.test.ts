import test from 'ava'
import type { Room } from '../../../manager/claims/rooms.ts'
import { ConnectivityMatrix, type MatrixHost } from '../../../manager/connectivity/matrix.ts'
import { matrixPicture } from '../../../manager/placement/matrix-picture.ts'
import type { PlacementNeeds } from '../../../manager/placement/picture.ts'
import { iqn, mac, naa, port, reporting } from '../connectivity/inventories.ts'
import { maskedEpyc, policyOf, withoutBit } from '../cpu/cpus.ts'
import { said } from './pictures.ts'

const GIB = 1 << 30
const LUN = naa('a')

const given = (more: Parameters<typeof reporting>[1] = {}): Parameters<typeof reporting>[1] => ({
  cpuPolicy: policyOf({ vendor: 'AuthenticAMD', xen: '4.20.1', rows: maskedEpyc.rows }),
  xen: { freeBytes: 8 * GIB },
  nics: [{ name: 'eth0', mac: mac(1) }],
  vlans: [{ name: 'eth0.100', parent: 'eth0', id: 100 }],
  bridges: [{ name: 'br100', ports: [port('eth0.100')] }],
  blockDevices: [{ name: 'sdb', wwid: LUN, transport: 'iscsi', target: { kind: 'iscsi', target: iqn('san'), lun: 0 } }],
  iscsi: { initiator: iqn('x'), sessions: [{ target: iqn('san'), portal: '10.0.0.1:3260', sid: 1, connected: true, luns: [] }] },
  ...more,
})

const GOOD = reporting('good', given())
const POOL: readonly MatrixHost[] = [
  GOOD,
  reporting('busy', given({ xen: { freeBytes: 1.5 * GIB } })),
  reporting('far', given({ vlans: [], bridges: [], blockDevices: [], iscsi: { sessions: [] } })),
  reporting('nx', given({ cpuPolicy: policyOf({ vendor: 'AuthenticAMD', xen: '4.20.1', rows: withoutBit(maskedEpyc, 2, 20).rows }) })),
  reporting('resting', given(), 'maintenance'),
  reporting('silent', given({ xen: {} }), 'lost'),
]

function placed(needs: Partial<PlacementNeeds>, pool = POOL): readonly string[] {
  const matrix = new ConnectivityMatrix()
  for (const host of pool) matrix.update(host)
  const all = {
    memoryBytes: GIB,
    dom0Bytes: 0,
    vcpus: 0,
    space: [],
    networks: [],
    storage: [],
    cpu: { kind: 'start', type: 'pvh' } as const,
  }
  return said(matrixPicture(matrix, { memory: (id) => roomOf(pool, id), cordon: () => undefined }), { ...all, ...needs })
}

/** As if all that Xen reports free were free. */
function roomOf(pool: readonly MatrixHost[], host: string): Room | undefined {
  const free = pool.find(({ id }) => id === host)?.inventory.xen.freeBytes
  return free === undefined ? undefined : { kind: 'room', capacity: free, used: 0, free, holders: [] }
}

test('a guest is told which hosts reach all that it needs, and all that is in the way of the others', (t) => {
  t.deepEqual(
    placed({
      networks: ['vlan:100'],
      storage: [`lun:${LUN}`],
      memoryBytes: 2 * GIB,
      cpu: { kind: 'move', guest: { type: 'pvh' }, from: 'busy' },
    }),
    [
      'fits: good',
      'busy is where it runs',
      'busy has 1.5 GiB of memory free, 2 GiB are needed',
      'far does not reach VLAN 100: no bridge of it is on VLAN 100',
      `far does not reach LUN ${LUN}: iSCSI is not set up there: it has no initiator name`,
      'NX/XD is off in the BIOS of nx',
      'resting is in maintenance',
      'silent is lost',
      'the free memory of silent is not known: it has not reported',
    ],
  )
})

test('a guest that starts needs no more of the CPU than its level', (t) => {
  t.is(placed({})[0], 'fits: far good nx busy')
  const level = { words: maskedEpyc.rows.get('HVM Default') ?? [], leaves: {} }
  t.is(placed({ cpu: { kind: 'start', type: 'hvm', level } })[0], 'fits: far good busy')
})

test('what no host sees is in the way everywhere', (t) => {
  t.deepEqual(placed({ networks: ['vlan:7'] }, [GOOD]), ['fits: ', 'good does not reach vlan:7: no host sees vlan:7'])
})

test('a guest whose host is not known is not moved', (t) => {
  const cpu = { kind: 'move', guest: { type: 'pvh' }, from: 'gone' } as const
  t.deepEqual(placed({ cpu }, [GOOD]), ['fits: ', 'the host that it runs on has not reported'])
})

test('a host that has to the byte what is needed is enough, and one byte less is not', (t) => {
  const pool = [reporting('exact', given({ xen: { freeBytes: 2 * GIB } })), reporting('short', given({ xen: { freeBytes: 2 * GIB - 1 } }))]
  t.is(placed({ memoryBytes: 2 * GIB }, pool)[0], 'fits: exact')
})
