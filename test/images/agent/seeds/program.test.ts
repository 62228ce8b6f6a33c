// The two programs of a seed as they are: files for disks, loopback for the network, keys of their own.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import test from 'ava'
import { heardOfSeed, saySeed, seedPlaces, seedProgress } from '../../../../images/agent/seeds/plan.ts'
import { runSeed } from '../../../../images/agent/seeds/program/main.ts'
import { newIdentity } from '../../../../images/agent/streams/relay/identity.ts'

const MIB = 1 << 20
const HERE = '127.0.0.1'

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, HERE, resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

interface Given {
  readonly own: Buffer
  readonly far: Buffer
  readonly rateKBps?: number
  /** Whose pin each is told; left out: the other's. */
  readonly pins?: Partial<Record<'source' | 'target', string>>
}

async function ran({ own, far, rateKBps, pins = {} }: Given) {
  const folder = await mkdtemp(join(tmpdir(), 'seed-'))
  try {
    const keys = { source: newIdentity(), target: newIdentity() }
    const port = await freePort()
    const run = async (end: 'source' | 'target') => {
      const places = seedPlaces(join(folder), `${end}-1`)
      const device = join(folder, `${end}.disk`)
      await writeFile(device, end === 'source' ? own : far)
      await writeFile(places.key, keys[end].key)
      const common = { end, seed: 's-1', device, sizeBytes: own.length }
      const plan =
        end === 'source'
          ? { ...common, to: { address: HERE, port, pin: pins.target ?? keys.target.pin, from: HERE }, ...(rateKBps ? { rateKBps } : {}) }
          : { ...common, address: HERE, port, pin: pins.source ?? keys.source.pin, from: HERE }
      await writeFile(places.plan, JSON.stringify(plan))
      let [said, complained] = ['', '']
      const code = await runSeed(
        folder,
        `${end}-1`,
        (text) => {
          said += text
        },
        (text) => {
          complained += text
        },
      )
      return { code, said: heardOfSeed(said), complained }
    }
    if (pins.target !== undefined) {
      const { key } = keys.target
      const other = createTlsServer({ key, cert: key, requestCert: true, rejectUnauthorized: false }, (socket) =>
        socket.on('error', () => undefined),
      )
      await new Promise<void>((resolve) => other.listen(port, HERE, resolve))
      const source = await run('source')
      other.close()
      return { source, target: undefined, copy: undefined }
    }
    const [source, target] = await Promise.all([run('source'), run('target')])
    return { source, target, copy: await readFile(join(folder, 'target.disk')) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

test('a disk goes over, and both ends say how much did', async (t) => {
  const own = Buffer.alloc(6 * MIB)
  for (let at = 0; at < own.length; at += 5 * 4096) own.writeUInt32BE(at + 1, at)
  const { source, target, copy } = await ran({ own, far: Buffer.alloc(own.length, 'of another guest') })
  t.deepEqual([source?.code, source?.complained, target?.code], [0, '', 0])
  t.true(copy?.equals(own))
  t.like(source?.said, { done: own.length, total: own.length })
  t.is(source?.said?.sent, target?.said?.heard)
  t.true((source?.said?.sent ?? 0) > 0)
})

test('it goes no faster than it may', async (t) => {
  const own = Buffer.alloc(MIB)
  for (let at = 0; at < own.length; at += 4) own.writeUInt32BE(Math.imul(at, 2_654_435_761) >>> 0, at)
  const { source } = await ran({ own, far: Buffer.alloc(MIB), rateKBps: 500 })
  t.true((source?.said?.milliseconds ?? 0) > (1000 * (source?.said?.sent ?? 0)) / 500_000 - 1500)
  t.true((source?.said?.milliseconds ?? 0) > 100)
})

test('who listens with another certificate is not given anything', async (t) => {
  const { source } = await ran({ own: Buffer.alloc(MIB, 1), far: Buffer.alloc(MIB), pins: { target: 'a'.repeat(64) } })
  t.is(source?.code, 1)
  t.regex(source?.complained ?? '', /is not the target/)
})

test('of what it says the last counts, a word that is cut does not', (t) => {
  const first = saySeed({ done: 3 * MIB, total: 96 * MIB, sent: MIB, heard: 17, milliseconds: 900 })
  const last = saySeed({ done: 48 * MIB, total: 96 * MIB, sent: 2 * MIB, heard: 17, milliseconds: 1900 })
  const phase = { phase: 'copying what is not there', total: 96, unit: 'MiB' }
  t.deepEqual(seedProgress(`${first}${last}`), { ...phase, done: 48, sent: 3 })
  t.deepEqual(seedProgress(`${first}${last.slice(0, 20)}`), { ...phase, done: 3, sent: 2 })
  t.is(seedProgress(''), undefined)
})
