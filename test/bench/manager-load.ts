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
const AT_ONCE = 64
/** Between lines that tell how far it is, ms. */
const TELL = 5000
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
  #hasReported = false
  #turn: number

  constructor(index: number) {
    this.#index = index
    this.#turn = index
  }

  get isConnected(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN
  }

  /** Resolves with the inventory's size when it has been dealt with, or with 0 when the manager has it from before. */
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
      const hello = { kind: 'hello', versions: { oldest: 1, newest: 1 }, agent: 'bench', run: this.#run, revision: this.#revision }
      socket.on('open', () => socket.send(JSON.stringify(hello)))
      socket.on('error', reject)
      socket.on('close', (code, reason) => reject(new Error(`host ${this.#index} was cut off: ${code} ${reason.toString('utf8')}`)))
      socket.on('message', (data: Buffer) => {
        const message = JSON.parse(data.toString('utf8')) as { readonly kind: string; readonly number: number; readonly have?: number }
        if (message.kind === 'welcome') {
          if (this.#hasReported) {
            // The floor keeps nothing, and so has nothing.
            if (message.have === undefined || message.have === this.#revision) resolve(0)
            else reject(new Error(`host ${this.#index} is at revision ${this.#revision}, and the manager says ${message.have}`))
            return
          }
          this.#hasReported = true
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

  drop(): void {
    this.#waiting.clear()
    this.#socket?.terminate()
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
let identities: Identities = { key: '', hosts: [] }
let target: LoadOptions | undefined

async function connectAll(options: LoadOptions): Promise<FromLoad> {
  target = options
  identities = JSON.parse(await readFile(options.identities, 'utf8')) as Identities
  hosts = identities.hosts.map((_, index) => new LoadHost(index))
  const ingest: number[] = []
  return { kind: 'connected', ...(await eachConnects(options, 'connected', ingest)), ingest }
}

async function storm(options: LoadOptions): Promise<FromLoad> {
  for (const host of hosts) host.drop()
  const { milliseconds } = await eachConnects(options, 'back', [])
  return { kind: 'back', milliseconds }
}

async function eachConnects(
  options: LoadOptions,
  what: string,
  ingest: number[],
): Promise<{ readonly milliseconds: number; readonly bytes: number }> {
  const started = performance.now()
  const queue = hosts.entries()
  let [bytes, done] = [0, 0]
  const telling = setInterval(() => process.stderr.write(`    ${done} of ${hosts.length} ${what}\n`), TELL)
  const work = Array.from({ length: AT_ONCE }, async () => {
    for (const [index, host] of queue) {
      const identity = identities.hosts[index]
      const size = identity ? await host.connect(options, identity, identities.key, recording, ingest) : 0
      bytes += size
      done += 1
    }
  })
  try {
    await Promise.all(work)
  } finally {
    clearInterval(telling)
  }
  return { milliseconds: performance.now() - started, bytes }
}

/** Hosts speak one after the other, so that each has spoken once in a period. */
function steady({ samplePeriod }: LoadOptions, milliseconds: number): Promise<FromLoad> {
  const [samples, reports]: [number[], number[]] = [[], []]
  const started = performance.now()
  let said = 0
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const passed = performance.now() - started
      const due = Math.floor((Math.min(passed, milliseconds) / samplePeriod) * hosts.length)
      for (; said < due; said += 1) hosts[said % hosts.length]?.speak(recording, samples, reports)
      const answered = samples.length + reports.length
      if (passed < milliseconds || (answered < said && passed < milliseconds * 2)) return
      clearInterval(timer)
      resolve({ kind: 'steady', samples, reports, lost: said - answered + hosts.filter(({ isConnected }) => !isConnected).length })
    }, 5)
  })
}

async function obey(order: ToLoad): Promise<FromLoad> {
  if (order.kind === 'connect') return connectAll(order.options)
  if (!target) throw new Error('there is nothing to connect to yet')
  return order.kind === 'storm' ? storm(target) : steady(target, order.milliseconds)
}

process.on('message', (order: ToLoad) => {
  obey(order).then(
    (told) => process.send?.(told),
    (error: unknown) => {
      process.stderr.write(`load: ${String(error)}\n`)
      process.exit(1)
    },
  )
})
process.on('disconnect', () => process.exit(0))
