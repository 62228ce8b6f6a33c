// No bytes from the network end the server: mutated calls against a live one, and after each flood a
// good client is served within one second (security-notes: unfs3#61, libtirpc CVE-2017-8779).
import { once } from 'node:events'
import { connect } from 'node:net'
import test from 'ava'
import fc from 'fast-check'
import { Asker } from './caller.ts'
import { everyCall } from './calls.ts'
import { Client, startServer } from './client.ts'
import { EVERYTHING, testExport } from './tree.ts'
import { marked } from './wire.ts'

const source = testExport(EVERYTHING)
const asker = new Asker([source])
const records = everyCall(asker).map(({ message }) => marked(message))

type Mutation =
  | { readonly kind: 'flip'; readonly at: number; readonly byte: number }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'word'; readonly at: number; readonly value: number }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Uint8Array }

const at = fc.nat(400)
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at, byte: fc.integer({ min: 1, max: 255 }) }),
  fc.record({ kind: fc.constant('cut' as const), at }),
  fc.record({ kind: fc.constant('word' as const), at, value: fc.constantFrom(0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 65, 401, 1025) }),
  fc.record({ kind: fc.constant('insert' as const), at, bytes: fc.uint8Array({ maxLength: 40 }) }),
)

function mutate(bytes: Buffer, change: Mutation): Buffer {
  const place = change.at % bytes.length
  const changed = Buffer.from(bytes)
  switch (change.kind) {
    case 'flip':
      changed.writeUInt8(changed.readUInt8(place) ^ change.byte, place)
      return changed
    case 'cut':
      return changed.subarray(0, place)
    case 'word':
      if (changed.length >= 4) changed.writeUInt32BE(change.value, Math.min(place & ~3, changed.length - 4))
      return changed
    case 'insert':
      return Buffer.concat([changed.subarray(0, place), change.bytes, changed.subarray(place)])
  }
}

/** Of this process, which is server and client: what other processes do meanwhile does not count. */
function secondsSince(began: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(began)
  return (user + system) / 1e6
}

const stream = fc.array(fc.tuple(fc.constantFrom(...records), fc.array(mutation, { maxLength: 3 })), { minLength: 1, maxLength: 12 })

test('mutated calls, in streams, do not keep a good client from being served within a second', async (t) => {
  const server = await startServer([source])
  t.teardown(() => server.close())
  await fc.assert(
    fc.asyncProperty(stream, async (calls) => {
      const hostile = connect({ port: server.port, host: '127.0.0.1' })
      hostile.on('error', () => {})
      hostile.resume()
      await once(hostile, 'connect')
      hostile.end(
        Buffer.concat(
          calls.map(([record, changes]) => changes.reduce((bytes, change) => (bytes.length > 0 ? mutate(bytes, change) : bytes), record)),
        ),
      )
      const began = process.cpuUsage()
      const good = await Client.to(server.port)
      const reply = await good.call(1, asker.fh('/etc/hostname'))
      good.close()
      hostile.destroy()
      t.is(reply.stat, 'SUCCESS')
      t.true(secondsSince(began) < 1)
    }),
    { numRuns: 300 },
  )
  t.deepEqual(
    server.lines.filter(({ message }) => message === 'call failed here'),
    [],
  )
})

test('mutated messages are answered or refused as WireError, never anything else', async (t) => {
  const messages = everyCall(asker).map(({ message }) => message)
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...messages), fc.array(mutation, { minLength: 1, maxLength: 4 }), async (message, changes) => {
      const bytes = changes.reduce((from, change) => (from.length > 0 ? mutate(from, change) : from), message)
      try {
        const answer = asker.answer(bytes)
        if (answer.kind === 'reply') t.is(answer.fault, undefined)
      } catch (error) {
        t.is(error instanceof Error ? error.name : error, 'WireError')
      }
    }),
    { numRuns: 5000 },
  )
})

test('after a flood of connections that say nothing, a good client is served within a second', async (t) => {
  const server = await startServer([source], { limits: { connections: 20, connectionsPerAddress: 10 } })
  t.teardown(() => server.close())
  const flood = Array.from({ length: 100 }, () => connect({ port: server.port, host: '127.0.0.1' }))
  t.teardown(() => {
    for (const socket of flood) socket.destroy()
  })
  for (const socket of flood) socket.on('error', () => {})
  await Promise.all(flood.map((socket) => (socket.connecting ? Promise.race([once(socket, 'connect'), once(socket, 'close')]) : undefined)))
  const began = process.cpuUsage()
  const good = await Client.to(server.port)
  t.teardown(() => good.close())
  t.is((await good.call(1, asker.fh('/'))).stat, 'SUCCESS')
  t.true(secondsSince(began) < 1)
})
