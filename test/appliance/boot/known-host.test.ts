import test from 'ava'
import { hostKeyOf, knownHost, macsOf, PlannedHosts, plannedFor } from '../../../appliance/boot/known-host.ts'
import type { KnownHost } from '../../../appliance/boot/plan.ts'
import { parseImageName } from '../../../appliance/wire/generation.ts'
import { plannedHost } from '../../../manager/protocol/appliance.ts'
import { mac } from './plans.ts'

const planned = (changed: object = {}) => plannedHost.parse({ macs: ['52:54:00:77:00:01'], name: 'web7', standing: 'known', ...changed })
const image = parseImageName('dom0-next')
const configured: KnownHost = { name: 'node01', maintenance: true, vlan: 7 }

test('a machine that only the manager knows has its name, image and root mode from there', (t) => {
  t.deepEqual(knownHost(undefined, planned({ image: 'dom0-next', root: 'ram' })), {
    name: 'web7',
    maintenance: false,
    standing: 'known',
    ...(image ? { image } : {}),
    root: 'ram',
  })
  t.is(knownHost(undefined, undefined), undefined)
})

test('where config and manager both speak the config wins; what it leaves out is the manager’s to say', (t) => {
  t.deepEqual(knownHost(configured, undefined), configured)
  const both = knownHost({ ...configured, root: 'nfs' }, planned({ image: 'dom0-next', root: 'ram' }))
  t.like(both, { name: 'node01', maintenance: true, vlan: 7, root: 'nfs', ...(image ? { image } : {}) })
  t.is(both?.standing, undefined, 'known, as the config knows it')
})

test('whom an admin has rejected is not booted, whatever the config says of it', (t) => {
  t.is(knownHost(configured, planned({ standing: 'rejected' }))?.standing, 'rejected')
})

test('a host is found by each of its MACs', (t) => {
  const hosts = new PlannedHosts([planned({ macs: ['52:54:00:77:00:01', '52:54:00:77:00:02'] })])
  t.is(hosts.of(mac('52:54:00:77:00:02'))?.name, 'web7')
  t.is(hosts.of(mac('52:54:00:77:00:03')), undefined)
})

test('a host is kept under its own MAC, whichever member of its bond shows itself', (t) => {
  const [own, member, stranger] = [mac('52:54:00:77:00:01'), mac('52:54:00:77:00:02'), mac('52:54:00:77:00:03')]
  const host = { mac: own, bond: { members: [member, own] } }
  t.deepEqual(macsOf(host), [own, member])
  t.deepEqual([own, member, stranger].map(hostKeyOf([host])), [own, own, stranger])
})

test('whom an admin has rejected by one NIC is rejected by all', (t) => {
  const [own, member] = [mac('52:54:00:77:00:01'), mac('52:54:00:77:00:02')]
  const plan = new PlannedHosts([planned({ macs: [own] }), planned({ macs: [member], name: 'old', standing: 'rejected' })])
  t.is(plannedFor([own, member], (one) => plan.of(one))?.standing, 'rejected')
  t.is(plannedFor([own], (one) => plan.of(one))?.name, 'web7')
  t.is(
    plannedFor([member], () => undefined),
    undefined,
  )
})
