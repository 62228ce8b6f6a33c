// The target's relay: waits for the source alone, gives what comes to `xl migrate-receive`, and keeps xl's last word until it is told.
import type { Readable, Writable } from 'node:stream'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import { pinOf } from '../certificate.ts'
import { Meter } from '../meter.ts'
import { encode, noteOfSource } from '../notes.ts'
import type { Asked, Status, TargetPlan } from '../status.ts'
import { NEW_TARGET, stepTarget, type Target, type TargetAction, type TargetEvent } from '../target.ts'
import { TargetTalk, YOURS } from '../xl-talk.ts'
import { listen } from './control.ts'
import type { Identity } from './identity.ts'
import { type Link, openLink } from './link.ts'
import { CIPHERS } from './source.ts'

/** xl migrate-receive, while it runs. */
export interface Receiver {
  readonly input: Writable
  readonly output: Readable
  /** Resolves when it has ended. */
  readonly ended: Promise<void>
  kill(): void
}

export interface TargetRelay {
  readonly plan: TargetPlan
  readonly identity: Identity
  readonly receive: () => Receiver
  readonly control: string
  readonly save: (status: Status) => void
  /** Milliseconds, of what is below. */
  readonly patience?: Partial<typeof PATIENCE>
}

const PATIENCE = {
  /** Until the source has come. */
  come: 900_000,
  /** From the word until the source has given the guest up. */
  hand: 5000,
  /** From nothing more said to it until xl has ended. */
  end: 15_000,
}
const SAVE = 1000
/** Of connections that nobody knows yet. */
const MOST_UNKNOWN = 8

export async function relayTarget(relay: TargetRelay): Promise<Status> {
  return new RunningTarget(relay).run()
}

class RunningTarget {
  readonly #relay: TargetRelay
  readonly #patience: typeof PATIENCE
  readonly #meter = new Meter()
  readonly #talk = new TargetTalk()
  readonly #timers: NodeJS.Timeout[] = []
  #began = performance.now()
  #state: Target = NEW_TARGET
  #expected: { readonly pin: string; readonly address: string } | undefined
  #link: Link | undefined
  #xl: Receiver | undefined
  #heldAt: number | undefined
  #startedAt: number | undefined
  #port = 0
  #changed: () => void = () => undefined
  #end: () => void = () => undefined
  #isEnding = false

  constructor(relay: TargetRelay) {
    this.#relay = relay
    this.#patience = { ...PATIENCE, ...relay.patience }
  }

  async run(): Promise<Status> {
    const ended = new Promise<void>((resolve) => {
      this.#end = resolve
    })
    const server = await this.#listen()
    const listening = await listen(
      this.#relay.control,
      () => this.#status(),
      (asked) => this.#asked(asked),
    )
    this.#changed = () => listening.changed()
    this.#save()
    this.#timers.push(setInterval(() => this.#save(), SAVE))
    this.#wait('come')
    await ended
    for (const timer of this.#timers) clearInterval(timer)
    await this.#link?.close()
    server.close()
    this.#save()
    listening.close()
    return this.#status()
  }

  async #listen(): Promise<Server> {
    const { identity, plan } = this.#relay
    const server = createServer({
      ...{ key: identity.key, cert: identity.key, minVersion: 'TLSv1.3', ciphers: CIPHERS },
      // Whose certificate it is says the pin, and nothing else.
      ...{ requestCert: true, rejectUnauthorized: false, handshakeTimeout: 60_000 },
    })
    server.maxConnections = MOST_UNKNOWN
    server.on('tlsClientError', (_, socket) => socket.destroy())
    server.on('secureConnection', (socket) => this.#come(socket))
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, plan.address, resolve)
    })
    const address = server.address()
    this.#port = typeof address === 'object' && address ? address.port : 0
    return server
  }

  /** Of anybody else nothing is read. */
  #come(socket: TLSSocket): void {
    const expected = this.#expected
    const { raw } = socket.getPeerCertificate()
    const isSource = raw !== undefined && pinOf(raw) === expected?.pin && socket.remoteAddress === expected.address
    if (!isSource || this.#link || this.#state.phase !== 'waiting') {
      socket.on('error', () => undefined)
      socket.destroy()
      return
    }
    const { migration, guest } = this.#relay.plan
    const link = openLink(socket, encode({ note: 'beat' }), {
      note: (text) => {
        const note = noteOfSource(text)
        if (!note) return this.#lost('the source says what no relay says')
        if (note.note === 'hello') {
          if (note.migration !== migration || note.guest !== guest) return this.#lost('the source means another migration')
          link.note(encode({ note: 'hello', migration, guest }))
          this.#began = performance.now()
          this.#step({ kind: 'connected' })
        } else this.#step({ kind: 'note', note })
      },
      data: (octets) => this.#fromSource(octets),
      drained: () => undefined,
      lost: (reason) => this.#step({ kind: 'link-lost', reason }),
    })
    this.#link = link
  }

  #lost(reason: string): void {
    this.#step({ kind: 'link-lost', reason })
  }

  #fromSource(octets: Buffer): void {
    this.#meter.count(octets.length, performance.now())
    if (!this.#xl || this.#isEnding || (this.#state.phase !== 'streaming' && this.#state.phase !== 'suspended')) return
    if (!this.#xl.input.write(octets)) this.#link?.pause()
  }

  #asked(asked: Asked): void {
    switch (asked.ask) {
      case 'accept':
        this.#expected = { pin: asked.pin, address: asked.address }
        return
      case 'go':
        this.#step({ kind: 'go' })
        return
      case 'abort':
        this.#step({ kind: 'aborted' })
        return
      case 'decide':
        if (asked.become === 'not moved') this.#step({ kind: 'aborted' })
        return
      case 'look':
      case 'pace':
        return
    }
  }

  #step(event: TargetEvent): void {
    const { state, actions } = stepTarget(this.#state, event)
    const isNews = state !== this.#state
    this.#state = state
    if (state.phase === 'held') this.#heldAt ??= performance.now()
    if (state.started) this.#startedAt ??= performance.now()
    // Before anything is done: who finds this relay dead knows how far it may have come.
    if (isNews) this.#save()
    for (const action of actions) this.#act(action)
    if (isNews) this.#changed()
  }

  #act(action: TargetAction): void {
    switch (action.kind) {
      case 'note':
        this.#link?.note(encode(action.note))
        return
      case 'start xl':
        this.#start()
        return
      case 'let go':
        this.#xl?.input.write(YOURS)
        return
      case 'wait':
        this.#wait(action.for)
        return
      case 'end':
        this.#finish()
    }
  }

  #start(): void {
    const xl = this.#relay.receive()
    this.#xl = xl
    // Also when nobody listens any more: xl tidies up only if it can say so.
    xl.output.on('data', (octets: Buffer) => {
      for (const said of this.#talk.read(octets)) this.#step({ kind: 'said', said })
    })
    xl.output.on('error', () => undefined)
    xl.input.on('error', () => undefined)
    xl.input.on('drain', () => this.#link?.resume())
    void xl.ended.then(() => {
      this.#xl = undefined
      this.#step({ kind: 'xl-ended' })
      if (this.#isEnding) this.#end()
    })
  }

  /** Its input ends: it destroys what it has built, and ends. */
  #finish(): void {
    this.#isEnding = true
    if (!this.#xl) {
      this.#end()
      return
    }
    this.#xl.input.end()
    this.#timers.push(setTimeout(() => this.#xl?.kill(), this.#patience.end))
  }

  #wait(wait: 'come' | 'hold' | 'hand'): void {
    const milliseconds = wait === 'hold' ? this.#relay.plan.holdMs : this.#patience[wait]
    this.#timers.push(setTimeout(() => this.#step({ kind: 'expired', wait }), milliseconds))
  }

  #status(): Status {
    const { plan, identity } = this.#relay
    const now = performance.now()
    return {
      ...{ end: 'target', guest: plan.guest, ...this.#state, bytes: this.#meter.bytes, bytesPerSecond: this.#meter.rate(now) },
      milliseconds: Math.round(now - this.#began),
      pausedMs: this.#heldAt === undefined ? 0 : Math.round(now - this.#heldAt),
      ...(this.#heldAt === undefined || this.#startedAt === undefined ? {} : { heldMs: Math.round(this.#startedAt - this.#heldAt) }),
      ...{ port: this.#port, pin: identity.pin },
    }
  }

  #save(): void {
    this.#relay.save(this.#status())
  }
}
