import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { openAnswering } from '../../../appliance/dhcp/answering.ts'
import type { DhcpExchange } from '../../../appliance/dhcp/exchange.ts'
import { messageType } from '../../../appliance/dhcp/fields.ts'
import { type DhcpPacket, decodeDhcp, encodeDhcp } from '../../../appliance/dhcp/packet.ts'
import { settingOf } from '../../../appliance/dhcp/server.ts'
import { openStore } from '../../../appliance/store/database.ts'
import { Leases } from '../../../appliance/store/leases.ts'
import { subnetOf, UNSPECIFIED } from '../../../appliance/wire/addresses.ts'
import { collectingLog } from '../wire/collecting-log.ts'
import { A, B, BIOS, BOOT, chosenServer, ip, LOCAL, mac, NOW, range, request, SERVER, wanted } from './packets.ts'

const SETTINGS = {
  mode: 'authoritative',
  address: SERVER,
  subnet: subnetOf(SERVER, 24),
  pool: range('10.77.0.100-10.77.0.109'),
  router: undefined,
  dns: [],
  relayed: [],
  hosts: [],
} as const
const C = mac('52:54:00:77:00:03')

function desk({ store = openStore(':memory:'), onSent }: { store?: ReturnType<typeof openStore>; onSent?: () => void } = {}) {
  const { log, lines } = collectingLog()
  const leases = new Leases(store, () => NOW)
  const sent: string[] = []
  const exchanges: DhcpExchange[] = []
  const answering = openAnswering({
    setting: settingOf({ settings: SETTINGS, bootTarget: BOOT }),
    store: leases,
    now: () => NOW,
    log,
    onExchange: (exchange) => exchanges.push(exchange),
  })
  const send = (bytes: Buffer) => {
    const packet = decodeDhcp(bytes)
    sent.push(`${messageType(packet)} ${packet.yiaddr}`)
    onSent?.()
  }
  const take = (packet: DhcpPacket) =>
    answering.take({ bytes: encodeDhcp(packet), from: { address: UNSPECIFIED, port: 68 }, port: 67, send })
  const select = (client: typeof A, address: string) =>
    take(request('REQUEST', { mac: client }, [...BIOS, chosenServer(), wanted(address)]))
  return { store, leases, answering, sent, exchanges, lines, take, select }
}

test('a group of exchanges is one transaction, and no answer leaves before it is on disk', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'hl-answering-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'appliance.db')
  const other = openStore(file)
  t.teardown(() => other.close())
  const found: unknown[] = []
  const onSent = () => found.push(other.prepare('SELECT count(*) FROM leases').pluck().get())
  const { answering, sent, take, select } = desk({ store: openStore(file), onSent })
  const version = () => other.pragma('data_version', { simple: true })
  version()
  take(request('DISCOVER', { mac: A }, BIOS))
  select(A, '10.77.0.100')
  select(B, '10.77.0.101')
  t.deepEqual(sent, [])
  const before = version()
  answering.settle()
  t.deepEqual(sent, ['OFFER 10.77.0.100', 'ACK 10.77.0.100', 'ACK 10.77.0.101'])
  t.deepEqual(found, [2, 2, 2])
  const after = version()
  t.not(after, before)
  take(request('DISCOVER', { mac: C }, BIOS))
  select(A, '10.77.0.100')
  answering.settle()
  t.is(sent.length, 5)
  t.is(version(), after, 'neither an offer nor a lease that is on disk for as long is written')
})

test('two of one group do not get one address', (t) => {
  const { answering, sent, select, exchanges } = desk()
  select(A, '10.77.0.100')
  select(B, '10.77.0.100')
  answering.settle()
  t.deepEqual(sent, ['ACK 10.77.0.100', 'NAK 0.0.0.0'])
  t.deepEqual(
    exchanges.map(({ mac: client, answer }) => [client, answer]),
    [
      [A, 'ack'],
      [B, 'nak'],
    ],
  )
})

test('a group that cannot be written is decided anew, each by itself: nobody is told more than what is on disk', (t) => {
  const { store, leases, answering, sent, take, select, exchanges } = desk()
  leases.commit({ kind: 'bind', subnet: LOCAL, mac: A, address: ip('10.77.0.100'), expires: NOW + 90_500 })
  store.pragma('query_only = ON')
  select(A, '10.77.0.100')
  select(A, '10.77.0.100') // as of the one before, its lease would be new
  select(B, '10.77.0.101')
  take(request('DISCOVER', { mac: C }, BIOS))
  answering.settle()
  t.deepEqual(sent, ['ACK 10.77.0.100', 'ACK 10.77.0.100', 'OFFER 10.77.0.101'])
  t.regex(exchanges[1]?.reason ?? '', /it keeps the one that it has/)
  t.like(leases.byMac(A), { expires: NOW + 90_500 })
  t.is(leases.byMac(B), undefined)
  store.pragma('query_only = OFF')
  select(B, '10.77.0.102')
  answering.settle()
  t.is(sent.at(-1), 'ACK 10.77.0.102')
})

test('what another write could not write with its own is not acknowledged either', (t) => {
  const { store, leases, answering, sent, select } = desk()
  leases.commit({ kind: 'bind', subnet: LOCAL, mac: C, address: ip('10.77.0.105'), expires: NOW + 1000 })
  store.pragma('query_only = ON')
  select(A, '10.77.0.100')
  t.throws(() => leases.makePermanent(C, ip('10.77.0.105')), { any: true, message: /readonly/ })
  answering.settle()
  t.deepEqual(sent, [])
  store.pragma('query_only = OFF')
  t.is(new Leases(store, () => NOW).byMac(A), undefined)
})

test('bytes that are no DHCP cost the others of their group nothing', (t) => {
  const { answering, sent, select, lines } = desk()
  select(A, '10.77.0.100')
  answering.take({ bytes: Buffer.of(1), from: { address: UNSPECIFIED, port: 68 }, port: 67, send: () => t.fail() })
  select(B, '10.77.0.101')
  answering.settle()
  t.is(sent.length, 2)
  t.is(lines.filter(({ message }) => message === 'DHCP packet dropped').length, 1)
})
