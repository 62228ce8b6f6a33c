import test from 'ava'
import { ConnectivityMatrix, type MatrixHost } from '../../../manager/connectivity/matrix.ts'
import type { Problem } from '../../../manager/protocol/inventory.ts'
import { mac, plugged, port, reporting } from './inventories.ts'

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

type Given = Parameters<typeof reporting>[1]

/** A host whose xenbr0 leads out by eth0, with the MAC of this number, hearing those. */
const bridged = (id: string, number: number, hears: readonly number[] = [], more: Given = {}): MatrixHost =>
  reporting(id, {
    nics: [{ name: 'eth0', mac: mac(number), master: 'xenbr0' }],
    bridges: [{ name: 'xenbr0', mac: mac(number), ports: [port('eth0'), port('vif3.0')] }],
    heard: hears.map((each) => ({ bridge: 'xenbr0', port: 'eth0', mac: mac(each) })),
    ...more,
  })

/** A host with VLAN 100 of eth0 in xenbr0. */
const tagged = (id: string, more: Given = {}): MatrixHost =>
  reporting(id, {
    nics: [{ name: 'eth0', mac: mac(1) }],
    vlans: [{ name: 'eth0.100', parent: 'eth0', id: 100, master: 'br100' }],
    bridges: [{ name: 'br100', ports: [port('eth0.100')] }],
    ...more,
  })

test('hosts that hear each other are on one untagged network, and hearing is passed on', (t) => {
  const matrix = matrixOf(bridged('a', 1, [2]), bridged('b', 2, [3, 900]), bridged('c', 3), bridged('d', 4, [901]))
  t.deepEqual(keys(matrix), [`segment:${mac(1)} 3`])
  t.is(why(matrix, `segment:${mac(1)}`, 'c'), 'reached: xenbr0 over eth0')
  t.is(why(matrix, `segment:${mac(1)}`, 'd'), 'xenbr0 over eth0 hears none of these hosts')
  t.is(why(matrix, `segment:${mac(4)}`, 'd'), 'reached: xenbr0 over eth0', 'a network of its own, though no row')
  t.is(matrix.describe(`segment:${mac(1)}`), `untagged network of ${mac(1)}`)
})

test('one that is only heard, far behind many others, is on the network too', (t) => {
  const many = Array.from({ length: 40 }, (_, index) =>
    bridged(
      `n${index}`,
      index + 10,
      Array.from({ length: 42 }, (_, at) => at + 10),
    ),
  )
  const matrix = matrixOf(...many, bridged('deaf', 51))
  t.deepEqual(keys(matrix), [`segment:${mac(10)} 41`])
})

test('a guest that is heard on its own vif brings no hosts together', (t) => {
  const hearing = bridged('a', 1, [], { heard: [{ bridge: 'xenbr0', port: 'vif3.0', mac: mac(2) }] })
  t.deepEqual(keys(matrixOf(hearing, bridged('b', 2))), [])
})

test('an untagged network is on the VLAN that the switch says its port is on', (t) => {
  const native = bridged('a', 1, [], {
    nics: [{ name: 'eth0', mac: mac(1), neighbours: [plugged('sw1', 'Ethernet7', { nativeVlan: 100 })] }],
  })
  const matrix = matrixOf(native, tagged('b'), bridged('c', 3))
  t.deepEqual(keys(matrix), ['vlan:100 2'])
  t.is(why(matrix, 'vlan:100', 'a'), 'reached: xenbr0 over eth0')
  t.is(why(matrix, 'vlan:100', 'b'), 'reached: br100 over eth0.100')
  t.is(why(matrix, 'vlan:100', 'c'), 'no bridge of it is on VLAN 100')
  t.is(matrix.describe('vlan:100'), 'VLAN 100')
})

const sw = (vlans: readonly number[], nativeVlan?: number) => [
  plugged('sw1', 'Ethernet7', { vlans, ...(nativeVlan === undefined ? {} : { nativeVlan }) }),
]

const VLAN_ABSENCES: readonly [what: string, given: Given, reason: string][] = [
  ['no NIC with a link', { nics: [{ name: 'eth0', mac: mac(2), link: 'down' }] }, 'none of its NICs has a link'],
  [
    'the interface in no bridge',
    { nics: [{ name: 'eth0', mac: mac(2) }], vlans: [{ name: 'eth0.100', parent: 'eth0', id: 100 }] },
    'eth0.100 is in no bridge',
  ],
  [
    'the VLAN on its port, and no interface for it',
    { nics: [{ name: 'eth1', mac: mac(2), neighbours: sw([20, 100]) }] },
    'VLAN 100 is on Ethernet7 of sw1, where eth1 is plugged in, and no bridge takes it',
  ],
  [
    'a port without the VLAN',
    { nics: [{ name: 'eth0', mac: mac(2), neighbours: sw([30, 20], 1) }] },
    'VLAN 100 is not on the port: Ethernet7 of sw1 carries 1, 20, 30',
  ],
  [
    'a port of many other VLANs',
    { nics: [{ name: 'eth0', mac: mac(2), neighbours: sw(Array.from({ length: 20 }, (_, index) => index + 1)) }] },
    'VLAN 100 is not on the port: Ethernet7 of sw1 carries 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 10 others',
  ],
  [
    'NICs that could not be read',
    { problems: [{ section: 'nics', source: '/sys/class/net', reason: 'no permission' }] },
    'not known: /sys/class/net: no permission',
  ],
]

test('trouble with a part of what is known of the NICs hides no reason', (t) => {
  const host = reporting('b', {
    nics: [{ name: 'eth0', mac: mac(2), link: 'down' }],
    problems: [{ section: 'nics', source: 'lldpcli', reason: 'exit code 1', lacks: 'parts' }],
  })
  t.is(why(matrixOf(tagged('a'), host), 'vlan:100', 'b'), 'none of its NICs has a link')
})

test('what is missing from a section of which only a part could be read is not known, and so are the VLANs of bridges', (t) => {
  const nics = [{ name: 'eth0', mac: mac(2), link: 'down' as const }]
  const given = (problem: Pick<Problem, 'section' | 'lacks'>) =>
    reporting('b', { nics, problems: [{ source: 's', reason: 'r', ...problem }] })
  for (const problem of [{ section: 'nics' }, { section: 'nics', lacks: 'items' }, { section: 'bridges', lacks: 'parts' }] as const) {
    t.is(why(matrixOf(tagged('a'), given(problem)), 'vlan:100', 'b'), 'not known: s: r', JSON.stringify(problem))
  }
})

for (const [what, given, reason] of VLAN_ABSENCES) {
  test(`a host with ${what} is told so of a VLAN`, (t) => {
    t.is(why(matrixOf(tagged('a'), reporting('b', given)), 'vlan:100', 'b'), reason)
  })
}

test('a VLAN whose interface is there is still cut off by a missing link, or by the switch', (t) => {
  const unplugged = tagged('a', { nics: [{ name: 'eth0', mac: mac(1), link: 'down' }] })
  t.is(why(matrixOf(unplugged), 'vlan:100', 'a'), 'eth0 has no link')
  const elsewhere = { nics: [{ name: 'eth0', mac: mac(1), neighbours: sw([20], 1) }] }
  t.is(why(matrixOf(tagged('a', elsewhere)), 'vlan:100', 'a'), 'VLAN 100 is not on the port: Ethernet7 of sw1 carries 1, 20')
  const hears = { ...elsewhere, heard: [{ bridge: 'br100', port: 'eth0.100', mac: mac(9) }] }
  t.is(why(matrixOf(tagged('a', hears)), 'vlan:100', 'a'), 'reached: br100 over eth0.100', 'who is heard there is there')
})

test('a bond is up while one of its NICs is, and named with them when none is', (t) => {
  const bonded = (first: 'up' | 'down') =>
    reporting('a', {
      nics: [
        { name: 'eth0', mac: mac(1), link: first, neighbours: sw([100]) },
        { name: 'eth1', mac: mac(1), link: 'down' },
      ],
      bonds: [
        {
          name: 'bond0',
          members: [
            { name: 'eth0', link: first, active: true },
            { name: 'eth1', link: 'down', active: false },
          ],
        },
      ],
      vlans: [{ name: 'bond0.100', parent: 'bond0', id: 100 }],
      bridges: [
        { name: 'br100', ports: [port('bond0.100')] },
        { name: 'xenbr0', ports: [port('bond0')] },
      ],
    })
  t.is(why(matrixOf(bonded('up')), 'vlan:100', 'a'), 'reached: br100 over bond0.100')
  t.is(why(matrixOf(bonded('down')), 'vlan:100', 'a'), 'eth0, eth1 have no link')
  t.is(why(matrixOf(bonded('down'), bridged('b', 2, [3]), bridged('c', 3)), `segment:${mac(2)}`, 'a'), 'none of its NICs has a link')
})

test('a filtering bridge is on every VLAN that it lets through to an uplink', (t) => {
  const filtering = reporting('a', {
    nics: [{ name: 'eth0', mac: mac(1) }],
    bridges: [
      {
        name: 'xenbr0',
        vlanFiltering: true,
        ports: [port('eth0', { nativeVlan: 1, vlans: [1, 100, 200] }), port('vif1.0', { vlans: [300] })],
      },
    ],
    heard: [{ bridge: 'xenbr0', port: 'eth0', mac: mac(2), vlan: 1 }],
  })
  const matrix = matrixOf(filtering, bridged('b', 2))
  t.deepEqual(keys(matrix), [`segment:${mac(1)} 2`, 'vlan:100 1', 'vlan:200 1'])
})

test('a VLAN within a VLAN is another network than either', (t) => {
  const nested = tagged('a', {
    vlans: [
      { name: 'eth0.100', parent: 'eth0', id: 100, protocol: '802.1ad' },
      { name: 'eth0.100.7', parent: 'eth0.100', id: 7 },
    ],
    bridges: [{ name: 'br7', ports: [port('eth0.100.7')] }],
  })
  t.deepEqual(keys(matrixOf(nested)), ['vlan:100.7 1'])
})

test('a host without an untagged network is told what its bridges are on', (t) => {
  const pair = [bridged('a', 1, [2]), bridged('b', 2)]
  const key = `segment:${mac(1)}`
  t.is(why(matrixOf(...pair, tagged('c')), key, 'c'), 'its bridges are on VLAN 100')
  t.is(why(matrixOf(...pair, reporting('c', {})), key, 'c'), 'no bridge leads out of it')
  const down = bridged('c', 3, [], {
    nics: [
      { name: 'eth0', mac: mac(3), link: 'down' },
      { name: 'eth1', mac: mac(4) },
    ],
  })
  t.is(why(matrixOf(...pair, down), key, 'c'), 'eth0 has no link')
})

test('hosts on one VLAN that do not all hear each other are islands', (t) => {
  const on = (id: string, number: number, hears: readonly number[]) =>
    tagged(id, {
      nics: [{ name: 'eth0', mac: mac(number) }],
      heard: hears.map((each) => ({ bridge: 'br100', port: 'eth0.100', mac: mac(each) })),
    })
  t.deepEqual(matrixOf(on('a', 1, [2]), on('b', 2, []), on('c', 3, [4]), on('d', 4, [3])).islands('vlan:100'), [
    ['a', 'b'],
    ['c', 'd'],
  ])
  t.deepEqual(matrixOf(on('a', 1, [2]), on('b', 2, [])).islands('vlan:100'), [])
  t.deepEqual(matrixOf(on('a', 1, []), on('b', 2, [])).islands('vlan:100'), [], 'nobody is heard: nothing is known')
  t.deepEqual(matrixOf().islands('vlan:100'), [])
})
