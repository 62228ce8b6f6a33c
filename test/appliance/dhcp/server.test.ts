// On loopback; what needs an interface of its own is in test/interop/dhcp.test.ts.
import dgram from 'node:dgram'
import { once } from 'node:events'
import test, { type ExecutionContext } from 'ava'
import type { DroppedDhcp } from '../../../appliance/dhcp/dropped.ts'
import type { DhcpExchange } from '../../../appliance/dhcp/exchange.ts'
import { type DhcpPacket, decodeDhcp, encodeDhcp } from '../../../appliance/dhcp/packet.ts'
import { type DhcpServerOptions, type DhcpSettings, startDhcpServer } from '../../../appliance/dhcp/server.ts'
import { openStore } from '../../../appliance/store/database.ts'
import { Leases } from '../../../appliance/store/leases.ts'
import { subnetOf } from '../../../appliance/wire/addresses.ts'
import { SocketError } from '../../../appliance/wire/explain.ts'
import { collectingLog, type LogLine } from '../wire/collecting-log.ts'
import { A, B, BIOS, BOOT, chosenServer, ip, NOW, range, request, SERVER, UEFI, wanted } from './packets.ts'

const rootTest = process.getuid?.() === 0 ? test.serial : test.serial.skip

const SETTINGS: DhcpSettings = {
  mode: 'authoritative',
  address: SERVER,
  subnet: subnetOf(SERVER, 24),
  pool: range('10.77.0.100-10.77.0.109'),
  router: undefined,
  dns: [],
  relayed: [],
  hosts: [],
}

async function serve(t: ExecutionContext, changes: Partial<DhcpServerOptions> = {}) {
  const { log, lines } = collectingLog()
  const exchanges: DhcpExchange[] = []
  const server = await startDhcpServer({
    interface: 'lo',
    settings: SETTINGS,
    store: new Leases(openStore(':memory:'), () => NOW),
    bootTarget: BOOT,
    now: () => NOW,
    log,
    onExchange: (exchange) => exchanges.push(exchange),
    ...changes,
  })
  t.teardown(() => server.close())
  const client = dgram.createSocket('udp4')
  client.bind(0, '127.0.0.1')
  await once(client, 'listening')
  t.teardown(() => client.close())
  /** Port 4011 answers who asked, so it tells when all that was sent before has been handled. */
  const asked = async () => {
    client.send(encodeDhcp(request('REQUEST', {}, UEFI)), 4011, '127.0.0.1')
    const [bytes] = (await once(client, 'message', { signal: AbortSignal.timeout(60_000) })) as [Buffer]
    return decodeDhcp(bytes)
  }
  return { server, client, lines, exchanges, asked }
}

const messages = (lines: readonly LogLine[], level: string) => lines.filter((line) => line.level === level).map(({ message }) => message)

async function until(what: () => boolean, t: ExecutionContext): Promise<void> {
  const deadline = Date.now() + 60_000
  while (!what()) {
    if (Date.now() > deadline) return t.fail('it did not happen in a minute')
    await new Promise((resolve) => setImmediate(resolve))
  }
}

rootTest('an exchange is reported with who asked and what it got', async (t) => {
  const { client, exchanges } = await serve(t)
  client.send(encodeDhcp(request('DISCOVER', { xid: 77 }, BIOS)), 67, '127.0.0.1')
  await until(() => exchanges.length > 0, t)
  t.like(exchanges[0], {
    at: NOW,
    mac: A,
    xid: 77,
    message: 'DISCOVER',
    by: 'firmware',
    architecture: 'BIOS PXE',
    answer: 'offer',
    address: ip('10.77.0.100'),
  })
})

rootTest('a datagram that is no DHCP is logged with its peer, and the next is served', async (t) => {
  const { client, lines, asked } = await serve(t)
  client.send(Buffer.of(1), 4011, '127.0.0.1')
  t.is((await asked()).file.toString(), 'snponly.efi')
  const [line] = lines.filter(({ message }) => message === 'DHCP packet dropped')
  t.like(line, { level: 'warn', fields: { peer: `127.0.0.1:${client.address().port}`, reason: 'htype at byte 1: 1 bytes wanted, 0 left' } })
})

rootTest('a flood of bad datagrams leaves a bounded log', async (t) => {
  const { client, lines, asked } = await serve(t)
  for (let count = 0; count < 100; count += 1) client.send(Buffer.of(1), 4011, '127.0.0.1')
  await asked()
  t.is(messages(lines, 'warn').length, 20)
})

rootTest('a timeline that throws does not end the server, nor keep the reply back', async (t) => {
  const { lines, asked } = await serve(t, {
    onExchange: () => {
      throw new Error('timeline is broken')
    },
  })
  for (const _ of [1, 2]) t.is((await asked()).file.toString(), 'snponly.efi')
  t.true(messages(lines, 'error').length >= 1)
})

rootTest('on a full disk nobody gets an ACK that is not on it: a host keeps what its lease has left, others hear nothing', async (t) => {
  const store = openStore(':memory:')
  const leases = new Leases(store, () => NOW)
  leases.commit({ kind: 'bind', subnet: '10.77.0.0/24', mac: A, address: ip('10.77.0.100'), expires: NOW + 90_500 })
  store.pragma('query_only = ON')
  const { client, lines, exchanges } = await serve(t, { store: leases })
  const ask = (packet: DhcpPacket) => client.send(encodeDhcp(packet), 67, '127.0.0.1')
  ask(request('DISCOVER', { mac: B }, BIOS))
  ask(request('REQUEST', { mac: B }, [...BIOS, chosenServer(), wanted('10.77.0.101')]))
  ask(request('REQUEST', { xid: 5 }, [...BIOS, chosenServer(), wanted('10.77.0.100')]))
  await until(() => exchanges.length === 3, t)
  const answers = exchanges.map(({ mac, answer, reason }) => [mac, answer, /may only be read/.test(reason ?? '')])
  t.deepEqual(new Set(answers.map(String)), new Set([`${A},ack,true`, `${B},offer,false`, `${B},silent,true`]))
  t.deepEqual(messages(lines, 'error'), ['DHCP lease not written', 'DHCP lease not written'])
  t.is(leases.byMac(B), undefined)
  t.like(leases.byMac(A), { kind: 'bound', expires: NOW + 90_500 })
})

rootTest('close releases both ports for the next server', async (t) => {
  const first = await serve(t)
  await first.server.close()
  const second = dgram.createSocket('udp4')
  second.bind(67, '127.0.0.1')
  await once(second, 'listening')
  t.is(second.address().port, 67)
  second.close()
  await t.notThrowsAsync(first.server.close())
})

rootTest('an interface that does not exist is a SocketError', async (t) => {
  await t.throwsAsync(serve(t, { interface: 'hl-none0' }), { instanceOf: SocketError, message: /UDP port 67 on interface hl-none0/ })
})

rootTest(
  'what came to nothing is told with its client and the reason, and a cut-off option with the exchange that it was in',
  async (t) => {
    const dropped: DroppedDhcp[] = []
    const { client, asked, exchanges } = await serve(t, { onDropped: (each) => dropped.push(each) })
    const whole = encodeDhcp(request('DISCOVER', {}, BIOS))
    const noCookie = Buffer.from(whole)
    noCookie.writeUInt32BE(0, 236)
    const reply = Buffer.from(noCookie)
    reply[0] = 2
    const bootp = encodeDhcp({ ...request('DISCOVER'), options: [] })
    const cut = Buffer.concat([whole.subarray(0, 240), Buffer.from([53, 1, 1, 12, 200, 65])])
    for (const bytes of [noCookie, whole.subarray(0, 100), whole.subarray(0, 20), reply, bootp, cut]) client.send(bytes, 67, '127.0.0.1')
    await until(() => exchanges.length > 0, t)
    await asked()
    t.deepEqual(
      dropped.map(({ mac, reason }) => [mac, reason]),
      [
        [A, "cookie at byte 240: 0x0 is not DHCP's"],
        [A, 'sname at byte 44: 64 bytes wanted, 56 left'],
        [A, 'no DHCP message type (BOOTP, or a type that we do not know)'],
      ],
    )
    t.like(exchanges[0], {
      mac: A,
      message: 'DISCOVER',
      answer: 'offer',
      reason: 'cut off: options 12 at byte 5: 200 bytes wanted, 1 left',
    })
  },
)

const full = (): never => {
  throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' })
}

rootTest('of a timeline that cannot be written it is said that the disk is full, not that nothing was answered', async (t) => {
  const { lines, asked } = await serve(t, { onExchange: full, onDropped: full })
  t.is((await asked()).file.toString(), 'snponly.efi')
  await until(() => messages(lines, 'error').length > 0, t)
  const [line] = lines.filter(({ level }) => level === 'error')
  t.like(line, { message: 'DHCP exchange not noted', fields: { mac: A, reason: 'the disk is full: make room where dataDir lies' } })
})

rootTest('a dropped datagram that cannot be noted leaves the next one served', async (t) => {
  const { client, lines, asked } = await serve(t, { onDropped: full })
  client.send(encodeDhcp({ ...request('DISCOVER'), options: [] }), 67, '127.0.0.1')
  client.send(Buffer.from(encodeDhcp(request('DISCOVER', {}, BIOS))).subarray(0, 100), 67, '127.0.0.1')
  await until(() => messages(lines, 'error').length === 2, t)
  t.deepEqual(messages(lines, 'error'), ['dropped DHCP packet not noted', 'dropped DHCP packet not noted'])
  t.is((await asked()).file.toString(), 'snponly.efi')
})
