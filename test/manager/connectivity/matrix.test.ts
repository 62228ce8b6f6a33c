import test from 'ava'
import fc from 'fast-check'
import { ConnectivityMatrix, type MatrixHost } from '../../../manager/connectivity/matrix.ts'
import { iqn, lvmUuid, mac, naa, port, reporting } from './inventories.ts'

/** All that a matrix says. */
function told(matrix: ConnectivityMatrix): unknown {
  const hosts = matrix.hosts().map(({ id }) => id)
  const cells = (key: string) => matrix.cells(key).toSorted((a, b) => a.host.localeCompare(b.host))
  return {
    rows: matrix.rows().map((row) => ({
      ...row,
      cells: cells(row.key),
      islands: matrix
        .islands(row.key)
        .map((each) => each.toSorted())
        .toSorted(),
    })),
    local: hosts.toSorted().map((id) => matrix.localStorage(id)),
  }
}

interface Seen {
  readonly luns: readonly string[]
  readonly transport: 'iscsi' | 'sas' | 'sata'
  readonly vg: boolean
  readonly connected: boolean
  readonly vlans: readonly number[]
  readonly native: number | undefined
  readonly hears: readonly number[]
  readonly link: 'up' | 'down'
}

function hostOf(number: number, seen: Seen): MatrixHost {
  const { luns, transport, vg, connected, vlans, native, hears, link } = seen
  const target = transport === 'iscsi' ? { target: { kind: 'iscsi' as const, target: iqn('san'), lun: 0 } } : {}
  return reporting(`n${number}`, {
    nics: [
      {
        name: 'eth0',
        mac: mac(number),
        link,
        neighbours: native === undefined ? [] : [{ chassisId: 'mac x', portId: 'ifname e1', nativeVlan: native, vlans: [] }],
      },
    ],
    vlans: vlans.map((id) => ({ name: `eth0.${id}`, parent: 'eth0', id })),
    bridges: [{ name: 'xenbr0', ports: [port('eth0')] }, ...vlans.map((id) => ({ name: `br${id}`, ports: [port(`eth0.${id}`)] }))],
    heard: hears.flatMap((each) => [
      { bridge: 'xenbr0', port: 'eth0', mac: mac(each) },
      ...vlans.map((id) => ({ bridge: `br${id}`, port: `eth0.${id}`, mac: mac(each) })),
    ]),
    blockDevices: luns.map((digit) => ({ name: `sd${digit}`, wwid: naa(digit), transport, ...target })),
    iscsi: { sessions: [{ target: iqn('san'), portal: '10.0.0.1:3260', sid: 1, connected, luns: [] }] },
    ...(vg
      ? {
          pvs: luns.map((digit) => ({ uuid: lvmUuid(digit), device: `/dev/sd${digit}`, vgUuid: lvmUuid('v') })),
          vgs: [{ uuid: lvmUuid('v'), name: 'data' }],
        }
      : {}),
  })
}

const seen: fc.Arbitrary<Seen> = fc.record({
  luns: fc.subarray(['a', 'b', 'c']),
  transport: fc.constantFrom('iscsi', 'sas', 'sata'),
  vg: fc.boolean(),
  connected: fc.boolean(),
  vlans: fc.subarray([10, 20]),
  native: fc.constantFrom(undefined, undefined, 10),
  hears: fc.subarray([0, 1, 2, 3, 4]),
  link: fc.constantFrom('up', 'up', 'down'),
})
const step = fc.tuple(fc.nat(4), fc.option(seen))

test('a matrix that was kept up to date says the same as one that was made anew', (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const kept = new ConnectivityMatrix()
      const last = new Map<string, MatrixHost>()
      for (const [number, change] of steps) {
        if (change) {
          const host = hostOf(number, change)
          kept.update(host)
          last.set(host.id, host)
        } else {
          kept.remove(`n${number}`)
          last.delete(`n${number}`)
        }
        kept.rows() // what is worked out in between must not be kept for too long
      }
      const anew = new ConnectivityMatrix()
      for (const host of last.values()) anew.update(host)
      t.deepEqual(told(kept), told(anew))
    }),
  )
})

test('one row, and who reaches it without the reasons, say the same as all of the matrix', (t) => {
  fc.assert(
    fc.property(fc.array(seen, { maxLength: 6 }), (hosts) => {
      const matrix = new ConnectivityMatrix()
      for (const [number, what] of hosts.entries()) matrix.update(hostOf(number, what))
      for (const row of matrix.rows()) {
        t.deepEqual(matrix.row(row.key), row)
        const reached = matrix.cells(row.key).flatMap(({ host, reach }) => (reach.kind === 'reached' ? [host] : []))
        t.deepEqual([...matrix.reachers(row.key)].sort(), reached.toSorted())
      }
      t.is(matrix.row('vlan:4000'), undefined)
      t.deepEqual(matrix.reachers('lun:naa.none'), new Set())
    }),
  )
})

test('a report without changes leaves everything as it is, and a new name is known at once', (t) => {
  const matrix = new ConnectivityMatrix()
  const host = hostOf(1, {
    luns: ['a'],
    transport: 'iscsi',
    vg: true,
    connected: true,
    vlans: [10],
    native: undefined,
    hears: [],
    link: 'up',
  })
  matrix.update(host)
  const before = told(matrix)
  matrix.update({ ...host, name: 'renamed', inventory: { ...host.inventory } })
  t.deepEqual(told(matrix), before)
  t.is(matrix.hosts()[0]?.name, 'renamed')
  t.is(matrix.cpuOf('n1')?.host, 'renamed')
})

test('one host’s change in a pool of many touches what is its own', (t) => {
  const matrix = new ConnectivityMatrix()
  const same = { transport: 'iscsi', vg: true, connected: true, native: undefined, link: 'up' } as const
  const pool = Array.from({ length: 1000 }, (_, index) =>
    hostOf(index, { ...same, luns: ['a', 'b'], vlans: [10, 20], hears: [index - 1, index + 1].filter((each) => each >= 0) }),
  )
  for (const host of pool) matrix.update(host)
  t.deepEqual(
    matrix.rows().map(({ key, hosts }) => `${key} ${hosts}`),
    [
      `iscsi:${iqn('san')} 1000`,
      `lun:${naa('a')} 1000`,
      `lun:${naa('b')} 1000`,
      `segment:${mac(0)} 1000`,
      `vg:${lvmUuid('v')} 1000`,
      'vlan:10 1000',
      'vlan:20 1000',
    ],
  )
  matrix.update(hostOf(500, { ...same, luns: ['a'], vg: false, vlans: [20], hears: [], link: 'up' }))
  t.deepEqual(
    matrix.rows().map(({ hosts }) => hosts),
    [1000, 1000, 999, 1000, 999, 999, 1000],
  )
})
