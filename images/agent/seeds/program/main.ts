// One end of a seed as a program of its own, `agent.mjs --seed FOLDER ID`: an agent that ends leaves it alone, and hashing does not stand in the
// agent's way. It says on stdout how far it is, and ends with 0 when the target has all of the disk.
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { pinOf } from '../../streams/certificate.ts'
import { type Identity, identityOf } from '../../streams/relay/identity.ts'
import { CIPHERS } from '../../streams/relay/source.ts'
import { AT_ONCE, type Disk, receiveSeed, sendSeed } from '../ends.ts'
import { readSeedPlan, type SeedPlaces, type SeedPlan, type SourceSeed, saySeed, seedPlaces, type TargetSeed } from '../plan.ts'
import { channelOver, type SocketChannel } from './channel.ts'
import { openDisk } from './disk.ts'

/** Milliseconds: for the other end to be there, which may wait for its turn on its host, and between two tries. */
const COMING = 1_800_000
const AGAIN = 500
/** Between two words, and of what is done at least: what it says lies in RAM. */
const TELLING = 1000
const MOST_WORDS = 2000
const SLOTS = AT_ONCE + 2

/** Resolves with the exit code; `say` hears how far it is, `complain` why it has failed. */
export async function runSeed(folder: string, id: string, say: (text: string) => void, complain: (text: string) => void): Promise<number> {
  try {
    const places = seedPlaces(folder, id)
    const plan = readSeedPlan(readFileSync(places.plan, 'utf8'))
    if (!plan) throw new Error(`${places.plan}: it is no plan of a seed`)
    const identity = identityOf(readFileSync(places.key, 'utf8'))
    const disk = await openDisk(plan.device, plan.sizeBytes, SLOTS, plan.end === 'source' ? 'read' : 'write')
    try {
      await seeded(plan, identity, places, disk, say)
    } finally {
      await disk.close()
    }
    return 0
  } catch (error) {
    complain(`${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
}

async function seeded(plan: SeedPlan, identity: Identity, places: SeedPlaces, disk: Disk, say: (text: string) => void): Promise<void> {
  const channel = channelOver(plan.end === 'source' ? await reach(plan, identity) : await sourceAt(plan, identity))
  const pacing = plan.end === 'source' ? heedPace(places, plan, channel) : undefined
  const tell = telling(plan.sizeBytes, channel, say)
  const run = plan.end === 'source' ? sendSeed : receiveSeed
  try {
    await run(channel, disk, plan.seed, tell.soon)
  } finally {
    clearInterval(pacing)
    await channel.close()
  }
  tell.last()
}

function telling(total: number, channel: SocketChannel, say: (text: string) => void) {
  const began = performance.now()
  let [last, at] = [-1, Number.NEGATIVE_INFINITY]
  const now = (done: number): void => {
    const milliseconds = Math.round(performance.now() - began)
    say(saySeed({ done, total, sent: channel.sent(), heard: channel.heard(), milliseconds }))
  }
  return {
    soon: ({ done }: { readonly done: number }): void => {
      if (done - last < total / MOST_WORDS || performance.now() - at < TELLING) return
      ;[last, at] = [done, performance.now()]
      now(done)
    },
    last: () => now(total),
  }
}

function heedPace({ pace }: SeedPlaces, { rateKBps }: SourceSeed, channel: SocketChannel): NodeJS.Timeout {
  let known: string | undefined
  const look = (): void => {
    let text = rateKBps === undefined ? '' : String(rateKBps)
    try {
      text = readFileSync(pace, 'utf8').trim()
    } catch {
      // Nobody has asked for another one.
    }
    if (text === known) return
    known = text
    channel.pace(text === '' ? undefined : Number(text) * 1000)
  }
  look()
  return setInterval(look, TELLING)
}

/** The target, once it is there: by its pin. */
async function reach({ to }: SourceSeed, { key }: Identity): Promise<TLSSocket> {
  const end = performance.now() + COMING
  for (;;) {
    const socket = await tried(to, key)
    if (typeof socket !== 'string') {
      if (pinOf(socket.getPeerCertificate().raw) === to.pin) return socket
      socket.destroy()
      throw new Error(`who listens at ${to.address}:${to.port} is not the target`)
    }
    if (performance.now() > end) throw new Error(`${to.address}:${to.port} cannot be reached: ${socket}`)
    await delay(AGAIN)
  }
}

function tried({ address: host, port, from: localAddress }: SourceSeed['to'], key: string): Promise<TLSSocket | string> {
  return new Promise((resolve) => {
    // Whose certificate it is says the pin, and nothing else.
    const socket = connect({
      ...{ host, port, localAddress, key, cert: key, minVersion: 'TLSv1.3', rejectUnauthorized: false, ciphers: CIPHERS },
      timeout: 20_000,
    })
    socket.once('timeout', () => socket.destroy(new Error('it does not answer')))
    socket.once('error', (error) => resolve(error.message))
    socket.once('close', () => resolve('it has closed the link'))
    socket.once('secureConnect', () => {
      socket.setTimeout(0)
      resolve(socket)
    })
  })
}

/** The source, and nobody else: of others nothing is read. */
function sourceAt({ address, port, pin, from }: TargetSeed, { key }: Identity): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const options = { key, cert: key, minVersion: 'TLSv1.3', ciphers: CIPHERS, requestCert: true, rejectUnauthorized: false } as const
    const server = createServer({ ...options, handshakeTimeout: 20_000 }, (socket) => {
      const { raw } = socket.getPeerCertificate()
      if (raw === undefined || pinOf(raw) !== pin || socket.remoteAddress !== from) {
        socket.on('error', () => undefined)
        socket.destroy()
        return
      }
      clearTimeout(timer)
      server.close()
      resolve(socket)
    })
    server.maxConnections = 8
    server.on('tlsClientError', (_, socket) => socket.destroy())
    server.on('error', reject)
    const timer = setTimeout(() => {
      server.close()
      reject(new Error('the source has not come'))
    }, COMING)
    server.listen(port, address)
  })
}
