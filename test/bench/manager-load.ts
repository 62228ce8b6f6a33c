// Thousands of hosts in one process: the real protocol over TLS with a certificate each, what they say recorded from simulated machines.
// A ping behind each message is answered when that message has been dealt with: what an agent waits for, on disk where it has to be.
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { performance } from 'node:perf_hooks'
import { createSecureContext } from 'node:tls'
import WebSocket from 'ws'
import type { FromLoad, HostIdentity, Identities, LoadOptions, ToLoad } from './manager-messages.ts'
import { type Recording, record } from './manager-recording.ts'

/** Handshakes under way at once. */
const AT_ONCE = 128
/** One message in so many is a report, which goes to the disk; the others are samples. */
const REPORTS = 10

interface Waiting {
  readonly since: number
  readonly into: number[]
}

class LoadHost {
  readonly #index: number
  readonly #run = randomUUID()
  readonly #waiting = new Map<number, Waiting>()
  #socket: WebSocket | undefined
  #pings = 1_000_000
  #revision = 1
  #turn: number

  constructor(index: number) {
    this.#index = index
    this.#turn = index
  }

  get isConnected(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN
  }

  /** Resolves with the inventory's size when it has been dealt with. */
  connect(
    { address }: LoadOptions,
    { host, certificate }: HostIdentity,
    key: string,
    recording: Recording,
    ingest: number[],
  ): Promise<number> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(`wss://${address.address}:${address.port}/agent/host/${host}`, {
        secureContext: createSecureContext({ ca: address.authority, cert: certificate, key, minVersion: 'TLSv1.3' }),
        perMessageDeflate: false,
        handshakeTimeout: 120_000,
      } as WebSocket.ClientOptions)
      this.#socket = socket
      let size = 0
      const hello = { kind: 'hello', versions: { oldest: 1, newest: 1 }, agent: 'bench', run: this.#run, revision: 1 }
      socket.on('open', () => socket.send(JSON.stringify(hello)))
      socket.on('error', reject)
      socket.on('close', (code, reason) => reject(new Error(`host ${this.#index} was cut off: ${code} ${reason.toString('utf8')}`)))
      socket.on('message', (data: Buffer) => {
        const message = JSON.parse(data.toString('utf8')) as { readonly kind: string; readonly number: number }
        if (message.kind === 'welcome') {
          const text = recording.inventory(this.#index, this.#run)
          size = Buffer.byteLength(text)
          this.#say(text, ingest)
        } else if (message.kind === 'ping') socket.send(JSON.stringify({ kind: 'pong', number: message.number }))
        else if (message.kind === 'pong') {
          const waiting = this.#waiting.get(message.number)
          this.#waiting.delete(message.number)
          waiting?.into.push(performance.now() - waiting.since)
          resolve(size)
        }
      })
    })
  }

  speak(recording: Recording, samples: number[], reports: number[]): void {
    this.#turn += 1
    if (this.#turn % REPORTS === 0) this.#say(recording.delta(this.#index, this.#run, this.#revision++), reports)
    else this.#say(recording.sample(this.#index), samples)
  }

  #say(text: string, into: number[]): void {
    this.#pings += 1
    this.#waiting.set(this.#pings, { since: performance.now(), into })
    this.#socket?.send(text)
    this.#socket?.send(`{"kind":"ping","number":${this.#pings}}`)
  }
}

const recording = await record()
let hosts: readonly LoadHost[] = []
let period = 10_000

async function connectAll(options: LoadOptions): Promise<FromLoad> {
  const { key, hosts: identities } = JSON.parse(await readFile(options.identities, 'utf8')) as Identities
  period = options.samplePeriod
  hosts = identities.map((_, index) => new LoadHost(index))
  const ingest: number[] = []
  const started = performance.now()
  const queue = hosts.entries()
  let bytes = 0
  const work = Array.from({ length: AT_ONCE }, async () => {
    for (const [index, host] of queue) {
      const identity = identities[index]
      const size = identity ? await host.connect(options, identity, key, recording, ingest) : 0
      bytes += size
    }
  })
  await Promise.all(work)
  return { kind: 'connected', milliseconds: performance.now() - started, ingest, bytes }
}

/** Hosts speak one after the other, so that each has spoken once in a period. */
function steady(milliseconds: number): Promise<FromLoad> {
  const [samples, reports]: [number[], number[]] = [[], []]
  const started = performance.now()
  let said = 0
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const passed = performance.now() - started
      const due = Math.floor((Math.min(passed, milliseconds) / period) * hosts.length)
      for (; said < due; said += 1) hosts[said % hosts.length]?.speak(recording, samples, reports)
      const answered = samples.length + reports.length
      if (passed < milliseconds || (answered < said && passed < milliseconds * 2)) return
      clearInterval(timer)
      resolve({ kind: 'steady', samples, reports, lost: said - answered + hosts.filter(({ isConnected }) => !isConnected).length })
    }, 5)
  })
}

process.on('message', (order: ToLoad) => {
  const done = order.kind === 'connect' ? connectAll(order.options) : steady(order.milliseconds)
  done.then(
    (told) => process.send?.(told),
    (error: unknown) => {
      process.stderr.write(`load: ${String(error)}\n`)
      process.exit(1)
    },
  )
})
process.on('disconnect', () => process.exit(0))
