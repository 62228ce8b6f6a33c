import test from 'ava'
import { parseBridgeFdb } from '../../../../images/agent/inventory/bridge-fdb.ts'
import { parseBridgeVlan } from '../../../../images/agent/inventory/bridge-vlan.ts'
import { parseEthtoolDriver } from '../../../../images/agent/inventory/ethtool.ts'
import { parseIpAddress } from '../../../../images/agent/inventory/ip-address.ts'
import { linkState, parseIpLink } from '../../../../images/agent/inventory/ip-link.ts'
import { parseLldp } from '../../../../images/agent/inventory/lldp.ts'
import { fixture } from '../machines.ts'

test('parseIpLink reads bond, VLAN, bridge and how they hang together', (t) => {
  const { value, reasons } = parseIpLink(fixture('ip-link-6.15-trixie-bond-vlan.json'))
  t.deepEqual(reasons, [])
  const of = (name: string) => value.find(({ ifname }) => ifname === name)
  t.like(of('eth0'), { master: 'xenbr0', parentbus: 'virtio', parentdev: 'virtio0', address: '52:54:00:77:00:01' })
  t.like(of('bond0.12'), { link: 'bond0', master: 'xenbr12', linkinfo: { info_kind: 'vlan', info_data: { id: 12, protocol: '802.1Q' } } })
  t.is(of('bond0')?.linkinfo?.info_data?.mode, 'active-backup')
  t.is(of('dummy0')?.linkinfo?.info_slave_data?.state, 'ACTIVE')
  t.is(of('xenbr-f')?.linkinfo?.info_data?.vlan_filtering, 1)
})

test('a link that is not up is down, unless the kernel does not know', (t) => {
  const state = (operstate: string) => linkState({ ifname: 'x', operstate } as Parameters<typeof linkState>[0])
  t.is(state('UP'), 'up')
  t.is(state('LOWERLAYERDOWN'), 'down')
  t.is(state('UNKNOWN'), 'unknown')
})

test('parseIpAddress gives dom0’s addresses, not the loopback’s nor the link-local ones', (t) => {
  const { value, reasons } = parseIpAddress(fixture('ip-addr-6.15-trixie.json'))
  t.deepEqual(reasons, [])
  t.deepEqual(value, [
    { interface: 'xenbr0', address: '10.77.0.21', prefix: 24 },
    { interface: 'xenbr12', address: '192.0.2.7', prefix: 24 },
  ])
})

test('parseBridgeFdb gives who was heard, and none of this host', (t) => {
  const { value, reasons } = parseBridgeFdb(fixture('bridge-fdb-6.15-trixie.json'))
  t.deepEqual(reasons, [])
  t.deepEqual(
    value.filter(({ bridge }) => bridge === 'xenbr0').map(({ port, mac }) => `${port} ${mac}`),
    ['eth0 52:54:00:77:ff:01', 'eth0 92:e7:79:dc:4b:c1', 'eth0 de:cf:62:ba:b0:cc'],
  )
  t.false(value.some(({ mac }) => mac.startsWith('33:33') || mac.startsWith('01:00')))
})

test('parseBridgeFdb is in one order, whatever the kernel’s is', (t) => {
  const rows = JSON.parse(fixture('bridge-fdb-6.15-trixie.json')) as object[]
  t.deepEqual(parseBridgeFdb(JSON.stringify(rows.toReversed())).value, parseBridgeFdb(JSON.stringify(rows)).value)
})

test('parseBridgeVlan reads what each port lets through', (t) => {
  const { value } = parseBridgeVlan(fixture('bridge-vlan-6.15-trixie.json'))
  t.deepEqual(value.get('lla'), { native: 7, vlans: [1, 7, 30, 31, 32, 33] })
  const ranges = parseBridgeVlan(
    '[{"ifname":"p","vlans":[{"vlan":10,"vlanEnd":13},{"vlan":5,"vlanEnd":2},{"vlan":4000,"vlanEnd":999999999}]}]',
  ).value
  t.deepEqual(ranges.get('p')?.vlans.slice(0, 5), [10, 11, 12, 13, 4000])
  t.is(ranges.get('p')?.vlans.length, 4 + 95)
})

test('parseEthtoolDriver knows a PCI address from another bus', (t) => {
  t.deepEqual(parseEthtoolDriver(fixture('ethtool-i-mlx5-documented.txt')).value, {
    driver: 'mlx5_core',
    firmware: '14.32.1010 (DEL2420110034)',
    pci: '0000:3b:00.1',
  })
  t.deepEqual(parseEthtoolDriver(fixture('ethtool-i-virtio-trixie.txt')).value, {
    driver: 'virtio_net',
    firmware: undefined,
    pci: '0000:00:01.0',
  })
  t.is(parseEthtoolDriver('driver: r8152\nbus-info: usb-0000:00:14.0-1\nfirmware-version: N/A\n').value.pci, undefined)
})

test('parseLldp reads what a neighbour says of itself', (t) => {
  const { value, reasons } = parseLldp(fixture('lldpcli-1.0-json0.json'))
  t.deepEqual(reasons, [])
  t.deepEqual(value.get('lla'), [
    {
      chassisId: 'mac b6:42:8a:86:4d:23',
      chassisName: 'node1',
      chassisDescription: 'switch b',
      portId: 'mac b6:42:8a:86:4d:23',
      portDescription: 'llb',
      nativeVlan: undefined,
      vlans: [],
    },
  ])
})

test('parseLldp reads VLANs and several neighbours of one port, and misses none silently', (t) => {
  const { value, reasons } = parseLldp(fixture('lldpcli-json0-documented.json'))
  t.like(value.get('eno1')?.[0], {
    chassisName: 'tor-1a',
    chassisDescription: 'Arista Networks EOS version 4.29',
    portId: 'ifname Ethernet7',
    nativeVlan: 12,
    vlans: [12, 30],
  })
  t.is(value.get('eno1')?.length, 2)
  t.false(value.has('eno2'))
  t.deepEqual(reasons, ['a neighbour on eno2 has no chassis or port id'])
})

test('no LLDP neighbour, no report', (t) => {
  t.deepEqual(parseLldp('{"lldp":[{}]}'), { value: new Map(), reasons: [] })
})
