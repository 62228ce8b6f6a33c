// The source's relay: the transport of `xl migrate -s ''`. xl's stream comes in and goes over the link; what source.ts decides is done.
import type { Readable, Writable } from 'node:stream'
import { connect, type TLSSocket } from 'node:tls'
import { tooLong } from '../budget.ts'
import { pinOf } from '../certificate.ts'
import { Meter } from '../meter.ts'
import { encode, noteOfTarget } from '../notes.ts'
import { Rounds } from '../rounds.ts'
import { isOwn, NEW_SOURCE, type Source, type SourceAction, type SourceEvent, stepSource } from '../source.ts'
import type { Asked, SourcePlan, Status } from '../status.ts'
import { BANNER, FAILED, READY, SourceTalk, STARTED } from '../xl-talk.ts'
import { listen } from './control.ts'
import type { Identity } from './identity.ts'
import { type Link, openLink } from './link.ts'

export interface SourceRelay {
  readonly plan: SourcePlan
  readonly identity: Identity
  /** What xl writes, and what it reads. */
  readonly xl: { readonly input: Readable; readonly output: Writable }
  /** Calls once, when xl says that the guest stands still. */
  readonly onSuspended: (action: () => void) => () => void
  readonly control: string
  readonly save: (status: Status) => void
}

/** Milliseconds for a connection, and between two looks at a pause that may be too long. */
const CONNECTING = 60_000
const LOOK = 20
const SAVE = 1000

/** Resolves when nothing is left to do: its process ends then, and xl takes the guest back where it still may. */
export async function relaySource(relay: SourceRelay): Promise<Status> {
  const running = new RunningSource(relay)
  return running.run()
}

class RunningSource {
  readonly #relay: SourceRelay
  readonly #began = performance.now()
  readonly #meter = new Meter()
  readonly #rounds = new Rounds()
  readonly #talk = new SourceTalk()
  readonly #timers: NodeJS.Timeout[] = []
  #state: Source = NEW_SOURCE
  #link: Link | undefined
  #suspendedAt: number | undefined
  #pausedMs: number | undefined
  #bytesBefore = 0
  #roundBefore: number | undefined
  #resuming: NodeJS.Timeout | undefined
  #changed: () => void = () => undefined
  #end: () => void = () => undefined

  constructor(relay: SourceRelay) {
    this.#relay = relay
  }

  async run(): Promise<Status> {
    const { plan, xl, control, onSuspended } = this.#relay
    const ended = new Promise<void>((resolve) => {
      this.#end = resolve
    })
    const listening = await listen(
      control,
      () => this.#status(),
      (asked) => this.#asked(asked),
    )
    this.#changed = () => listening.changed()
    this.#save()
    this.#timers.push(setInterval(() => this.#save(), SAVE))
    if (plan.rateKBps !== undefined) this.#meter.pace(plan.rateKBps * 1000, performance.now())
    const unheed = onSuspended(() => this.#suspended())
    xl.input.on('data', (octets: Buffer) => this.#fromXl(octets))
    xl.input.on('end', () => this.#step({ kind: 'xl-ended' }))
    xl.input.on('error', () => this.#step({ kind: 'xl-ended' }))
    xl.output.on('error', () => this.#step({ kind: 'xl-ended' }))
    xl.input.pause()
    this.#connect()
    await ended
    unheed()
    for (const timer of this.#timers) clearInterval(timer)
    clearTimeout(this.#resuming)
    await this.#link?.close()
    this.#save()
    listening.close()
    return this.#status()
  }

  #connect(): void {
    const { plan, identity } = this.#relay
    const { address: host, port, pin, from } = plan.to
    const local = from === undefined ? {} : { localAddress: from }
    const { key } = identity
    // Whose certificate it is says the pin, and nothing else.
    const socket = connect({ host, port, ...local, key, cert: key, minVersion: 'TLSv1.3', rejectUnauthorized: false, ciphers: CIPHERS })
    const failed = (cause: 'link-lost' | 'wrong-peer', reason: string): void => {
      socket.destroy()
      this.#step({ kind: 'link-lost', cause, reason })
    }
    const early = (error: Error): void => failed('link-lost', `${host}:${port} cannot be reached: ${error.message}`)
    const timer = setTimeout(() => failed('link-lost', `${host}:${port} does not answer`), CONNECTING)
    this.#timers.push(timer)
    socket.once('error', early)
    socket.once('secureConnect', () => {
      clearTimeout(timer)
      socket.off('error', early)
      if (pinOf(socket.getPeerCertificate().raw) !== pin) return failed('wrong-peer', `who listens at ${host}:${port} is not the target`)
      this.#open(socket)
    })
  }

  #open(socket: TLSSocket): void {
    const { migration, guest } = this.#relay.plan
    let isKnown = false
    const link = openLink(socket, encode({ note: 'beat' }), {
      note: (text) => {
        const note = noteOfTarget(text)
        if (!note) return this.#lost('the target says what no relay says')
        if (note.note === 'hello' && note.migration === migration && note.guest === guest) {
          isKnown = true
          this.#step({ kind: 'connected' })
        }
        if (isKnown) this.#step({ kind: 'note', note })
      },
      data: () => this.#lost('the target sends what no relay sends'),
      drained: () => this.#flow(),
      lost: (reason) =>
        this.#step({ kind: 'link-lost', cause: 'link-lost', reason: isKnown ? reason : `the target does not let this host in: ${reason}` }),
    })
    this.#link = link
    link.note(encode({ note: 'hello', migration, guest }))
  }

  #lost(reason: string): void {
    this.#step({ kind: 'link-lost', cause: 'link-lost', reason })
  }

  #fromXl(octets: Buffer): void {
    if (this.#state.phase === 'handing') {
      const said = this.#talk.read(octets)
      if (said === 'yours') this.#step({ kind: 'given-up' })
      return
    }
    if (!isOwn(this.#state) || !this.#link) return
    const hasRoom = this.#link.data(octets)
    const wait = this.#meter.count(octets.length, performance.now())
    this.#rounds.read(octets)
    if (this.#suspendedAt !== undefined) this.#judge()
    if (!hasRoom || wait > 0) this.#relay.xl.input.pause()
    if (wait > 0) this.#flowIn(wait)
  }

  #flowIn(milliseconds: number): void {
    clearTimeout(this.#resuming)
    this.#resuming = setTimeout(() => {
      this.#resuming = undefined
      this.#flow()
    }, milliseconds)
  }

  /** Unless it is to wait, for the link or for its pace. */
  #flow(): void {
    if (this.#resuming === undefined) this.#relay.xl.input.resume()
  }

  #suspended(): void {
    if (this.#state.phase !== 'streaming') return
    this.#suspendedAt = performance.now()
    this.#bytesBefore = this.#meter.bytes
    this.#roundBefore = this.#rounds.last
    this.#step({ kind: 'suspended' })
    if (this.#relay.plan.maxPauseMs !== undefined) this.#timers.push(setInterval(() => this.#judge(), LOOK))
  }

  #judge(): void {
    const { maxPauseMs } = this.#relay.plan
    const { phase } = this.#state
    if (maxPauseMs === undefined || this.#suspendedAt === undefined || (phase !== 'suspended' && phase !== 'held')) return
    const now = performance.now()
    const pauseMs = tooLong({
      maxMs: maxPauseMs,
      elapsedMs: now - this.#suspendedAt,
      sentBytes: this.#meter.bytes - this.#bytesBefore,
      // All of it is there.
      roundBytes: phase === 'held' ? undefined : this.#roundBefore,
      bytesPerSecond: this.#meter.rate(now),
    })
    if (pauseMs !== undefined) this.#step({ kind: 'too-long', pauseMs })
  }

  #asked(asked: Asked): void {
    switch (asked.ask) {
      case 'abort':
        this.#step({ kind: 'aborted' })
        return
      case 'pace': {
        const { rateKBps } = asked
        this.#meter.pace(rateKBps === undefined ? undefined : rateKBps * 1000, performance.now())
        clearTimeout(this.#resuming)
        this.#resuming = undefined
        if (this.#link) this.#flow()
        return
      }
      case 'decide':
        this.#step({ kind: 'decided', become: asked.become })
        return
      case 'look':
      case 'accept':
      case 'go':
        return
    }
  }

  #step(event: SourceEvent): void {
    const { state, actions } = stepSource(this.#state, event)
    const isNews = state.phase !== this.#state.phase
    this.#state = state
    if (isNews && !isOwn(state)) this.#pausedMs ??= this.#pause()
    // Before anything is done: who finds this relay dead knows how far it may have come.
    if (isNews) this.#save()
    for (const action of actions) this.#act(action)
    if (isNews) this.#changed()
  }

  #act(action: SourceAction): void {
    const { xl, plan } = this.#relay
    switch (action.kind) {
      case 'note':
        this.#link?.note(encode(action.note))
        return
      case 'xl':
        xl.output.write(WORDS[action.say])
        if (action.say === 'banner') xl.input.resume()
        // It says that it has given the guest up, and ends: neither waits for the link or for a pace any more.
        if (action.say !== 'banner') {
          clearTimeout(this.#resuming)
          this.#resuming = undefined
          xl.input.resume()
        }
        return
      case 'begin hold':
        // A guest that was never seen to stand still does now.
        if (this.#suspendedAt === undefined) {
          this.#suspendedAt = performance.now()
          if (plan.maxPauseMs !== undefined) this.#timers.push(setInterval(() => this.#judge(), LOOK))
        }
        this.#timers.push(setTimeout(() => this.#step({ kind: 'hold-expired' }), plan.holdMs))
        return
      case 'end':
        this.#end()
    }
  }

  #pause(): number {
    return this.#suspendedAt === undefined ? 0 : performance.now() - this.#suspendedAt
  }

  #status(): Status {
    const { identity, plan } = this.#relay
    const now = performance.now()
    return {
      ...{
        end: 'source',
        guest: plan.guest,
        pin: identity.pin,
        ...this.#state,
        bytes: this.#meter.bytes,
        bytesPerSecond: this.#meter.rate(now),
      },
      milliseconds: Math.round(now - this.#began),
      pausedMs: Math.round(this.#pausedMs ?? this.#pause()),
    }
  }

  #save(): void {
    this.#relay.save(this.#status())
  }
}

/** One that every dom0's CPU does in hardware. */
export const CIPHERS = 'TLS_AES_128_GCM_SHA256'
const WORDS = { banner: BANNER, ready: READY, started: STARTED, failed: FAILED }
