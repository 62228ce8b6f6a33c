// One agent's WebSocket: measures what comes, hands it to session.ts a message at a time, and does what that says. While one
// message is worked on the socket is not read, so that nobody makes us hold more than a few.
import type { RawData, WebSocket } from 'ws'
import type { Log } from '../../appliance/wire/log.ts'
import { type Bucket, fullBucket, type Rate, take } from '../access/rate.ts'
import { decodeAgentMessage, encodeMessage } from '../protocol/codec.ts'
import type { ConsoleOpen } from '../protocol/consoles.ts'
import type { ManagerMessage } from '../protocol/messages.ts'
import type { RequestBody } from '../protocol/requests.ts'
import { storageFault } from '../store/trouble.ts'
import type { AgentBook } from './book.ts'
import { ConsoleLines, type LineListener, type OpenedLine } from './console-lines.ts'
import { type Asking, asked, Questions, type Speaker } from './questions.ts'
import { type Action, NEW_SESSION, type Session, step } from './session.ts'

/** WebSocket close codes (RFC 6455, 7.4.1). */
const GOING_AWAY = 1001
const POLICY = 1008
const INTERNAL = 1011

export interface ConnectionLimits {
  readonly messages: Rate
  readonly bytes: Rate
  /** Milliseconds between looks at a silent agent. */
  readonly pingPeriod: number
  /** After so many looks without a word the connection is dropped. */
  readonly missedPings: number
}

export const CONNECTION_LIMITS: ConnectionLimits = {
  messages: { perSecond: 50, burst: 500 },
  bytes: { perSecond: 4 << 20, burst: 32 << 20 },
  pingPeriod: 5000,
  missedPings: 3,
}

/** Whether agents obey this manager. */
export interface HeardEpochs {
  /** One of this epoch, which is newer. */
  heard(host: string, epoch: number): void
  obeys(host: string): void
}

export interface ConnectionDeps {
  readonly book: AgentBook
  readonly epoch: number
  readonly limits: ConnectionLimits
  readonly log: Log
  /** Milliseconds, by a clock that does not jump. */
  readonly elapsed: () => number
  readonly epochs?: HeardEpochs | undefined
  /** A message has come. */
  readonly count?: ((bytes: number) => void) | undefined
}

export class AgentConnection {
  readonly host: string
  readonly #socket: WebSocket
  readonly #address: string
  readonly #deps: ConnectionDeps
  readonly #ticker: NodeJS.Timeout
  readonly #questions: Questions
  readonly #consoles: ConsoleLines
  #session: Session = NEW_SESSION
  #messages: Bucket
  #bytes: Bucket
  #waiting = 0
  readonly #pongs = new Map<number, () => void>()
  #work: Promise<void> = Promise.resolve()
  #heard = true
  #missed = 0
  #pings = 0
  #closing = false

  constructor(socket: WebSocket, host: string, address: string, deps: ConnectionDeps, onClose: () => void) {
    this.host = host
    this.#socket = socket
    this.#address = address
    this.#deps = deps
    const speaker: Speaker = {
      ask: (id, request) => this.send({ kind: 'request', id, epoch: deps.epoch, request }),
      cancel: (id) => this.send({ kind: 'cancel', id, epoch: deps.epoch }),
    }
    this.#questions = new Questions(speaker, deps.log)
    this.#consoles = new ConsoleLines({ epoch: deps.epoch, send: (message) => this.send(message) })
    const at = deps.elapsed()
    this.#messages = fullBucket(deps.limits.messages, at)
    this.#bytes = fullBucket(deps.limits.bytes, at)
    this.#ticker = setInterval(() => this.#look(), deps.limits.pingPeriod)
    socket.on('message', (data) => this.#take(data))
    socket.on('error', (error) => this.#fault(error))
    socket.on('close', () => {
      this.#closing = true
      clearInterval(this.#ticker)
      this.#questions.end()
      this.#consoles.end()
      onClose()
    })
  }

  send(message: ManagerMessage): void {
    const encoded = encodeMessage(message)
    if (encoded.kind === 'refused') throw new Error(`a message to host ${this.host} cannot be sent: ${encoded.reason}`)
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(encoded.bytes, { binary: false })
  }

  /** `limit`: milliseconds. */
  ask(id: string, request: RequestBody, limit: number): Asking {
    if (!this.#closing) return this.#questions.ask(id, request, limit)
    return asked(id, { kind: 'refused', cause: 'absent', reason: 'its connection is being closed' })
  }

  console(guest: ConsoleOpen['guest'], back: number, listener: LineListener): OpenedLine {
    if (!this.#closing) return this.#consoles.open(guest, back, listener)
    return { kind: 'refused', reason: 'its connection is being closed', passes: true }
  }

  /**
   * Whether its agent is there now: an answer to a ping of this moment, by its number. One that is silent is cut off. What we have not
   * read yet, as our disk is slow, counts for it. `limit`: milliseconds.
   */
  async probe(limit: number): Promise<'answers' | 'silent'> {
    this.#pings += 1
    const number = this.#pings
    const ended = new Promise<'silent'>((resolve) => this.#socket.once('close', () => resolve('silent')))
    let timer: NodeJS.Timeout | undefined
    const answered = new Promise<'answers'>((resolve) => {
      this.#pongs.set(number, () => resolve('answers'))
      timer = setTimeout(() => (this.#waiting > 0 ? resolve('answers') : this.#socket.terminate()), limit)
    })
    this.send({ kind: 'ping', number })
    const found = await Promise.race([answered, ended])
    clearTimeout(timer)
    this.#pongs.delete(number)
    return found
  }

  /** Lets what is under way come to its end, then says goodbye. */
  close(reason: string, code: number = GOING_AWAY): void {
    this.#closing = true
    this.#socket.close(code, reason.slice(0, 100))
    const grace = setTimeout(() => this.#socket.terminate(), 2000)
    grace.unref()
    this.#socket.once('close', () => clearTimeout(grace))
  }

  /** Resolves when no message is worked on. */
  idle(): Promise<void> {
    return this.#work
  }

  #take(data: RawData): void {
    if (this.#closing) return
    const bytes = Buffer.isBuffer(data) ? data : Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)
    const { limits, elapsed, count } = this.#deps
    count?.(bytes.length)
    const at = elapsed()
    const messages = take(this.#messages, 1, at, limits.messages)
    const total = take(this.#bytes, bytes.length, at, limits.bytes)
    if (!messages || !total) {
      this.#refuse('it sends more than an agent has to say')
      return
    }
    this.#messages = messages
    this.#bytes = total
    this.#heard = true
    this.#waiting += 1
    this.#socket.pause()
    this.#work = this.#work.then(async () => {
      await this.#handle(bytes)
      this.#waiting -= 1
      if (this.#waiting === 0) this.#socket.resume()
    })
  }

  async #handle(bytes: Buffer): Promise<void> {
    if (this.#closing) return
    const decoded = decodeAgentMessage(bytes)
    if (decoded.kind === 'refused') return this.#refuse(decoded.reason)
    if (decoded.message.kind === 'pong') this.#pongs.get(decoded.message.number)?.()
    const { book, epoch } = this.#deps
    const knowledge = { epoch, stored: book.revisionOf(this.host), isAsked: (id: string) => this.#questions.isAsked(id) }
    const { session, actions } = step(this.#session, decoded.message, knowledge)
    try {
      for (const action of actions) await this.#act(action)
      this.#session = session
    } catch (error) {
      this.#deps.log.error({ host: this.host, error }, 'a message of this agent could not be dealt with')
      this.close(storageFault(error)?.reason ?? 'the manager cannot take this now', INTERNAL)
    }
  }

  async #act(action: Action): Promise<void> {
    const { book } = this.#deps
    switch (action.kind) {
      case 'send':
        return this.send(action.message)
      case 'save':
        return book.report(this.host, action.report)
      case 'ready':
        return book.connected(this.host, { ...action, address: this.#address })
      case 'outdated':
        this.#deps.epochs?.heard(this.host, action.heard)
        return
      case 'welcomed':
        this.#deps.epochs?.obeys(this.host)
        this.#consoles.welcomed(action.version)
        return this.#questions.welcomed(action.version)
      case 'answer':
        this.#questions.answer(action.id, action.answer)
        return
      case 'console':
        this.#consoles.hear(action.told)
        return
      case 'progress':
        this.#questions.progress(action.id, action.progress)
        return
      case 'sample':
        return book.sample(this.host, action.sample)
      case 'event':
        return book.event(this.host, action.at, action.event)
      case 'close':
        return action.audit ? this.#refuse(action.reason) : this.close(action.reason)
    }
  }

  /** What no honest agent does: the operator hears of it. */
  #refuse(reason: string): void {
    if (this.#closing) return
    const { book, log } = this.#deps
    log.warn({ host: this.host, peer: this.#address, reason }, 'agent refused')
    const text = `the agent at ${this.#address} was cut off: ${reason}`
    void book
      .alarm({ kind: 'agent-refused', about: `host ${this.host}`, host: this.host, text })
      .catch((error: unknown) => log.error({ error }, 'an alarm could not be kept'))
    this.close(reason, POLICY)
  }

  /** ws itself has refused the bytes (too long, no UTF-8, a broken frame), or the connection is broken. */
  #fault(error: Error & { code?: string }): void {
    if (error.code?.startsWith('WS_ERR_')) this.#refuse(`its bytes are no message: ${error.code}`)
    else this.#deps.log.debug({ host: this.host, error }, 'connection broke')
  }

  #look(): void {
    const { limits, log } = this.#deps
    if (this.#heard || this.#waiting > 0) {
      this.#heard = false
      this.#missed = 0
      return
    }
    this.#missed += 1
    if (this.#missed > limits.missedPings) {
      log.warn({ host: this.host, peer: this.#address }, 'agent is silent')
      this.#socket.terminate()
      return
    }
    // A sample that is a little late is no silence: asked for every one of them, ten thousand hosts would answer twice as much.
    if (this.#missed < 2) return
    this.#pings += 1
    this.send({ kind: 'ping', number: this.#pings })
  }
}
