import test from 'ava'
import { hostNames, hostOf } from '../../../appliance/config.ts'
import { parseMac } from '../../../appliance/wire/addresses.ts'
import { CONTRACT, config, MINIMAL, problems } from './texts.ts'

test('the config of the contract is read, every key of it', (t) => {
  const read = config(CONTRACT)
  t.like(read, {
    dataDir: '/var/lib/hostless',
    network: { interface: 'eth1', address: '10.77.0.1', subnet: { network: '10.77.0.0', prefix: 24 } },
    dhcp: {
      mode: 'authoritative',
      pool: { first: '10.77.0.100', last: '10.77.0.199' },
      router: '10.77.0.1',
      dns: ['10.77.0.1'],
      subnets: [],
    },
    tftp: { port: 69 },
    http: { port: 8067 },
    nfs: { port: 2049, portmap: true },
    boot: { image: 'dom0', root: 'nfs', enrol: 'approve' },
    manager: { listen: { address: '10.77.0.1', port: 8443 }, database: 'sqlite' },
  })
  t.deepEqual(JSON.parse(JSON.stringify(read.hosts)), [
    { name: 'node01', mac: '52:54:00:77:00:01', address: '10.77.0.21', image: 'dom0', maintenance: false },
  ])
})

test('a manager on another machine is named by its address', (t) => {
  t.deepEqual(config(CONTRACT.replace('listen: 10.77.0.1:8443', 'address: 10.77.0.2:8443')).manager, {
    address: { address: '10.77.0.2', port: 8443 },
    database: 'sqlite',
  })
})

test('what may be left out has the defaults of the contract, and no manager', (t) => {
  const read = config(MINIMAL)
  t.like(read, {
    dataDir: '/var/lib/hostless',
    dhcp: { mode: 'authoritative', dns: [], subnets: [] },
    tftp: { port: 69 },
    http: { port: 8067 },
    nfs: { port: 2049, portmap: true },
    boot: { image: 'dom0', root: 'nfs', enrol: 'approve', dom0Memory: 640, xenArguments: [], kernelArguments: [] },
    hosts: [],
  })
  t.false('manager' in read)
  t.deepEqual(config(`${MINIMAL}hosts:\ntftp:\n`).hosts, [], 'a key without a value is as if left out')
})

test('a subnet behind a relay and a host in it, a bond and a VLAN are read', (t) => {
  const read =
    config(`${MINIMAL.replace('199 }', '199, subnets: [{ subnet: 10.88.0.0/24, pool: 10.88.0.10-10.88.0.250, router: 10.88.0.1 }] }')}
hosts:
  - name: node02
    mac: 525400770002
    address: 10.88.0.9
    vlan: 100
    root: ram
    bond: { mode: 802.3ad, members: [52-54-00-77-00-02, 52:54:00:77:00:03] }
`)
  t.like(read.dhcp.subnets[0], { subnet: { network: '10.88.0.0', prefix: 24 }, router: '10.88.0.1' })
  const other = parseMac('52:54:00:77:00:03')
  if (!other) return t.fail()
  t.is(hostOf(read, other)?.name, 'node02', 'each member of a bond may be the one that boots')
  t.deepEqual([...hostNames(read)], [
    ['52:54:00:77:00:02', 'node02'],
    ['52:54:00:77:00:03', 'node02'],
  ] as never)
})

test('the address may be left out: the one IPv4 address of the interface is taken', (t) => {
  const text = 'network: { interface: eth1 }\ndhcp: { mode: proxy }\n'
  const own = { family: 'IPv4', cidr: '10.77.0.1/24' }
  const read = config(text, { eth1: [{ family: 'IPv6', cidr: 'fe80::1/64' }, own] })
  t.is(read.network.address, '10.77.0.1' as never)
  t.regex(
    problems(text, { eth0: [own] }).join(),
    /^hostless\.yaml:1: network\.address: found none, and eth1 has no IPv4 address; expected .*interfaces with addresses: eth0/,
  )
  t.regex(
    problems(text, { eth1: [own, { family: 'IPv4', cidr: '10.9.0.1/16' }] }).join(),
    /several on eth1; expected one of 10\.77\.0\.1\/24, 10\.9\.0\.1\/16/,
  )
})
