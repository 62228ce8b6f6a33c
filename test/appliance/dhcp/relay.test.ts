import { readFileSync } from 'node:fs'
import test from 'ava'
import fc from 'fast-check'
import { destination } from '../../../appliance/dhcp/destination.ts'
import { addressOption } from '../../../appliance/dhcp/fields.ts'
import { decodeDhcp } from '../../../appliance/dhcp/packet.ts'
import { identifierFor, namedLink } from '../../../appliance/dhcp/relay.ts'
import { subnetOf } from '../../../appliance/wire/addresses.ts'
import { A, BIOS, chosenServer, ip, leaseTable, option, range, reply, request, SERVER, silence, UEFI, wanted } from './packets.ts'

const FAR = ip('192.0.2.11')
const LINK = ip('10.88.0.0')
const bytes = (address: string) => address.split('.').map(Number)
const relayed = (...suboptions: readonly number[]) => ({ code: 82, data: Buffer.from(suboptions) })
const link = (address: string) => [5, 4, ...bytes(address)]
const override = (address: string) => [11, 4, ...bytes(address)]
const selected = (address: string) => addressOption(118, ip(address))

test('link selection chooses the subnet, the override our identifier, and giaddr is the way back', (t) => {
  const packet = decodeDhcp(Buffer.from(readFileSync('test/fixtures/dhcp/relay-link-selection.hex', 'utf8').trim(), 'hex'))
  const decision = reply(packet)
  t.is(decision.packet.yiaddr, ip('10.88.0.10'))
  t.is(option(decision, 54), '\x0a\x58\x00\x01')
  t.is(option(decision, 3), '\x0a\x58\x00\x01')
  t.is(decision.packet.siaddr, SERVER)
  t.deepEqual(destination(decision.packet, packet), { address: FAR, port: 67 })
  t.is(option(decision, 82), packet.options.find(({ code }) => code === 82)?.data.toString('latin1'))
})

test('who selects us by the identifier that the relay gave us is acknowledged, refused, and heard with it', (t) => {
  const options = [chosenServer(ip('10.88.0.1')), relayed(...link('10.88.0.0'), ...override('10.88.0.1'))]
  const ack = reply(request('REQUEST', { giaddr: FAR }, [...options, wanted('10.88.0.12')]))
  t.is(ack.answer, 'ack')
  t.is(option(ack, 54), '\x0a\x58\x00\x01')
  const nak = reply(request('REQUEST', { giaddr: FAR }, [...options, wanted('10.77.0.100')]))
  t.is(nak.answer, 'nak')
  t.is(option(nak, 54), '\x0a\x58\x00\x01')
  const lease = { kind: 'bound', subnet: '10.88.0.0/24', mac: A, address: ip('10.88.0.12'), expires: 2e12 } as const
  const released = silence(request('RELEASE', { giaddr: FAR, ciaddr: lease.address }, options), { leases: leaseTable(lease) })
  t.is(released.change?.kind, 'free')
  t.regex(silence(request('REQUEST', {}, [chosenServer(ip('10.88.0.1')), wanted('10.77.0.100')])).reason, /it chose the DHCP server/)
})

test('a renewal through the relay is granted in the subnet of the link, and goes back by giaddr', (t) => {
  const packet = request('REQUEST', { giaddr: FAR, ciaddr: ip('10.88.0.12') }, [relayed(...link('10.88.0.0'), ...override('10.88.0.1'))])
  const decision = reply(packet)
  t.is(decision.packet.yiaddr, ip('10.88.0.12'))
  t.deepEqual(destination(decision.packet, packet), { address: FAR, port: 67 })
})

test('option 118 chooses the subnet and is echoed; link selection comes before it, giaddr after', (t) => {
  const selects = reply(request('DISCOVER', { giaddr: FAR }, [...BIOS, selected('10.88.0.0')]))
  t.is(selects.packet.yiaddr, ip('10.88.0.10'))
  t.is(option(selects, 118), '\x0a\x58\x00\x00')
  t.is(reply(request('DISCOVER', {}, [...BIOS, selected('10.88.0.0')])).packet.yiaddr, ip('10.88.0.10'), 'without a relay, too')
  const both = reply(request('DISCOVER', { giaddr: FAR }, [...BIOS, selected('10.77.0.0'), relayed(...link('10.88.0.0'))]))
  t.is(both.packet.yiaddr, ip('10.88.0.10'))
  t.is(reply(request('DISCOVER', { giaddr: ip('10.88.0.1') }, [...BIOS, selected('10.77.0.0')])).packet.yiaddr, ip('10.77.0.100'))
  t.is(reply(request('DISCOVER', { giaddr: ip('10.88.0.1') }, [...BIOS, relayed(...link('10.77.0.0'))])).packet.yiaddr, ip('10.77.0.100'))
})

test('a subnet that is not served is silence with advice that helps when it is followed', (t) => {
  const cases = [
    { packet: request('DISCOVER', { giaddr: FAR }, BIOS), named: '192.0.2.11', why: /^the relay 192\.0\.2\.11 is in no subnet/ },
    {
      packet: request('DISCOVER', { giaddr: FAR }, [...BIOS, relayed(...link('10.99.0.0'))]),
      named: '10.99.0.0',
      why: /names \(option 82/,
    },
    { packet: request('DISCOVER', { giaddr: ip('10.88.0.1') }, [...BIOS, selected('10.99.0.0')]), named: '10.99.0.0', why: /option 118/ },
  ]
  for (const { packet, named, why } of cases) {
    const { reason } = silence(packet)
    t.regex(reason, why)
    const [, advised] = /add the subnet that (\S+) is in to dhcp\.subnets$/.exec(reason) ?? []
    t.is(advised, named)
    const served = {
      subnet: subnetOf(ip(named), 24),
      pool: range(named.replace(/\d+$/, '50-') + named.replace(/\d+$/, '60')),
      router: undefined,
    }
    t.regex(reply(packet, { relayed: [served] }).packet.yiaddr, /\.50$/)
  }
})

test('a proxy answers behind any relay, with a pool or without', (t) => {
  for (const setting of [{ relayed: [] }, { relayed: [{ subnet: subnetOf(LINK, 24), router: undefined }] }]) {
    for (const packet of [
      request('DISCOVER', { giaddr: ip('10.88.0.1') }, UEFI),
      request('DISCOVER', { giaddr: FAR }, [...UEFI, relayed(...link('10.88.0.0'), ...override('10.88.0.1'))]),
    ]) {
      const decision = reply(packet, { mode: 'proxy', ...setting })
      t.is(option(decision, 60), 'PXEClient')
      t.is(destination(decision.packet, packet).address, packet.giaddr)
      t.is(option(decision, 54), packet.giaddr === FAR ? '\x0a\x58\x00\x01' : '\x0a\x4d\x00\x01')
    }
  }
  t.is(silence(request('INFORM', { giaddr: FAR }, UEFI), { mode: 'proxy' }).change, undefined)
})

test('a subnet without a pool gives its reservations', (t) => {
  const setting = { relayed: [{ subnet: subnetOf(LINK, 24), router: ip('10.88.0.1') }] }
  const hosts = [{ name: 'far01', mac: A, address: ip('10.88.0.21') }]
  const packet = request('DISCOVER', { giaddr: ip('10.88.0.1') }, UEFI)
  t.is(reply(packet, { ...setting, hosts }).packet.yiaddr, ip('10.88.0.21'))
  t.regex(silence(packet, setting).reason, /no pool and this host no reservation/)
})

test('each subnet has its own name servers, or those of all', (t) => {
  const own = { subnet: subnetOf(LINK, 24), pool: range('10.88.0.10-10.88.0.20'), router: undefined, dns: [ip('10.88.0.53')] }
  const packet = request('DISCOVER', { giaddr: ip('10.88.0.1') }, UEFI)
  t.is(option(reply(packet, { relayed: [own] }), 6), '\x0a\x58\x00\x35')
  t.is(option(reply(packet, { relayed: [{ ...own, dns: [] }] }), 6), undefined)
  t.is(option(reply(packet), 6), '\x0a\x4d\x00\x01')
})

test('what cannot be read of option 82 is not there, and nothing of it ends anything', (t) => {
  for (const data of [[5, 3, 1, 2, 3], [5, 4, 10, 88], [5], [1, 200, 0], [5, 4, 0, 0, 0, 0]]) {
    t.is(namedLink(request('DISCOVER', { giaddr: FAR }, [relayed(...data)]))?.address, FAR)
    t.is(identifierFor(request('DISCOVER', {}, [relayed(...data)]), SERVER), SERVER)
  }
  t.is(namedLink(request('DISCOVER', { giaddr: FAR }, [relayed(0, 0, ...link('10.88.0.0'), 1, 9)]))?.address, LINK)
  t.is(namedLink(request('DISCOVER')), undefined)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (data) => {
      identifierFor(request('DISCOVER', {}, [relayed(...data)]), SERVER)
      namedLink(request('DISCOVER', {}, [relayed(...data)]))
    }),
  )
})
