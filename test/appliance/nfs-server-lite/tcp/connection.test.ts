import test from 'ava'
import type { Answer } from '../../../../appliance/nfs-server-lite/program.ts'
import { Connection, type ConnectionLimits } from '../../../../appliance/nfs-server-lite/tcp/connection.ts'
import type { Export } from '../../../../appliance/nfs-server-lite/vfs.ts'
import { directory, testExport } from '../tree.ts'
import { marked } from '../wire.ts'

const limits: ConnectionLimits = {
  recordBytes: 1000,
  fragments: 10,
  calls: 3,
  replyBytes: 100,
  halfRecordMs: 10,
  stalledMs: 20,
  idleMs: 30,
}

/** A peer that takes bytes when told to, and reads of root.tar that end when told to. */
class Peer {
  readonly writable = true
  writableLength = 0
  now = 0
  paused = false
  destroyed = false
  readonly sent: string[] = []
  readonly served: string[] = []
  readonly failures: unknown[] = []
  readonly reads: { resolve: (bytes: Buffer) => void; reject: (error: Error) => void }[] = []
  readonly connection = new Connection(this, limits, {
    serve: (record) => this.#serve(record.toString()),
    readFailed: (error) => this.failures.push(error),
    now: () => this.now,
  })
  readonly #source: Export = {
    ...testExport(directory([])),
    read: () => new Promise((resolve, reject) => this.reads.push({ resolve, reject })),
  }
  #callbacks: (() => void)[] = []

  cork(): void {}
  uncork(): void {}
  pause(): void {
    this.paused = true
  }
  resume(): void {
    this.paused = false
  }
  destroy(): void {
    this.destroyed = true
  }
  write(bytes: Uint8Array, written: () => void): boolean {
    this.sent.push(Buffer.from(bytes).toString())
    this.writableLength += bytes.length
    this.#callbacks.push(written)
    return false
  }

  /** The peer reads all that was sent. */
  drain(): void {
    const callbacks = this.#callbacks
    this.#callbacks = []
    this.writableLength = 0
    for (const callback of callbacks) callback()
  }

  receive(...records: string[]): string | undefined {
    return this.connection.receive(Buffer.concat(records.map((record) => marked(Buffer.from(record)))))
  }

  #serve(record: string): Answer | string {
    this.served.push(record)
    if (record === 'bad') return 'no call'
    if (!record.startsWith('read')) return { kind: 'reply', reply: Buffer.from(`<${record}>`), effect: { kind: 'none' } }
    const data = { source: this.#source, position: 0, length: 5, failed: () => {} }
    return { kind: 'data', head: Buffer.from(`<${record}:`), data, failed: () => Buffer.from(`<${record} failed>`) }
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

test('calls that come together are answered together', (t) => {
  const peer = new Peer()
  peer.receive('a', 'b', 'c')
  t.deepEqual(peer.sent, ['<a>', '<b>', '<c>'])
  t.false(peer.paused)
})

test('a read does not hold up what comes after it: replies go out of order, each whole with its padding', async (t) => {
  const peer = new Peer()
  peer.receive('read1', 'read2', 'a')
  t.deepEqual(peer.sent, ['<a>'])
  peer.reads[1]?.resolve(Buffer.from('22222'))
  await settled()
  peer.reads[0]?.resolve(Buffer.from('11111'))
  await settled()
  t.deepEqual(peer.sent, ['<a>', '<read2:', '22222', '\0\0\0', '<read1:', '11111', '\0\0\0'])
})

test('a read that fails, or gives too few bytes, is answered as failed', async (t) => {
  const peer = new Peer()
  peer.receive('read1', 'read2')
  peer.reads[0]?.reject(new Error('EIO'))
  peer.reads[1]?.resolve(Buffer.from('1234'))
  await settled()
  t.deepEqual(peer.sent, ['<read1 failed>', '<read2 failed>'])
  t.regex(peer.failures.join(), /EIO.*4 bytes read, 5 wanted/)
})

test('as many reads as allowed are under way; then nothing is read from the peer until one ends', async (t) => {
  const peer = new Peer()
  peer.receive('read1', 'read2', 'read3', 'read4', 'a')
  t.deepEqual(peer.served, ['read1', 'read2', 'read3'])
  t.true(peer.paused)
  peer.reads[0]?.resolve(Buffer.from('11111'))
  await settled()
  t.deepEqual(peer.served, ['read1', 'read2', 'read3', 'read4'])
  t.true(peer.paused)
  peer.reads[1]?.resolve(Buffer.from('22222'))
  await settled()
  t.deepEqual(peer.served.at(-1), 'a')
  t.false(peer.paused)
})

test('a peer that does not read its replies is not served until it does', (t) => {
  const peer = new Peer()
  const records = Array.from({ length: 30 }, (_, index) => `call-${index}`)
  peer.receive(...records)
  t.true(peer.served.length < 15)
  t.true(peer.paused)
  t.true(peer.writableLength < 100 + 10)
  for (let turn = 0; turn < 5; turn++) peer.drain()
  t.deepEqual(peer.served, records)
  t.false(peer.paused)
})

test('a record that is no call closes the connection with its reason, and nothing after it is served', (t) => {
  const peer = new Peer()
  t.is(peer.receive('a', 'bad', 'b'), 'no call')
  t.true(peer.destroyed)
  t.deepEqual(peer.served, ['a', 'bad'])
  t.is(peer.receive('c'), undefined)
  t.deepEqual(peer.served, ['a', 'bad'])
})

test('a fragment length bomb closes the connection', (t) => {
  const peer = new Peer()
  t.regex(peer.connection.receive(Buffer.from('7fffffff', 'hex')) ?? '', /at most 1000/)
  t.true(peer.destroyed)
})

test('a read that ends after the connection is gone is dropped', async (t) => {
  const peer = new Peer()
  peer.receive('read1')
  peer.connection.stop()
  peer.reads[0]?.resolve(Buffer.from('11111'))
  await settled()
  t.deepEqual(peer.sent, [])
})

test('half a record is overdue after its time, counted from its first byte', (t) => {
  const peer = new Peer()
  const record = marked(Buffer.from('a'))
  peer.connection.receive(record.subarray(0, 2))
  peer.now = 9
  peer.connection.receive(record.subarray(2, 3))
  t.is(peer.connection.overdue(10), undefined)
  t.regex(peer.connection.overdue(11) ?? '', /half a record/)
  peer.connection.receive(record.subarray(3))
  t.is(peer.connection.overdue(12), undefined)
})

test('half a record does not grow old while the peer is not read from', async (t) => {
  const peer = new Peer()
  peer.connection.receive(Buffer.concat(['read1', 'read2', 'read3'].map((record) => marked(Buffer.from(record))).concat(Buffer.alloc(2))))
  t.true(peer.paused)
  t.is(peer.connection.overdue(15), undefined)
  peer.now = 15
  peer.reads[0]?.resolve(Buffer.from('11111'))
  await settled()
  t.false(peer.paused)
  t.is(peer.connection.overdue(25), undefined)
  t.regex(peer.connection.overdue(26) ?? '', /half a record/)
})

test('replies that nobody reads are overdue after their time; taking some of them counts', (t) => {
  const peer = new Peer()
  peer.receive('a')
  t.is(peer.connection.overdue(20), undefined)
  t.regex(peer.connection.overdue(21) ?? '', /not read/)
  peer.now = 21
  peer.drain()
  t.is(peer.connection.overdue(22), undefined)
})

test('a silent connection is overdue after its time, unless it waits for us', async (t) => {
  const peer = new Peer()
  t.is(peer.connection.overdue(30), undefined)
  t.is(peer.connection.overdue(31), 'idle')
  peer.receive('read1')
  t.is(peer.connection.overdue(31), undefined)
})
