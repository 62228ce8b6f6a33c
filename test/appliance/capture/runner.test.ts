import { gunzipSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { MOST_CAPTURES, MOST_OF_STRANGERS, placeFor, URGENCY } from '../../../appliance/capture/places.ts'
import { type CapturedHost, Captures } from '../../../appliance/capture/runner.ts'
import type { AttemptState, AttemptView } from '../../../appliance/timeline/timeline.ts'
import type { Mac } from '../../../appliance/wire/addresses.ts'
import { SocketError } from '../../../appliance/wire/explain.ts'
import type { PacketsSocket, PacketsWish } from '../../../appliance/wire/sockets/packets.ts'
import type { CaptureRecord } from '../../../manager/protocol/appliance.ts'
import { until } from '../../manager/site.ts'
import { collectingLog } from '../wire/collecting-log.ts'
import { blockOf, passedBy } from './kernel.ts'
import { discover, HOST, HOST_ADDRESS, OTHER, TO_HOST, TO_OTHER, tcp } from './wires.ts'

const T = 1_796_059_203_000
const TOKEN = 'Zr7pQ0aXw2LkVn5tYb8cJm1dHe4gUi6oSf9xRq3zKyA'
const scriptAnswer = tcp(TO_HOST, Buffer.from(`HTTP/1.1 200 OK\r\n\r\nkernel vmlinuz hostless.token=${TOKEN}\n`))

/** A wire whose packets reach each open socket by its filter, a clock, and what is kept. */
function wire(t: ExecutionContext, hosts: Partial<Record<Mac, Partial<CapturedHost>>> = {}) {
  const clock = { now: T }
  const open = new Set<{ filter: Buffer; blocks: Buffer[] }>()
  const kept: { readonly record: CaptureRecord; readonly file: Buffer }[] = []
  const told: CaptureRecord[] = []
  const { log, lines } = collectingLog()
  const listen = ({ filter }: PacketsWish): PacketsSocket => {
    const socket = { filter, blocks: [] as Buffer[] }
    open.add(socket)
    return {
      blocks: () => socket.blocks,
      release: (count) => void socket.blocks.splice(0, count),
      filter: (next) => {
        socket.filter = next
      },
      counts: () => ({ passed: 0, missed: 2 }),
      close: () => void open.delete(socket),
    }
  }
  const captures = new Captures({
    interface: 'eth1',
    open: listen,
    host: (mac) => ({ macs: [], known: true, ordered: false, ...hosts[mac] }),
    isRelayed: () => false,
    keep: async (record, gzip) => kept.push({ record, file: gunzipSync(gzip) }) > 0,
    onKept: (record) => void told.push(record),
    now: () => clock.now,
    log,
  })
  t.teardown(() => captures.close())
  const pass = (...frames: readonly Buffer[]) => {
    for (const frame of frames) {
      clock.now += 2
      for (const socket of open)
        if (passedBy(socket.filter, frame) > 0) socket.blocks.push(blockOf([{ at: clock.now * 1000, frame }], socket.filter))
    }
    clock.now += 2
  }
  return { captures, clock, kept, told, lines, pass, open, sockets: () => open.size }
}

function view(id: string, state: AttemptState, changed: Partial<AttemptView> = {}): AttemptView {
  return { id: id.repeat(16), host: 'node01', mac: HOST, startedAt: T, state, stages: [], ...changed }
}

test('a boot that hangs is kept: from the DISCOVER by which it was heard of on, without others, its token struck out', async (t) => {
  const { captures, kept, told, pass } = wire(t)
  pass(discover(OTHER), discover(HOST))
  captures.heard(view('a', 'booting'))
  captures.hide('a'.repeat(16), TOKEN)
  pass(tcp(TO_OTHER, Buffer.from('for another')), scriptAnswer)
  captures.heard(view('a', 'stuck'))
  await captures.close()
  const [{ record, file } = { record: undefined, file: Buffer.alloc(0) }] = kept
  t.like(record, { attempt: 'a'.repeat(16), mac: HOST, cause: 'stuck', packets: 2, missed: 2, known: true, bytes: file.length })
  t.deepEqual(told, [record])
  t.true(file.includes(discover(HOST)))
  t.false(file.includes(discover(OTHER).subarray(6, 12)), 'the MAC of another')
  t.true(file.includes(`hostless.token=${'x'.repeat(TOKEN.length)}\n`))
  t.regex(file.toString(), /Boot attempt a+ of node01 \(52:54:00:77:00:01\).*2 packets of the middle are not here/)
})

test('a boot that comes up is forgotten, unless its capture was ordered; whatever comes after it is not captured', async (t) => {
  const { captures, kept, pass, sockets } = wire(t, { [OTHER]: { ordered: true } })
  const idle = sockets()
  captures.heard(view('a', 'booting'))
  captures.heard(view('b', 'booting', { mac: OTHER, host: 'node02' }))
  t.is(sockets(), idle + 2)
  pass(scriptAnswer, tcp(TO_OTHER, Buffer.from('x')))
  captures.heard(view('a', 'up'))
  captures.heard(view('b', 'up', { mac: OTHER, host: 'node02' }))
  await captures.close()
  t.deepEqual(
    kept.map(({ record: { attempt, cause } }) => [attempt, cause]),
    [['b'.repeat(16), 'ordered']],
  )
})

test('what a machine does after it failed is captured for three seconds more; then its socket is closed and nothing begins anew', async (t) => {
  const { captures, clock, kept, pass, sockets } = wire(t)
  captures.heard(view('a', 'booting'))
  pass(scriptAnswer)
  captures.heard(view('a', 'failed'))
  pass(scriptAnswer)
  clock.now += 3001
  await until('that it is kept', () => kept.length === 1)
  t.like(kept[0]?.record, { cause: 'failed', packets: 2 })
  t.is(sockets(), 1, 'that of all DHCP')
  captures.heard(view('a', 'booting'))
  t.is(sockets(), 1)
})

test('another boot of the machine ends the capture of the one before; one that goes on after all is captured on', async (t) => {
  const { captures, kept, pass } = wire(t)
  captures.heard(view('a', 'booting'))
  pass(scriptAnswer)
  captures.heard(view('a', 'stuck'))
  captures.heard(view('a', 'booting'))
  pass(scriptAnswer)
  captures.heard(view('b', 'booting'))
  pass(scriptAnswer)
  await until('the first', () => kept.length === 1)
  t.like(kept[0]?.record, { attempt: 'a'.repeat(16), cause: 'failed', packets: 2 })
  captures.heard(view('b', 'up'))
  await captures.close()
  t.is(kept.length, 1)
})

test('a new address of the machine is watched, too', async (t) => {
  const { captures, kept, pass } = wire(t)
  captures.heard(view('a', 'booting'))
  captures.heard(view('a', 'booting', { address: HOST_ADDRESS }))
  pass(tcp(TO_HOST, Buffer.from('x')))
  captures.heard(view('a', 'failed', { address: HOST_ADDRESS }))
  await captures.close()
  t.is(kept[0]?.record.packets, 1)
})

test('where packets cannot be captured that is said once, and nothing else happens', (t) => {
  const { log, lines } = collectingLog()
  const captures = new Captures({
    interface: 'eth1',
    open: () => {
      throw new SocketError({ interface: 'eth1', what: 'packets (capture)', call: 'socket', code: 'EPERM', holders: [] })
    },
    host: () => ({ macs: [], known: true, ordered: true }),
    isRelayed: () => false,
    keep: async () => true,
    onKept: () => t.fail(),
    now: () => T,
    log,
  })
  captures.heard(view('a', 'booting'))
  captures.heard(view('a', 'stuck'))
  t.deepEqual(
    lines.map(({ level, message }) => [level, message]),
    [['warn', 'boots cannot be captured; all else is served']],
  )
  t.regex(JSON.stringify(lines), /grant .*CAP_NET_RAW/)
})

test('places are bounded, of strangers above all; the more urgent takes that of the least urgent', (t) => {
  const running = (count: number, urgency: 0 | 1 | 2 | 3) =>
    Array.from({ length: count }, (_, index) => ({ attempt: `${urgency}-${index}`, urgency }))
  t.deepEqual(placeFor(URGENCY.stranger, running(MOST_OF_STRANGERS - 1, 0)), { kind: 'free' })
  t.deepEqual(placeFor(URGENCY.stranger, running(MOST_OF_STRANGERS, 0)), { kind: 'none' })
  t.deepEqual(placeFor(URGENCY.host, running(MOST_OF_STRANGERS, 0)), { kind: 'free' })
  const full = [...running(2, 1), ...running(1, 0), ...running(MOST_CAPTURES - 3, 2)]
  t.deepEqual(placeFor(URGENCY.host, full), { kind: 'instead', of: '0-0' })
  t.deepEqual(placeFor(URGENCY.host, running(MOST_CAPTURES, 1)), { kind: 'none' })
  t.deepEqual(placeFor(URGENCY.ordered, running(MOST_CAPTURES, 2)), { kind: 'instead', of: '2-0' })
  t.deepEqual(placeFor(URGENCY.ordered, running(MOST_CAPTURES, 3)), { kind: 'none' })
})

test('what cannot be read ends the capture of one boot, and of no other', async (t) => {
  const { captures, kept, lines, pass, open, sockets } = wire(t)
  captures.heard(view('a', 'booting'))
  const broken = [...open].at(-1)
  captures.heard(view('b', 'booting', { mac: OTHER }))
  const block = blockOf([{ at: T * 1000, frame: discover(HOST) }])
  block.writeUInt32LE(1 << 20, 16)
  broken?.blocks.push(block)
  pass(discover(OTHER))
  await until('that it is over', () => sockets() === 2)
  t.true(lines.some((line) => JSON.stringify(line).includes('captured no more')))
  captures.heard(view('b', 'failed', { mac: OTHER }))
  await captures.close()
  t.deepEqual(
    kept.map(({ record }) => record.attempt),
    ['b'.repeat(16)],
  )
})
