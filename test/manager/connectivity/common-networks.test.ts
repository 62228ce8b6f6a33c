import test from 'ava'
import { commonNetworks } from '../../../manager/connectivity/common-networks.ts'

type Sections = Parameters<typeof commonNetworks>[0]

const nic = (name: string, speed: number | undefined, link: 'up' | 'down' = 'up') => ({
  ...{ name, mac: '52:54:00:00:00:01', link, neighbours: [] },
  ...(speed === undefined ? {} : { speed }),
})
const bridge = (name: string, ...ports: readonly string[]) => ({
  ...{ name, link: 'up', stp: false, vlanFiltering: false },
  ports: ports.map((port) => ({ name: port, link: 'up', vlans: [] })),
})
const host = (addresses: readonly (readonly [string, string, number])[], more: object = {}): Sections =>
  ({
    ...{ nics: [nic('eth0', 1000), nic('eth1', 10_000)], bonds: [], vlans: [], heard: [], bridges: [bridge('xenbr0', 'eth0')] },
    addresses: addresses.map(([on, address, prefix]) => ({ interface: on, address, prefix })),
    ...more,
  }) as unknown as Sections

test('hosts reach each other by the networks that both have an address in, the fastest first', (t) => {
  const one = host([
    ['xenbr0', '10.77.0.21', 24],
    ['eth1', '10.9.1.130', 25],
  ])
  const other = host([
    ['eth1', '10.9.1.131', 25],
    ['xenbr0', '10.77.0.22', 24],
  ])
  t.deepEqual(
    commonNetworks(one, other).map(({ network, addresses, megabits }) => [network, addresses, megabits]),
    [
      ['10.9.1.128/25', ['10.9.1.130', '10.9.1.131'], 10_000],
      ['10.77.0.0/24', ['10.77.0.21', '10.77.0.22'], 1000],
    ],
  )
})

test('the slower end is how fast a network is; where one does not say it, nobody knows', (t) => {
  const [one, slow, silent] = [host([['eth1', '10.0.0.1', 8]]), host([['eth0', '10.255.0.1', 8]]), host([['eth9', '10.255.0.2', 8]])]
  t.is(commonNetworks(one, slow)[0]?.megabits, 1000)
  t.like(commonNetworks(one, silent), [{ network: '10.0.0.0/8', megabits: undefined }])
  const unplugged = host([['eth1', '10.255.0.3', 8]], { nics: [nic('eth1', 10_000, 'down')] })
  t.is(commonNetworks(one, unplugged)[0]?.megabits, undefined)
})

test('what leads to no other host is no network in common: loopback, link-local, IPv6, another prefix, one address on both', (t) => {
  const odd = (last: number): Sections =>
    host([
      ['lo', `127.0.0.${last}`, 8],
      ['eth0', `169.254.0.${last}`, 16],
      ['eth0', `fe80::${last}`, 64],
      ['eth1', `10.0.${last}.1`, 24],
      ['eth1', `10.1.0.${last}`, 32],
      ['xenbr0', '192.168.0.1', 24],
    ])
  t.deepEqual(commonNetworks(odd(1), odd(2)), [])
})
