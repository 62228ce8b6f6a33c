import test from 'ava'
import fc from 'fast-check'
import { addressOf, ipv6Of } from '../../../../images/agent/addresses/address.ts'
import { senderIn } from '../../../../images/agent/addresses/frame.ts'
import { toldIn } from '../../../../images/agent/addresses/told.ts'
import { guestAddresses } from '../../../../manager/protocol/guest-addresses.ts'
import { arp, MAC, neighbour } from './frames.ts'

const seen = (frame: Uint8Array): string | undefined => senderIn(frame)?.address
const LINK_LOCAL = 'fe800000000000000000000000000005'
const NOBODY = '0'.repeat(32)

test("senderIn takes an ARP packet's sender: of a request, a reply and an announcement, and none of a probe", (t) => {
  t.deepEqual(senderIn(arp()), { mac: MAC, address: '10.0.0.5' })
  t.is(seen(arp({ operation: 2 })), '10.0.0.5')
  t.is(seen(arp({ target: '10.0.0.5' })), '10.0.0.5', 'announcement')
  t.is(seen(arp({ address: '0.0.0.0', target: '10.0.0.5' })), undefined, 'probe')
  for (const address of ['224.0.0.1', '255.255.255.255', '127.0.0.1']) t.is(seen(arp({ address })), undefined, address)
  t.is(seen(arp({ sender: '00:16:3e:00:00:08' })), undefined, 'in the name of another')
  t.is(seen(arp({ operation: 3 })), undefined, 'reverse ARP')
  const group = '01:16:3e:00:00:07'
  t.is(seen(arp({ mac: group, sender: group })), undefined, 'a group is no station')
})

test('senderIn takes the source of a solicitation and the target of an advertisement, and not what is only tried', (t) => {
  t.is(seen(neighbour()), '2001:db8::5')
  t.is(seen(neighbour({ source: NOBODY })), undefined, 'duplicate address detection')
  t.is(seen(neighbour({ type: 136, source: LINK_LOCAL })), '2001:db8::5')
  t.is(seen(neighbour({ source: LINK_LOCAL })), undefined, 'each NIC has one')
  t.is(seen(neighbour({ hops: 64 })), undefined, 'from another link')
  t.is(seen(neighbour({ type: 134 })), undefined, 'router advertisement')
  const coded = neighbour()
  coded[55] = 1
  t.is(seen(coded), undefined, 'of a code that RFC 4861 does not have')
})

test('no bytes are an error: cut anywhere, mutated, or of no sense', (t) => {
  for (const frame of [arp(), neighbour(), neighbour({ type: 136 })]) {
    for (let length = 0; length < frame.length; length += 1) t.is(senderIn(frame.subarray(0, length)), undefined, `${length}`)
  }
  const whole = fc.constantFrom(arp(), neighbour(), neighbour({ type: 136 }))
  const mutated = fc.tuple(whole, fc.array(fc.tuple(fc.nat(77), fc.nat(255)), { maxLength: 6 })).map(([frame, changes]) => {
    const other = Buffer.from(frame)
    for (const [at, byte] of changes) if (at < other.length) other[at] = byte
    return other
  })
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated), (frame) => {
      const sender = senderIn(frame)
      if (!sender) return true
      const { mac, address } = sender
      const item = { uuid: '6a1437ba-1c67-49ec-a46f-ed26f0248e7b', mac, addresses: [{ address, how: 'seen', since: 0, last: 0 }] }
      return guestAddresses.safeParse({ ways: ['vif'], nics: [item] }).success && addressOf(address) === address
    }),
    { numRuns: 5000 },
  )
  t.pass()
})

test('an IPv6 address is written in one way only (RFC 5952), whatever way it came', (t) => {
  t.is(ipv6Of(Buffer.from('20010db8000000010000000000000001', 'hex')), '2001:db8:0:1::1')
  t.is(ipv6Of(Buffer.from('20010db8000000000001000000000001', 'hex')), '2001:db8::1:0:0:1', 'the first of two')
  t.is(ipv6Of(Buffer.from('20010db8000100010001000100000001', 'hex')), '2001:db8:1:1:1:1:0:1', 'no single one')
  t.is(addressOf('2001:0DB8:0:0:0:0:0:0/64'), '2001:db8::')
  t.is(addressOf('2001:db8::10.0.0.1'), '2001:db8::a00:1')
  t.is(addressOf('10.0.0.5/24'), '10.0.0.5')
  for (const text of [
    '',
    '::',
    '::1',
    '10.0.0',
    '010.0.0.1',
    '1.2.3.4.5',
    'fe80::1',
    'fe80::1%eth0',
    ':::',
    '1:2:3:4:5:6:7:8:9',
    '2001:db8::1::2',
  ])
    t.is(addressOf(text), undefined, text)
  const groups = fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 })
  fc.assert(
    fc.property(groups, (all) => {
      const bytes = Uint8Array.from(all.flatMap((group) => [group >> 8, group & 255]))
      const written = ipv6Of(bytes)
      return (
        written === undefined || (addressOf(written) === written && addressOf(all.map((group) => group.toString(16)).join(':')) === written)
      )
    }),
  )
})

test('what tools tell in xenstore is taken by number of the NIC, and what a hostile guest writes there is not', (t) => {
  const at = (path: string, value: string) => `/local/domain/3/attr/${path} = "${value}"`
  const lines = [
    at('vif/0/ipv4/0', '10.0.0.5'),
    at('vif/0/ipv6/0', '2001:DB8::0005'),
    at('vif/0/ipv6/1', 'fe80::216:3eff:fe00:7'),
    at('eth0/ip', '10.0.0.5'),
    at('vif/1/ipv4/0', '10.0.1.5'),
    at('vif/0/ipv4/1', '10.0.0.6" \\n/local/domain/4/attr/vif/0/ipv4/0 = "10.0.0.7'),
    at('vif/0/ipv4/2', '<script>'),
    at('vif/x/ipv4/0', '10.0.0.9'),
    at('vif/0/ipv4/3', '0.0.0.0'),
    at('os/distro', 'debian'),
    '/local/domain/3/data/vif/0/ipv4/0 = "10.0.0.10"',
  ]
  t.deepEqual(
    toldIn(`${lines.join('\n')}\n`),
    new Map([
      [0, ['10.0.0.5', '2001:db8::5']],
      [1, ['10.0.1.5']],
    ]),
  )
  const many = Array.from({ length: 900 }, (_, index) => at(`vif/${index % 300}/ipv4/${index % 10}`, `10.1.${index % 200}.${index % 251}`))
  const found = toldIn(many.join('\n'))
  t.true(found.size <= 64 && [...found.values()].every((all) => all.length <= 8))
  t.is(toldIn(Array.from({ length: 20 }, (_, index) => at(`vif/0/ipv4/${index}`, `10.1.1.${index + 1}`)).join('\n')).get(0)?.length, 8)
  fc.assert(fc.property(fc.string({ maxLength: 300 }), (text) => toldIn(text).size === 0))
})
