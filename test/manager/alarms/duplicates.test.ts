import test from 'ava'
import type { ReportingHost } from '../../../manager/alarms/condition.ts'
import { Duplicates, isIdentity } from '../../../manager/alarms/duplicates.ts'
import { iqn, mac, reporting } from '../connectivity/inventories.ts'
import { Watched } from './watched.ts'

const duplicatesOf = (hosts: readonly ReportingHost[]) => new Watched(new Duplicates()).tell(...hosts)

const UUID = '4c4c4544-0035-3010-8052-b4c04f564231'

test('a UUID on two hosts is an alarm that names both', (t) => {
  const hosts = ['a', 'b'].map((id) => reporting(id, { dmi: { systemUuid: UUID } }))
  t.deepEqual(duplicatesOf([...hosts, reporting('c', { dmi: {} })]), [
    {
      kind: 'shared-uuid',
      about: UUID,
      hosts: ['a', 'b'],
      text: `a and b report the same system UUID ${UUID}: boards with copied firmware, or one machine under two names. Give each its own in the firmware, or reject the wrong host`,
    },
  ])
})

const JUNK = [
  '00000000-0000-0000-0000-000000000000',
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
  'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
  '11111111-1111-1111-1111-111111111111',
  'fefefefe-fefe-fefe-fefe-fefefefefefe',
  '03000200-0400-0500-0006-000700080009',
  '00020003-0004-0005-0006-000700080009',
]

for (const uuid of JUNK) {
  test(`${uuid} identifies nothing, and is no alarm`, (t) => {
    t.false(isIdentity(uuid))
    const hosts = ['a', 'b'].map((id) => reporting(id, { dmi: { systemUuid: uuid.toLowerCase() } }))
    t.deepEqual(duplicatesOf(hosts), [])
  })
}

test('a UUID that ends in a MAC after many zeros is an identity', (t) => {
  t.true(isIdentity('00000000-0000-0000-0000-ac1f6b123456'))
  t.true(isIdentity(UUID))
})

test('a MAC on two hosts is an alarm; a bond’s on two NICs of one host is none', (t) => {
  const bonded = reporting('a', {
    nics: [
      { name: 'eth0', mac: mac(1), permanentMac: mac(1) },
      { name: 'eth1', mac: mac(1), permanentMac: mac(2) },
    ],
  })
  t.deepEqual(duplicatesOf([bonded]), [])
  const alarms = duplicatesOf([
    bonded,
    reporting('b', { nics: [{ name: 'eth0', mac: mac(2) }] }),
    reporting('c', { nics: [{ name: 'x', mac: mac(2) }] }),
  ])
  t.deepEqual(
    alarms.map(({ kind, about }) => [kind, about]),
    [['shared-mac', mac(2)]],
  )
  t.regex(alarms[0]?.text ?? '', /^a, b and c have NICs with the same MAC address/)
})

test('no station, and the NIC that a BMC puts on USB, are not compared', (t) => {
  const nics = [
    { name: 'nul', mac: '00:00:00:00:00:00' },
    { name: 'all', mac: 'ff:ff:ff:ff:ff:ff' },
    { name: 'usb0', mac: '7e:d3:0a:11:22:33', driver: 'cdc_ether' },
  ]
  t.deepEqual(duplicatesOf(['a', 'b'].map((id) => reporting(id, { nics }))), [])
})

test('an initiator name on two hosts is an alarm, from the file or from a session', (t) => {
  const named = reporting('a', { iscsi: { initiator: iqn('same') } })
  const session = { target: iqn('san'), portal: '10.0.0.1:3260', sid: 1, connected: true, luns: [], initiator: iqn('same') }
  const alarms = duplicatesOf([named, reporting('b', { iscsi: { initiator: iqn('b'), sessions: [session, session] } })])
  t.deepEqual(
    alarms.map(({ kind, about }) => [kind, about]),
    [['shared-initiator', iqn('same')]],
  )
})

test('a claim that ends leaves no alarm, and one host of three that goes leaves the other two', (t) => {
  const watched = new Watched(new Duplicates())
  watched.tell(...['a', 'b', 'c'].map((id) => reporting(id, { dmi: { systemUuid: UUID } })))
  t.regex(watched.remove('a')[0]?.text ?? '', /^b and c report/)
  t.deepEqual(watched.tell(reporting('c', { dmi: {} })), [])
})

test('a report touches what its host claims, and no other claim', (t) => {
  const source = new Duplicates()
  const hosts = Array.from({ length: 1000 }, (_, index) => reporting(`n${index}`, { nics: [{ name: 'eth0', mac: mac(index) }] }))
  for (const host of hosts) source.update(host)
  t.is(source.findings().length, 1000)
  source.update(reporting('n7', { nics: [{ name: 'eth0', mac: mac(8) }] }))
  t.deepEqual(
    source.findings().map(({ subject, conditions }) => [subject, conditions.length]),
    [
      [`shared-mac ${mac(7)}`, 0],
      [`shared-mac ${mac(8)}`, 1],
    ],
  )
})
