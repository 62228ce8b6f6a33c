// What is pure of a stream: frames, xl's words, rounds in its stream, rates, pauses, announcements.
import test from 'ava'
import fc from 'fast-check'
import { vifsIn } from '../../../../images/agent/guests/vifs.ts'
import { rarpFrame } from '../../../../images/agent/streams/announce.ts'
import { slowed, tooLong } from '../../../../images/agent/streams/budget.ts'
import { dataHeader, encodeNote, FrameError, FrameReader } from '../../../../images/agent/streams/frames.ts'
import { Meter } from '../../../../images/agent/streams/meter.ts'
import { noteOfSource, noteOfTarget } from '../../../../images/agent/streams/notes.ts'
import { Rounds } from '../../../../images/agent/streams/rounds.ts'
import {
  endOfSource,
  FAILED,
  SourceTalk,
  STARTED,
  saysSuspended,
  sayXl,
  TargetTalk,
  YOURS,
} from '../../../../images/agent/streams/xl-talk.ts'

/** In pieces of this length. */
function pieces(octets: Buffer, length: number): readonly Buffer[] {
  return Array.from({ length: Math.ceil(octets.length / length) }, (_, index) => octets.subarray(index * length, (index + 1) * length))
}

test('frames come out as they went in, however they are cut on the way', (t) => {
  const frame = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 200 }).map((data) => Buffer.from(data)),
    fc.string({ minLength: 1, maxLength: 100 }),
  )
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 20 }), fc.integer({ min: 1, max: 60 }), (frames, cut) => {
      const sent = Buffer.concat(frames.flatMap((one) => (typeof one === 'string' ? [encodeNote(one)] : [dataHeader(one.length), one])))
      const reader = new FrameReader()
      const got = pieces(sent, cut).flatMap((piece) => reader.read(piece))
      const notes = got.flatMap((one) => (one.kind === 'note' ? [one.text] : []))
      const data = Buffer.concat(got.flatMap((one) => (one.kind === 'data' ? [one.octets] : [])))
      return (
        JSON.stringify(notes) ===
          JSON.stringify(frames.filter((one) => typeof one === 'string').map((one) => Buffer.from(one).toString())) &&
        data.equals(Buffer.concat(frames.filter((one) => Buffer.isBuffer(one))))
      )
    }),
  )
  t.pass()
})

test('a frame of no kind, of nothing, or a note without end is no frame', (t) => {
  for (const wrong of ['0300000001', '0100000000', '0200001001', '47455420'.padEnd(10, '2')])
    t.throws(() => new FrameReader().read(Buffer.from(wrong, 'hex')), { instanceOf: FrameError }, wrong)
  for (const text of ['', '{', '{"note":"go"}', '{"note":"report"}', '{"note":"report","code":256}']) {
    t.is(noteOfTarget(text), undefined, text)
    t.is(noteOfSource(text), undefined, text)
  }
  t.is(noteOfSource('{"note":"word"}'), undefined, 'only a target passes the word on')
})

test("xl's words are known octet by octet; anything else is odd", (t) => {
  const banner = Buffer.from('xl migration receiver ready, send binary domain data.\n')
  const ready = Buffer.from('domain received, ready to unpause\0')
  const talk = new TargetTalk()
  const said = pieces(Buffer.concat([banner, ready, FAILED]), 1).flatMap((piece) => talk.read(piece))
  t.deepEqual(said, [{ kind: 'banner' }, { kind: 'ready' }, { kind: 'report', code: 1 }, { kind: 'returned' }])
  t.deepEqual(new TargetTalk().read(ready), [{ kind: 'odd' }], 'the word before the banner')
  t.deepEqual(new TargetTalk().read(Buffer.concat([banner, Buffer.from('domain removed')])), [{ kind: 'banner' }, { kind: 'odd' }])
  t.is(STARTED.at(-1), 0)
  const source = new SourceTalk()
  t.deepEqual(
    pieces(YOURS, 20).map((piece) => source.read(piece)),
    ['part', 'part', 'yours'],
  )
  t.is(new SourceTalk().read(Buffer.from('x')), 'odd')
})

test('how xl migrate ended is told by its code and its last words', (t) => {
  t.deepEqual(endOfSource(0, ''), { kind: 'moved' })
  t.deepEqual(endOfSource(1, 'x\nMigration failed, resuming at sender.\n'), { kind: 'resumed' })
  t.deepEqual(endOfSource(1, 'Migration failed due to problems at target.'), { kind: 'resumed' })
  t.deepEqual(endOfSource(1, 'Migration failed, failed to suspend at sender.'), { kind: 'not-suspended' })
  t.deepEqual(endOfSource(1, '** Migration failed during final handshake **\nDomain state is now undefined !'), { kind: 'undefined' })
  t.deepEqual(endOfSource(137, ''), { kind: 'killed' })
  t.deepEqual(endOfSource(undefined, ''), { kind: 'undefined' })
  t.true(saysSuspended('libxl: debug: libxl_dom_suspend.c:412:suspend_common_wait_guest_check: Domain 3:guest has suspended\n'))
  t.is(
    sayXl('libxl: debug: a\nxencall:buffer: debug: cache hits:22 misses:2 toobig:5\nxc: debug: b\nxc: error: Failed\nxc: error: Failed\n'),
    'xc: error: Failed',
  )
})

/** As xl, libxl and libxc write it: batches of pages, each with the number of its first. */
function stream(rounds: readonly (readonly number[])[]): Buffer {
  const xl = Buffer.alloc(48)
  xl.write('Xen saved domain, xl format\n \0 \r', 'latin1')
  xl.writeUInt32LE(5, 44)
  const libxl = Buffer.alloc(16)
  libxl.write('LibxlFmt', 'latin1')
  const context = Buffer.alloc(8)
  context.writeUInt32LE(1, 0)
  const libxc = Buffer.alloc(40, 0xff)
  libxc.write('XENF', 8, 'latin1')
  const page = (first: number): Buffer => {
    const record = Buffer.alloc(8 + 16 + 4096)
    record.writeUInt32LE(1, 0)
    record.writeUInt32LE(16 + 4096, 4)
    record.writeUInt32LE(1, 8)
    record.writeBigUInt64LE(BigInt(first), 16)
    return record
  }
  return Buffer.concat([xl, Buffer.from('hello'), libxl, context, libxc, ...rounds.flat().map(page)])
}

test('the last of five rounds says how much is about left; fewer rounds say that hardly anything is', (t) => {
  const five = [
    [0, 1, 2, 3],
    [0, 1, 2],
    [1, 3],
    [0, 2],
    [1, 2, 3],
  ]
  for (const length of [1, 7, 4096, 65_536]) {
    const rounds = new Rounds()
    for (const piece of pieces(stream(five), length)) rounds.read(piece)
    t.is(rounds.last, 3 * (16 + 4096), `${length}`)
  }
  const three = new Rounds()
  three.read(stream(five.slice(0, 3)))
  t.is(three.last, undefined)
  const other = new Rounds()
  other.read(Buffer.alloc(200_000, 'x'))
  t.is(other.last, undefined, 'what is no stream of xl is not judged')
})

test('a pause is too long when it is, or as soon as it is seen that it will be', (t) => {
  const pause = { maxMs: 2000, elapsedMs: 100, sentBytes: 0, roundBytes: undefined, bytesPerSecond: 100e6 }
  t.is(tooLong(pause), undefined)
  t.is(tooLong({ ...pause, roundBytes: 100e6 }), undefined)
  t.is(tooLong({ ...pause, roundBytes: 500e6 }), 5100)
  t.is(tooLong({ ...pause, roundBytes: 500e6, sentBytes: 450e6 }), undefined)
  t.is(tooLong({ ...pause, roundBytes: 500e6, elapsedMs: 10 }), undefined, 'not before it was looked at for a moment')
  t.is(tooLong({ ...pause, elapsedMs: 2000 }), 2000)
  t.is(tooLong({ ...pause, elapsedMs: 2000, roundBytes: 500e6, bytesPerSecond: 0 }), 2000)
  t.deepEqual(
    [0, 1, 2, 3].map((tried) => slowed(tried, 2)),
    [120, 70, 40, undefined],
  )
})

test('a meter says what went and how fast, and holds back what is faster than it may be', (t) => {
  const meter = new Meter()
  t.is(meter.rate(0), 0)
  for (let at = 0; at <= 4000; at += 100) t.is(meter.count(1000, at), 0)
  t.is(meter.bytes, 41_000)
  t.true(Math.abs(meter.rate(4000) - 10_000) < 1500, `${meter.rate(4000)}`)
  meter.pace(1000, 5000)
  t.is(meter.count(2000, 5000), 2000)
  t.is(meter.count(0, 7000), 0)
  meter.pace(undefined, 7000)
  t.is(meter.count(1e9, 7000), 0)
})

test('a MAC is announced by a reverse ARP request to everybody', (t) => {
  const frame = rarpFrame('00:16:3e:00:00:01')
  t.is(frame.length, 60)
  t.is(frame.toString('hex').slice(0, 84), 'ffffffffffff00163e0000018035000108000604000300163e0000010000000000163e00000100000000')
})

test('the vifs of a domain are known by MAC, with those that their script holds to it', (t) => {
  const at = (devid: number, key: string, value: string) => `/local/domain/0/backend/vif/12/${devid}/${key} = "${value}"\n`
  const text = [
    at(0, 'frontend', '/local/domain/12/device/vif/0'),
    at(0, 'script', '/etc/xen/scripts/vif-bridge') + at(0, 'mac', '00:16:3E:00:00:01'),
    at(3, 'mac', '00:16:3e:00:00:02') + at(3, 'script', '/etc/xen/scripts/vif-hostless'),
  ]
  const one = ['00:16:3e:00:00:01', { name: 'vif12.0', held: 'no' }] as const
  t.deepEqual([...vifsIn(text.join(''))], [one, ['00:16:3e:00:00:02', { name: 'vif12.3', held: 'to its MAC' }]])
  t.is(vifsIn('').size, 0)
})
