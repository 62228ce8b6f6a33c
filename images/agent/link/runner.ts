// Keeps this host in touch with its manager for as long as it runs: enrols, connects, reports, renews, and after any failure
// tries again. Nothing of what happens here touches the host: without a manager it goes on as it is.
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import WebSocket from 'ws'
import type { Log } from '../../../appliance/wire/log.ts'
import type { ManagerAddress } from '../../../manager/protocol/appliance.ts'
import { decodeManagerMessage } from '../../../manager/protocol/codec.ts'
import type { AgentMessage } from '../../../manager/protocol/messages.ts'
import { backoff, backoffFromUnable } from '../backoff.ts'
import { type Connection, type Doing, greeting, hear, NEW_CONNECTION, report } from '../connection.ts'
import { type Consoles, lookOver, type Over } from '../consoles/consoles.ts'
import { type Ledger, record } from '../ledger.ts'
import { type Answering, answerOver } from './asked.ts'
import { Credentials, type CredentialsOptions } from './credentials.ts'
import { ask, stream, Unanswered } from './exec.ts'
import type { Identity } from './identity.ts'
import type { Kept } from './kept.ts'
import { openSocket, sendOver } from './socket.ts'

/** Milliseconds. */
const SILENCE = 10_000
const MISSED = 3
const FAREWELL = 500
/** WebSocket close code (RFC 6455, 7.4.1): something on the manager's side is in the way. */
const INTERNAL_ERROR = 1011

export interface LinkOptions extends Answering, CredentialsOptions {
  readonly agent: string
  readonly findManager: () => Promise<ManagerAddress>
  /** What has been reported, or could not be yet. */
  readonly ledger: Ledger
  /** For the agent after this one. */
  readonly keep?: (kept: Kept) => void
  /** Left out: this host shows none. */
  readonly consoles?: Pick<Consoles, 'hear' | 'end'>
  /** A manager has said welcome; with every connection. */
  readonly onWelcome?: () => void
  /** SHA-256 of bundles that did not live on this host. */
  readonly dropped?: readonly string[]
  readonly log: Log
}

export interface Link {
  /**
   * What the observation of the host tells. Inventory and deltas reach the manager whenever there is one; samples and events
   * are worth something only now, and are dropped when there is none.
   */
  tell(message: AgentMessage): void
  isWelcome(): boolean
  /** `GET` of the manager, as this host. Rejects when there is no answer of at most `limit` bytes; Unanswered: of another status than 200. */
  fetch(path: string, limit: number): Promise<Buffer>
  /** The same, as it comes. Throws where it ends before its end; another status than 200 is an Unanswered. */
  stream(path: string, signal: AbortSignal): AsyncIterable<Uint8Array>
  close(): Promise<void>
}

/** Never rejects, never throws; goes on until `close`. */
export function startLink(options: LinkOptions): Link {
  return new RunningLink(options)
}

/** What the end of a connection asks for; `later`: the manager can take nothing now. */
type Ending = 'again' | 'later' | 'renew' | 'enrol'

class RunningLink implements Link {
  readonly #options: LinkOptions
  readonly #stop = new AbortController()
  readonly #credentials: Credentials
  readonly #running: Promise<void>
  #ledger: Ledger
  #manager: ManagerAddress | undefined
  #connection: Connection = NEW_CONNECTION
  #socket: WebSocket | undefined
  #epoch: number | undefined

  constructor(options: LinkOptions) {
    this.#options = options
    this.#ledger = options.ledger
    this.#epoch = options.kept?.epoch
    this.#credentials = new Credentials(options, this.#stop.signal, (identity) => this.#keep(identity))
    this.#running = this.#run()
  }

  tell(message: AgentMessage): void {
    if (message.kind !== 'inventory' && message.kind !== 'delta') {
      if (this.isWelcome()) this.#send(message)
      return
    }
    this.#ledger = record(this.#ledger, message)
    if (!this.#socket) return
    const { connection, doing } = report(this.#connection, this.#ledger)
    this.#connection = connection
    this.#do(doing)
  }

  isWelcome(): boolean {
    return this.#socket !== undefined && this.#connection.version !== undefined
  }

  async fetch(path: string, limit: number): Promise<Buffer> {
    const { identity } = this.#credentials
    if (!this.#manager || !identity) throw new Error('there is no manager')
    const { localAddress } = this.#options
    const { status, bytes } = await ask(this.#manager, identity, { path, limit, localAddress, signal: this.#stop.signal })
    if (status !== 200) throw new Unanswered(status, path)
    return bytes
  }

  async *stream(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    const { identity } = this.#credentials
    if (!this.#manager || !identity) throw new Error('there is no manager')
    const { localAddress } = this.#options
    yield* stream(this.#manager, identity, { path, localAddress, signal: AbortSignal.any([signal, this.#stop.signal]) })
  }

  async close(): Promise<void> {
    const socket = this.#socket
    if (socket) {
      // What was sent last still leaves.
      socket.close(1000)
      await Promise.race([once(socket, 'close'), delay(FAREWELL)])
    }
    this.#stop.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { log, random } = this.#options
    let failures = 0
    while (!this.#stop.signal.aborted) {
      let ending: Ending = 'again'
      try {
        this.#manager ??= await this.#options.findManager()
        const identity = this.#credentials.identity ?? (await this.#enrol(this.#manager))
        if (this.#credentials.left() <= 0) await this.#credentials.renew(this.#manager, identity)
        const conversed = await this.#converse(this.#manager, this.#credentials.identity ?? identity)
        ending = conversed.ending
        failures = conversed.welcomed ? 0 : failures + 1
        if (ending === 'renew' || ending === 'enrol') this.#credentials.refused(ending)
      } catch (error) {
        failures += 1
        // It may have moved, or have been restored with another authority.
        if (failures % 4 === 0) this.#manager = undefined
        log.warn({ reason: error instanceof Error ? error.message : String(error), failures }, 'no manager')
      }
      const wait = ending === 'later' ? backoffFromUnable(random()) : backoff(failures, random())
      await delay(wait, undefined, { signal: this.#stop.signal }).catch(() => undefined)
    }
  }

  async #enrol(manager: ManagerAddress): Promise<Identity> {
    const identity = await this.#credentials.enrol(manager)
    this.#options.log.info({ host: identity.host }, 'enrolled')
    return identity
  }

  #keep(identity: Identity): void {
    this.#options.keep?.({ attempt: this.#options.boot.attempt, identity, epoch: this.#epoch })
  }

  /** Resolves when the connection has come to its end; rejects when there was none. */
  #converse(manager: ManagerAddress, identity: Identity): Promise<{ readonly welcomed: boolean; readonly ending: Ending }> {
    const { agent } = this.#options
    return new Promise((resolve, reject) => {
      const { localAddress } = this.#options
      const socket = openSocket(manager, `/agent/host/${identity.host}`, { identity, localAddress, stop: this.#stop.signal })
      let heard = true
      let missed = 0
      const renewal = setTimeout(() => socket.close(1000), Math.max(1000, this.#credentials.left()))
      const watch = setInterval(() => {
        missed = heard ? 0 : missed + 1
        heard = false
        if (missed > MISSED) socket.terminate()
        else if (missed > 0 && this.#socket === socket) this.#send({ kind: 'ping', number: missed })
      }, SILENCE)
      socket.on('unexpected-response', (_request, response) => {
        this.#options.log.warn({ status: response.statusCode }, 'the manager refused the connection')
        resolve({ welcomed: false, ending: response.statusCode === 401 ? 'renew' : response.statusCode === 403 ? 'enrol' : 'again' })
        socket.terminate()
      })
      socket.on('open', () => {
        this.#connection = NEW_CONNECTION
        this.#socket = socket
        this.#send(greeting(this.#ledger, agent, this.#epoch, this.#options.dropped))
      })
      socket.on('message', (data: Buffer) => {
        heard = true
        this.#hear(data)
      })
      socket.on('error', (error) => (socket.readyState === WebSocket.OPEN ? undefined : reject(error)))
      socket.on('close', (code) => {
        clearTimeout(renewal)
        clearInterval(watch)
        const welcomed = this.#socket === socket && this.#connection.version !== undefined
        if (this.#socket === socket) {
          this.#socket = undefined
          this.#options.consoles?.end()
        }
        resolve({ welcomed, ending: code === INTERNAL_ERROR ? 'later' : 'again' })
      })
    })
  }

  #hear(data: Buffer): void {
    const decoded = decodeManagerMessage(data)
    if (decoded.kind === 'refused') {
      this.#options.log.warn({ reason: decoded.reason }, 'not a message of a manager')
      this.#socket?.close(1008)
      return
    }
    const { connection, epoch, doing } = hear(this.#connection, this.#ledger, this.#epoch, decoded.message)
    if (connection.version !== undefined && this.#connection.version === undefined) this.#options.onWelcome?.()
    this.#connection = connection
    if (epoch !== this.#epoch) {
      this.#epoch = epoch
      if (this.#credentials.identity) this.#keep(this.#credentials.identity)
    }
    this.#do(doing)
  }

  #do(doing: readonly Doing[]): void {
    for (const one of doing) {
      switch (one.kind) {
        case 'send':
          this.#send(one.message)
          break
        case 'close':
          this.#options.log.warn({ reason: one.reason }, 'connection ended')
          this.#socket?.close(1000)
          break
        case 'cancel':
          this.#options.cancel?.(one.id)
          break
        case 'console':
          lookOver(this.#options.consoles, one.asked, this.#over())
          break
        case 'request':
          this.#ask(one)
      }
    }
  }

  /** This connection, and none after it. */
  #over(): Over {
    const socket = this.#socket
    return { send: (message) => (this.#socket === socket ? this.#send(message) : undefined), backlog: () => socket?.bufferedAmount ?? 0 }
  }

  #ask(one: Doing & { readonly kind: 'request' }): void {
    answerOver(this.#options, one, this.#connection.version ?? 1, this.#over().send, this.#options.log)
  }

  #send(message: AgentMessage): void {
    const refused = this.#socket ? sendOver(this.#socket, message) : undefined
    if (refused !== undefined) this.#options.log.error({ kind: message.kind, reason: refused }, 'this cannot be reported')
  }
}
