import test from 'ava'
import type { Negotiated } from '../../../appliance/tftp/options.ts'
import { begin, delivered, patience, type Step, step, type Transfer, type TransferEvent } from '../../../appliance/tftp/transfer.ts'

const plain: Negotiated = { blksize: 512, windowsize: 1, timeout: undefined, sizeAsked: false, accepted: [] }
const windowed: Negotiated = { ...plain, windowsize: 4, accepted: [{ name: 'windowsize', value: '4' }] }
const sized: Negotiated = { ...plain, sizeAsked: true, accepted: [{ name: 'tsize', value: '1024' }] }

/** Runs events, answers each read at once, and keeps one line for each action that somebody outside would see. */
function run(first: Step, content: Buffer) {
  let transfer: Transfer = first.transfer
  const seen: string[] = []
  function take({ transfer: next, actions }: Step): void {
    transfer = next
    for (const action of actions) {
      if (action.kind === 'read') {
        const data = content.subarray(action.position, action.position + action.length)
        take(step(transfer, { kind: 'data-ready', position: action.position, data }))
      } else if (action.kind === 'send') {
        const { packet } = action
        seen.push(packet.kind === 'data' ? `data ${packet.block} (${packet.data.length})` : packet.kind)
      } else {
        seen.push(action.kind === 'finish' ? action.outcome : `${action.outcome}: ${action.reason}`)
      }
    }
  }
  take(first)
  return {
    transfer: () => transfer,
    /** What the events led to. */
    on: (...events: readonly TransferEvent[]) => {
      for (const event of events) take(step(transfer, event))
      return seen.splice(0)
    },
  }
}
const start = (negotiated: Negotiated, size: number) => run(begin(negotiated, size), Buffer.alloc(size, 'x'))
const ack = (block: number): TransferEvent => ({ kind: 'ack', block })
const timeout: TransferEvent = { kind: 'timeout' }

test('a transfer without options begins with DATA 1 and ends with the ACK of the short block', (t) => {
  const { on, transfer } = start(plain, 700)
  t.deepEqual(on(), ['data 1 (512)'])
  t.deepEqual(on(ack(1)), ['data 2 (188)'])
  t.deepEqual(on(ack(2)), ['served'])
  t.is(delivered(transfer()), 700)
})

test('a file of an exact multiple ends with an empty block, an empty file is one', (t) => {
  t.deepEqual(start(plain, 1024).on(ack(1), ack(2), ack(3)), ['data 1 (512)', 'data 2 (512)', 'data 3 (0)', 'served'])
  t.deepEqual(start(plain, 0).on(ack(1)), ['data 1 (0)', 'served'])
})

test('a transfer with options sends nothing but the OACK until ACK 0', (t) => {
  const { on } = start(windowed, 5000)
  t.deepEqual(on(ack(1), ack(4)), ['oack'])
  t.deepEqual(on(ack(0)), ['data 1 (512)', 'data 2 (512)', 'data 3 (512)', 'data 4 (512)'])
})

test('an ACK inside the window resumes after its block', (t) => {
  const { on } = start(windowed, 5000)
  on(ack(0))
  t.deepEqual(on(ack(2)), ['data 3 (512)', 'data 4 (512)', 'data 5 (512)', 'data 6 (512)'])
})

test('an ACK of the block before the window, whose first block was lost, sends the window again at once and once', (t) => {
  const window = (first: number) => [0, 1, 2, 3].map((index) => `data ${first + index} (512)`)
  const { on } = start(windowed, 50_000)
  on(ack(0))
  t.deepEqual(on(ack(0), ack(0), ack(0)), window(1), 'the first window too')
  t.deepEqual(on(ack(4)), window(5))
  t.deepEqual(on(ack(4)), window(5))
  t.deepEqual(on(ack(4), ack(4)), [], 'a client answers each block that it cannot use')
  t.deepEqual(on(timeout), window(5))
  t.deepEqual(on(ack(4)), [], 'once for each window, whatever else happens')
  t.deepEqual(on(ack(8), ack(8)), [...window(9), ...window(9)])
})

test('an ACK of the block before the last window, and before one over the rollover, is its notice', (t) => {
  const last = start(windowed, 4 * 512 + 100)
  last.on(ack(0), ack(4))
  t.deepEqual(last.on(ack(4), ack(4), ack(5)), ['data 5 (100)', 'served'])
  const { on } = start({ ...windowed, blksize: 8 }, 65_600 * 8)
  on(ack(0))
  for (let block = 4; block <= 65_532; block += 4) on(ack(block))
  on(ack(65_534))
  t.deepEqual(on(ack(65_534)), ['data 65535 (8)', 'data 0 (8)', 'data 1 (8)', 'data 2 (8)'])
})

test('in lock-step an ACK again is no notice, also when a window of one was negotiated', (t) => {
  for (const negotiated of [plain, { ...windowed, windowsize: 1 }]) {
    const { on } = start(negotiated, 5000)
    if (negotiated !== plain) on(ack(0))
    t.deepEqual(on(ack(1)).at(-1), 'data 2 (512)')
    t.deepEqual(on(ack(1), ack(1), ack(0)), [])
  }
})

test('one ACK that the network doubled does not have the rest of the file sent twice', (t) => {
  const { on } = start(windowed, 512 * 4 * 100)
  on(ack(0))
  let sent = 4
  // The client acknowledges a window as often as it got it.
  for (let block = 4, copies = 2; block < 400; block += 4) {
    const blocks = on(...Array.from({ length: copies }, () => ack(block))).filter((line) => line.startsWith('data')).length
    copies = blocks / 4
    sent += blocks
  }
  t.true(sent > 400 && sent <= 400 + 8 * 4, `${sent} blocks sent of 401`)
})

test('old and invented ACKs never cause a packet, and a doubled one only once', (t) => {
  const { on } = start(windowed, 50_000)
  on(ack(0), ack(4))
  t.is(on(ack(4)).length, 4)
  t.deepEqual(on(ack(4), ack(4), ack(0), ack(3), ack(9), ack(65535)), [])
  t.deepEqual(on(ack(8)), ['data 9 (512)', 'data 10 (512)', 'data 11 (512)', 'data 12 (512)'])
})

test('block numbers roll over from 65535 to 0', (t) => {
  const size = 65_537 * 8 + 3
  const { on, transfer } = start({ ...plain, blksize: 8 }, size)
  for (let block = 1; block < 65_535; block += 1) on(ack(block))
  t.deepEqual(on(ack(65_535)), ['data 0 (8)'])
  t.deepEqual(on(ack(0), ack(1), ack(2)), ['data 1 (8)', 'data 2 (3)', 'served'])
  t.is(delivered(transfer()), size)
})

test('a window over the rollover is resumed at the right block', (t) => {
  const { on } = start({ ...windowed, blksize: 8 }, 65_600 * 8)
  on(ack(0))
  for (let block = 4; block <= 65_532; block += 4) on(ack(block))
  t.deepEqual(on(ack(65_534)), ['data 65535 (8)', 'data 0 (8)', 'data 1 (8)', 'data 2 (8)'])
  t.deepEqual(on(ack(0)), ['data 1 (8)', 'data 2 (8)', 'data 3 (8)', 'data 4 (8)'])
})

test('a timeout sends the window again, three times at most, then the transfer fails', (t) => {
  const { on, transfer } = start(plain, 700)
  on()
  t.deepEqual(on(timeout, timeout, timeout), ['data 1 (512)', 'data 1 (512)', 'data 1 (512)'])
  t.deepEqual(on(timeout), ['failed: the client never answered'])
  t.deepEqual(on(ack(1), timeout), [])
  t.is(delivered(transfer()), 0)
})

test('an answer makes three resends possible again', (t) => {
  const { on } = start(plain, 1200)
  on(timeout, timeout, timeout, ack(1))
  t.deepEqual(on(timeout, timeout, timeout, timeout), ['data 2 (512)', 'data 2 (512)', 'data 2 (512)', 'failed: the client fell silent'])
})

test('the last ACK may never come: the file counts as served', (t) => {
  const { on, transfer } = start(plain, 700)
  on(ack(1))
  t.deepEqual(on(timeout, timeout, timeout, timeout), ['data 2 (188)', 'data 2 (188)', 'data 2 (188)', 'served'])
  t.is(delivered(transfer()), 700)
})

test('a client that asks for tsize and answers the OACK with an ERROR has probed', (t) => {
  t.deepEqual(start(sized, 1024).on({ kind: 'error', code: 8, message: 'User aborted the transfer' }), ['oack', 'probed'])
  t.deepEqual(start(sized, 1024).on({ kind: 'superseded' }), ['oack', 'probed'])
})

test('an ERROR is an abort when the client has no room, has begun to load, or never asked for the size', (t) => {
  const error = (code: number): TransferEvent => ({ kind: 'error', code, message: 'Disk full' })
  t.deepEqual(start(sized, 1024).on(error(3)), ['oack', 'aborted: the client sent ERROR 3: Disk full'])
  t.deepEqual(start(sized, 1024).on(ack(0), error(0)), ['oack', 'data 1 (512)', 'aborted: the client sent ERROR 0: Disk full'])
  t.deepEqual(start(windowed, 1024).on(error(0)), ['oack', 'aborted: the client sent ERROR 0: Disk full'])
})

test('a repeated request starts the transfer again from its first packet', (t) => {
  t.deepEqual(start(windowed, 5000).on(ack(0), ack(4), { kind: 'repeated' }, ack(0)).slice(-5), [
    'oack',
    'data 1 (512)',
    'data 2 (512)',
    'data 3 (512)',
    'data 4 (512)',
  ])
  t.deepEqual(start(plain, 700).on(ack(1), { kind: 'repeated' }), ['data 1 (512)', 'data 2 (188)', 'data 1 (512)'])
})

test('a repeated request while DATA 1 is being read is answered once', (t) => {
  const { transfer, actions } = begin(plain, 700)
  t.deepEqual(actions, [{ kind: 'read', position: 0, length: 700 }])
  t.deepEqual(step(transfer, { kind: 'repeated' }).actions, [])
})

test('a read that answers an abandoned position is ignored', (t) => {
  const { transfer } = begin(plain, 700)
  t.deepEqual(step(transfer, { kind: 'data-ready', position: 512, data: Buffer.alloc(188) }), { transfer, actions: [] })
})

test('an ACK that moves the window during a read never makes a short block', (t) => {
  const size = 100_000
  let transfer = step(begin({ ...windowed, blksize: 8192 }, size).transfer, ack(0)).transfer
  transfer = step(transfer, { kind: 'data-ready', position: 0, data: Buffer.alloc(32_768) }).transfer
  const reading = step(transfer, ack(1))
  t.deepEqual(reading.actions, [{ kind: 'read', position: 32_768, length: 32_768 }])
  transfer = step(step(reading.transfer, ack(2)).transfer, ack(4)).transfer
  const { actions } = step(transfer, { kind: 'data-ready', position: 32_768, data: Buffer.alloc(32_768) })
  t.deepEqual(
    actions.map((action) => action.kind === 'send' && action.packet.kind === 'data' && action.packet.data.length),
    [8192, 8192, 8192, 8192],
  )
})

test('a read that fails tells the client and fails the transfer, one that never answers fails it too', (t) => {
  t.deepEqual(run(step(begin(plain, 700).transfer, { kind: 'read-failed' }), Buffer.alloc(0)).on(), [
    'error',
    'failed: the file could not be read',
  ])
  let { transfer } = begin(plain, 700)
  for (let count = 0; count < 3; count += 1) transfer = step(transfer, timeout).transfer
  t.deepEqual(step(transfer, timeout).actions, [{ kind: 'fail', outcome: 'failed', reason: 'the disk did not answer' }])
})

test('a transfer holds at most one window and one read-ahead of the file', (t) => {
  const negotiated = { ...windowed, blksize: 1468, windowsize: 32 }
  const { on, transfer } = start(negotiated, 10_000_000)
  for (let block = 0; block < 6800; block += 32) {
    on(ack(block & 0xffff))
    t.true(transfer().held.length <= 2 * 32 * 1468)
  }
})

test('patience doubles from one second, but is the client’s own when it has named one', (t) => {
  const { on, transfer } = start(plain, 700)
  const waits = [patience(transfer())]
  for (let count = 0; count < 3; count += 1) {
    on(timeout)
    waits.push(patience(transfer()))
  }
  t.deepEqual(waits, [1000, 2000, 4000, 8000])
  t.is(patience(begin({ ...plain, timeout: 3 }, 1).transfer), 3000)
})
