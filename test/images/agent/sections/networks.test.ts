import test from 'ava'
import { collect } from '../../../../images/agent/collect.ts'
import { readBonds, readBridges, readNics, readVlans } from '../../../../images/agent/sections/networks.ts'
import { uncountedOf } from '../../../../manager/protocol/unread.ts'
import { DOM0, dom0 } from '../dom0.ts'
import { fixture, textBackend } from '../machines.ts'

test('a NIC is what has hardware behind it, with its driver and its neighbour', async (t) => {
  const { value, problems } = await readNics(dom0)
  t.deepEqual(problems, [])
  t.is(value.length, 1)
  t.like(value[0], { name: 'eth0', link: 'up', driver: 'virtio_net', pci: '0000:00:01.0', master: 'xenbr0', speed: undefined, mtu: 1500 })
  t.is(value[0]?.neighbours[0]?.chassisDescription, 'switch b')
})

test('a guest’s vif is no NIC, but a port of its bridge', async (t) => {
  const links = { 'ip -json -details link': fixture('ip-link-6.15-trixie-vif.json') }
  const backend = textBackend({ ...DOM0, commands: { ...DOM0.commands, ...links } })
  t.deepEqual(
    (await readNics(backend)).value.map(({ name }) => name),
    ['eth0'],
  )
  const [bridge] = (await readBridges(backend)).value
  t.deepEqual(
    bridge?.ports.map(({ name, link }) => `${name} ${link}`),
    ['eth0 up', 'vif1.0 down'],
  )
})

test('a NIC in a bond keeps its own address beside the bond’s', async (t) => {
  const slave = { info_slave_kind: 'bond', info_slave_data: { state: 'ACTIVE', perm_hwaddr: '24:6e:96:00:00:02' } }
  const row = {
    link_type: 'ether',
    operstate: 'UP',
    parentbus: 'pci',
    parentdev: '0000:3b:00.1',
    master: 'bond0',
    address: '24:6e:96:00:00:01',
  }
  const rows = [
    { ...row, ifname: 'eth1', linkinfo: slave },
    { ...row, ifname: 'eth2', permaddr: '24:6e:96:00:00:03', linkinfo: slave },
  ]
  const backend = textBackend({
    commands: {
      'ip -json -details link': JSON.stringify(rows),
      'ethtool -i eth1': fixture('ethtool-i-mlx5-documented.txt'),
      'ethtool -i eth2': '',
      'lldpcli -f json0 show neighbors details': '{"lldp":[{}]}',
    },
    files: { '/sys/class/net/eth1/speed': '25000\n' },
  })
  const { value } = await readNics(backend)
  t.like(value[0], { permanentMac: '24:6e:96:00:00:02', speed: 25000, pci: '0000:3b:00.1', firmware: '14.32.1010 (DEL2420110034)' })
  t.is(value[1]?.permanentMac as string | undefined, '24:6e:96:00:00:03')
})

test('bonds, VLANs and bridges say how they hang together', async (t) => {
  const [bonds, vlans, bridges] = await Promise.all([readBonds(dom0), readVlans(dom0), readBridges(dom0)])
  t.deepEqual(bonds.value as readonly object[], [
    {
      name: 'bond0',
      mac: 'c2:d5:7e:7a:fc:f1',
      mode: 'active-backup',
      link: 'up',
      members: [
        { name: 'dummy0', link: 'unknown', active: true },
        { name: 'dummy1', link: 'down', active: false },
      ],
    },
  ])
  t.like(vlans.value[0], { name: 'bond0.12', parent: 'bond0', id: 12, protocol: '802.1Q', master: 'xenbr12', link: 'up' })
  t.deepEqual(
    bridges.value.map(({ name, vlanFiltering, ports }) => ({ name, vlanFiltering, ports: ports.map((port) => port.name) })),
    [
      { name: 'xenbr0', vlanFiltering: false, ports: ['eth0'] },
      { name: 'xenbr12', vlanFiltering: false, ports: ['bond0.12'] },
      { name: 'xenbr-f', vlanFiltering: true, ports: ['lla'] },
    ],
  )
})

test('only a bridge that filters has VLANs at its ports', async (t) => {
  const { value } = await readBridges(dom0)
  t.deepEqual(value.find(({ name }) => name === 'xenbr0')?.ports, [{ name: 'eth0', link: 'up', vlans: [] }])
  t.deepEqual(value.find(({ name }) => name === 'xenbr-f')?.ports, [
    { name: 'lla', link: 'up', nativeVlan: 7, vlans: [1, 7, 30, 31, 32, 33] },
  ])
})

test('a port with more neighbours than a NIC is told of keeps its NIC, and the first of them', async (t) => {
  const commands = { ...DOM0.commands, 'lldpcli -f json0 show neighbors details': fixture('lldpcli-json0-17-neighbours-on-eth0.json') }
  const { sections, problems } = await collect(textBackend({ ...DOM0, commands }), ['nics'])
  t.is(sections.nics?.find(({ name }) => name === 'eth0')?.neighbours.length, 16)
  t.deepEqual(
    problems.map(({ reason, lacks }) => [reason, lacks]),
    [['NIC eth0: neighbours: only the first 16 of 17 are taken (left out)', 'parts']],
  )
})

test('without the tools that add to it, every NIC and bridge stands', async (t) => {
  const missing = Object.fromEntries(
    Object.keys(DOM0.commands).map((command) => [
      command,
      /^(ip) /.test(command) ? (DOM0.commands[command] ?? '') : ({ kind: 'missing' } as const),
    ]),
  )
  const { sections, problems } = await collect(textBackend({ ...DOM0, commands: missing }), ['nics', 'bridges'])
  t.true((sections.nics?.length ?? 0) > 0 && (sections.bridges?.length ?? 0) > 0)
  t.true(problems.length > 0)
  t.deepEqual(uncountedOf({ problems }, ['nics', 'bridges']), [])
})
