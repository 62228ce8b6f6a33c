import dgram from 'node:dgram'
import { once } from 'node:events'
import test from 'ava'
import { drain, type Sender } from '../../../appliance/wire/datagrams.ts'
import { openUdpOn } from '../../../appliance/wire/server.ts'

const rootTest = process.getuid?.() === 0 ? test : test.skip

rootTest('what waits in a socket is read at once, whole, in order, each with its sender; nothing is there twice', async (t) => {
  const socket = await openUdpOn('lo', 0)
  const { port } = socket.address()
  const heard: Buffer[] = []
  socket.on('message', (bytes) => heard.push(bytes))
  const clients = [1, 2].map(() => dgram.createSocket({ type: 'udp4', lookup: (address, _family, callback) => callback(null, address, 4) }))
  t.teardown(() => {
    for (const each of [socket, ...clients]) each.close()
  })
  const ports: number[] = []
  for (const client of clients) {
    await new Promise<void>((resolve) => client.bind(0, '127.0.0.1', resolve))
    ports.push(client.address().port)
  }
  // In one turn of the event loop, in which Node reads nothing.
  const sent = Array.from({ length: 200 }, (_, index) => Buffer.alloc(index + 1, index))
  for (const [index, bytes] of sent.entries()) clients[index % 2]?.send(bytes, port, '127.0.0.1')
  const read: (readonly [Buffer, Sender])[] = []
  t.is(
    drain(socket, 1000, (bytes, from) => read.push([bytes, from])),
    200,
  )
  t.deepEqual(
    read.map(([bytes]) => bytes),
    sent,
  )
  t.deepEqual(
    read.map(([, { address, port: from }]) => [address, from]),
    sent.map((_, index) => ['127.0.0.1', ports[index % 2]]),
  )
  t.is(
    drain(socket, 1000, () => t.fail()),
    0,
  )
  clients[0]?.send(Buffer.alloc(3000, 7), port, '127.0.0.1')
  clients[0]?.send(Buffer.of(8), port, '127.0.0.1')
  const lengths: number[] = []
  drain(socket, 1, ({ length }) => lengths.push(length))
  t.deepEqual(lengths, [2048, 1], 'of what is too long the rest is cut off')
  for (let count = 0; count < 200; count += 1) clients[0]?.send(Buffer.of(1), port, '127.0.0.1')
  t.is(
    drain(socket, 100, () => undefined),
    128,
  )
  while (heard.length < 72) await once(socket, 'message', { signal: AbortSignal.timeout(60_000) })
  t.is(heard.length, 72)
})

test('of a socket that is not ours nothing is read', (t) => {
  const socket = dgram.createSocket('udp4')
  t.teardown(() => socket.close())
  t.is(
    drain(socket, 10, () => t.fail()),
    0,
  )
})
