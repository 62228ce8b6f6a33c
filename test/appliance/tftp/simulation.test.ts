import test from 'ava'
import fc from 'fast-check'
import { simulate } from './simulation.ts'

const content = (size: number) => Buffer.from(Array.from({ length: size }, (_, index) => (index * 7919) >> 5))
const shape = fc
  .record({
    seed: fc.integer(),
    blocks: fc.nat(120),
    rest: fc.constantFrom(0, 1, 7),
    blksize: fc.constantFrom(8, 64, 512, 1428, 1468),
    windowsize: fc.constantFrom(1, 2, 4, 16, 32),
  })
  .map((shape) => ({ ...shape, content: content(shape.blocks * shape.blksize + shape.rest) }))
const network = (loss: readonly number[], duplication: readonly number[], delay: readonly number[]) =>
  fc.record({ loss: fc.constantFrom(...loss), duplication: fc.constantFrom(...duplication), delay: fc.constantFrom(...delay) })

test('over a network that drops, doubles and reorders, a client gets identical bytes or a clean end, and the server always ends', (t) => {
  let complete = 0
  fc.assert(
    fc.property(shape, network([0, 0.01, 0.1, 0.3], [0, 0.2], [0, 5, 300]), (shape, network) => {
      const world = { ...shape, ...network }
      const { client, received, server } = simulate(world)
      t.true(received.equals(world.content.subarray(0, received.length)))
      t.true(['no request came', 'served', 'the client fell silent', 'the client never answered'].includes(server ?? ''), server)
      if (client === 'complete') {
        complete += 1
        t.is(received.length, world.content.length)
      } else if (server === 'served') {
        t.true(world.content.length - received.length <= world.windowsize * world.blksize, 'only the last window may be unconfirmed')
      }
    }),
    { numRuns: 1500 },
  )
  t.true(complete > 500, `${complete} of 1500 transfers were completed`)
})

test('over a network that loses nothing every transfer completes, and doubled packets make the server send no block twice', (t) => {
  fc.assert(
    fc.property(shape, network([0], [0, 0.5, 1], [0]), (shape, network) => {
      const world = { ...shape, ...network }
      const { client, received, server, dataPackets } = simulate(world)
      t.deepEqual({ client, server }, { client: 'complete', server: 'served' })
      t.true(received.equals(world.content))
      // Inside a window a doubled block looks like a gap to the client: only lock-step shows the sorcerer's apprentice.
      if (world.windowsize === 1 && world.content.length > 0) t.is(dataPackets, Math.floor(world.content.length / world.blksize) + 1)
    }),
    { numRuns: 400 },
  )
})

test('a lost packet in a hundred costs time, never the transfer', (t) => {
  fc.assert(
    fc.property(shape, network([0.01], [0], [2]), (shape, network) => {
      const world = { ...shape, ...network }
      const { client, received } = simulate(world)
      t.is(client, 'complete')
      t.true(received.equals(world.content))
    }),
    { numRuns: 400 },
  )
})
