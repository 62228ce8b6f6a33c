// The manager's listener: TLS 1.3 on one port, for agents (WebSocket with a client certificate), appliances and the API.
// Certificates are asked for and not required by TLS itself: admission.ts decides by path, with what the store knows.
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, RequestListener } from 'node:http'
import type { Server } from 'node:https'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { answerWith } from '../../appliance/wire/http-body.ts'
import { limitLog } from '../../appliance/wire/limit.ts'
import type { Log } from '../../appliance/wire/log.ts'
import { AttemptLimit } from '../access/limit.ts'
import type { Rate } from '../access/rate.ts'
import type { Presence, Probe } from '../enrolment/decide.ts'
import { type Enrolled, enrol, type Presences, RENEWAL_GRACE, renew } from '../enrolment/enrol.ts'
import { mayBeAsked } from '../enrolment/standing.ts'
import type { ConsoleOpen } from '../protocol/consoles.ts'
import { stateOf } from '../protocol/host.ts'
import { MAX_MESSAGE_BYTES } from '../protocol/messages.ts'
import type { RequestBody } from '../protocol/requests.ts'
import { agentPath } from './admission.ts'
import { Admitted } from './admitted.ts'
import { admit, type Shown, shownOn } from './admitting.ts'
import { problem, refuse } from './body.ts'
import { AgentConnection, CONNECTION_LIMITS } from './connection.ts'
import type { LineListener, OpenedLine } from './console-lines.ts'
import { ImageStreams } from './disk-images.ts'
import { MAX_ENROL_BYTES, serveEnrolment } from './enrolling.ts'
import { createListener, listenOn } from './listener.ts'
import type { GatewayOptions } from './options.ts'
import { Probes } from './probes.ts'
import { type Asked, type Asking, asked } from './questions.ts'
import { RenewalLimits } from './renewals.ts'
import { answerRoute } from './routes.ts'

/** Enrolments from one address: a host needs one a boot. */
const ENROL_RATE: Rate = { perSecond: 2, burst: 20 }
/** For an answer, ms: iSCSI may try several portals that do not answer. */
const ANSWER_PATIENCE = 120_000
/** For an agent to say that it is there, ms; a newcomer waits for that no longer than its patience. */
const PROBE_PATIENCE = 5000
/** How long a stranger may take for its handshake, and then for its request, ms. */
const PATIENCE = 10_000
/** Longest delay that setTimeout takes, ms. */
const LONGEST_TIMER = 2 ** 31 - 1

export interface RequestOptions {
  /** Left out: one of its own. */
  readonly id?: string
  /** Milliseconds to wait for the answer; of a long request, for the first word of it. */
  readonly limit?: number
}

export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean

export interface Gateway {
  readonly server: Server
  readonly port: number
  /** Who answers what is neither an agent's nor an appliance's: the API and the page. */
  mount(handler: RequestListener): void
  /** Who takes WebSockets that are no agent's: false for those that are not its own. */
  mountUpgrades(handler: UpgradeListener): void
  isConnected(host: string): boolean
  /**
   * Asks the agent of a host. The same id again is answered by the agent from memory, and not done again; a long request that is under
   * way, whoever asked for it before, goes on telling.
   */
  ask(host: string, body: RequestBody, options?: RequestOptions): Asking
  /** The same, for who waits for the answer and nothing else. */
  request(host: string, body: RequestBody, options?: RequestOptions): Promise<Asked>
  /** A guest's console, over the connection of its host; `back`: so many bytes of its log first. */
  console(host: string, guest: ConsoleOpen['guest'], back: number, listener: LineListener): OpenedLine
  /** Ends the connection of a host, if it has one. */
  disconnect(host: string, reason: string): void
  close(): Promise<void>
}

/** Rejects when the address cannot be listened on. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const gateway = new RunningGateway(options)
  await gateway.listen()
  return gateway
}

class RunningGateway implements Gateway, Presences {
  readonly server: Server
  readonly #options: GatewayOptions
  readonly #log: Log
  readonly #connections = new Map<string, AgentConnection>()
  readonly #addresses: AttemptLimit
  readonly #probes: Probes
  readonly #admitted: Admitted
  readonly #renewals: RenewalLimits
  readonly #images: ImageStreams | undefined
  readonly #agents = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false, clientTracking: false })
  readonly #strangers = new WebSocketServer({ noServer: true, maxPayload: MAX_ENROL_BYTES, perMessageDeflate: false, clientTracking: true })
  #mounted: RequestListener = (_request, response) => problem(response, 404, 'there is nothing here')

  #upgrades: UpgradeListener = () => false

  constructor(options: GatewayOptions) {
    this.#options = options
    this.#renewals = new RenewalLimits(options.elapsed)
    this.#images = options.images && new ImageStreams(options.images)
    this.#log = limitLog(options.log, { lines: 20, windowSeconds: 10 }, options.elapsed)
    const { tls, patience = PATIENCE, probePatience = PROBE_PATIENCE, enrolRate = ENROL_RATE, elapsed } = options
    this.#addresses = new AttemptLimit(enrolRate, elapsed)
    this.#probes = new Probes(probePatience)
    this.#admitted = new Admitted(elapsed)
    this.server = createListener(tls, options.enrolment.authority.pem, patience)
    answerWith(this.server, (request, response) => this.#answer(request, response))
    this.server.on('upgrade', (request, socket, head) => void this.#upgrade(request, socket, head))
    this.server.on('tlsClientError', (error, socket) => this.#log.debug({ peer: socket.remoteAddress, error }, 'TLS refused'))
    this.server.on('clientError', (error, socket) => {
      this.#log.debug({ error }, 'request refused')
      socket.destroy()
    })
  }

  get port(): number {
    const address = this.server.address()
    return typeof address === 'object' && address ? address.port : 0
  }

  listen(): Promise<void> {
    return listenOn(this.server, this.#options.listen, (error) => this.#log.error({ error }, 'listener'))
  }

  mount(handler: RequestListener): void {
    this.#mounted = handler
  }

  mountUpgrades(handler: UpgradeListener): void {
    this.#upgrades = handler
  }

  isConnected(host: string): boolean {
    return this.#connections.has(host)
  }

  presenceOf(host: string): Presence {
    if (this.#connections.has(host)) return 'connected'
    return this.#options.book.wasHere(host) ? 'recent' : 'away'
  }

  async probe(host: string): Promise<Probe> {
    const connection = this.#connections.get(host)
    return connection ? this.#probes.ask(connection) : 'silent'
  }

  ask(host: string, body: RequestBody, { id = `manager/${randomUUID()}`, limit = ANSWER_PATIENCE }: RequestOptions = {}): Asking {
    const known = this.#options.book.conditionOf(host)
    if (!known) return asked(id, { kind: 'refused', cause: 'absent', reason: `there is no host ${host}` })
    if (!mayBeAsked(known))
      return asked(id, { kind: 'refused', cause: 'untrusted', reason: `a host that is ${stateOf(known)} may only report` })
    const connection = this.#connections.get(host)
    return connection?.ask(id, body, limit) ?? asked(id, { kind: 'refused', cause: 'absent', reason: 'its agent is not connected' })
  }

  request(host: string, body: RequestBody, options?: RequestOptions): Promise<Asked> {
    return this.ask(host, body, options).ended
  }

  console(host: string, guest: ConsoleOpen['guest'], back: number, listener: LineListener): OpenedLine {
    const refused = (reason: string, passes = false): OpenedLine => ({ kind: 'refused', reason, passes })
    const known = this.#options.book.conditionOf(host)
    if (!known) return refused(`there is no host ${host}`)
    if (!mayBeAsked(known)) return refused(`a host that is ${stateOf(known)} may only report`)
    const connection = this.#connections.get(host)
    if (connection) return connection.console(guest, back, listener)
    return refused('the agent of its host is not connected', this.presenceOf(host) === 'recent')
  }

  disconnect(host: string, reason: string): void {
    this.#connections.get(host)?.close(reason)
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()))
    const connections = [...this.#connections.values()]
    for (const connection of connections) connection.close('the manager stops')
    for (const socket of this.#strangers.clients) socket.terminate()
    await Promise.all(connections.map((connection) => connection.idle()))
    this.server.closeAllConnections()
    await closed
  }

  #answer(...[request, response]: Parameters<RequestListener>): void {
    const { appliances } = this.#options
    if (appliances(request, response)) return
    const isOurs = answerRoute(request, response, {
      bundle: this.#options.bundle,
      images: this.#images,
      admits: (shown, peer) => admit(this.#options, shown.host ?? '', shown, peer),
      certificateOf: (of) => shownOn(of, this.#options.enrolment.authority),
      renew: (shown, certificateRequest, peer) => this.#renew(shown, certificateRequest, peer),
      renewals: this.#renewals,
      log: this.#log,
    })
    if (!isOurs) this.#mounted(request, response)
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', (error) => this.#log.debug({ error }, 'connection broke'))
    try {
      const peer = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '')
      const path = agentPath(request.url ?? '')
      switch (path?.kind) {
        case undefined:
          if (this.#upgrades(request, socket, head)) return
          return refuse(socket, 404, 'Not Found')
        case 'enrol':
          return this.#enrolling(request, socket, head, peer)
        case 'host':
          return await this.#agent(path.host, request, socket, head, peer)
      }
    } catch (error) {
      this.#log.error({ error }, 'a connection could not be admitted')
      refuse(socket, 500, 'Internal Server Error')
    }
  }

  #enrolling(request: IncomingMessage, socket: Duplex, head: Buffer, peer: string): void {
    if (this.#addresses.attempt(peer) > 0) {
      this.#log.warn({ peer }, 'too many enrolments from one address')
      refuse(socket, 429, 'Too Many Requests')
      return
    }
    const { enrolment, book } = this.#options
    this.#strangers.handleUpgrade(request, socket, head, (opened) =>
      serveEnrolment(
        opened,
        peer,
        async (asked) => {
          const enrolled = await enrol(enrolment, this, asked, peer)
          if (enrolled.alarm) book.alarmRaised(enrolled.alarm)
          if (enrolled.kind === 'refused') return enrolled
          // Before the host shows in its new state: nothing that it may have then goes to whoever was there before.
          if (enrolled.by === 'boot') this.disconnect(enrolled.host, 'the host has booted again')
          await book.enrolled(enrolled.host)
          return enrolled
        },
        this.#log,
      ),
    )
  }

  async #agent(named: string, request: IncomingMessage, socket: Duplex, head: Buffer, peer: string): Promise<void> {
    const { book, now } = this.#options
    const shown = shownOn(request, this.#options.enrolment.authority)
    const admission = await admit(this.#options, named, shown, peer)
    if (admission.kind === 'refused') {
      this.#log.warn({ host: named, peer, reason: admission.reason }, 'agent refused')
      refuse(socket, admission.status, admission.reason)
      if (admission.alarm) await book.alarm(admission.alarm)
      return
    }
    this.#agents.handleUpgrade(request, socket, head, (opened) => {
      this.#connections.get(named)?.close('another connection of this host has taken its place')
      const note = () => this.#admitted.note(named, shown?.fingerprint ?? '')
      note()
      const { epoch, epochs, log, elapsed, count, limits = CONNECTION_LIMITS } = this.#options
      const end = setTimeout(
        () => connection.close('the certificate has expired: renew it'),
        Math.min(admission.expires - now(), LONGEST_TIMER),
      )
      const connection = new AgentConnection(
        opened,
        named,
        peer,
        { book, epoch, epochs, limits, log: limitLog(log, { lines: 5, windowSeconds: 10 }, elapsed), elapsed, count },
        () => {
          clearTimeout(end)
          note()
          if (this.#connections.get(named) !== connection) return
          this.#connections.delete(named)
          book.disconnected(named)
        },
      )
      this.#connections.set(named, connection)
    })
  }

  async #renew(shown: Shown, certificateRequest: string, peer: string): Promise<Enrolled> {
    const { enrolment, book } = this.#options
    const { host = '', fingerprint } = shown
    // It may be forgotten, and known again from now on.
    await admit(this.#options, host, shown, peer)
    const renewed = await renew(enrolment, fingerprint, certificateRequest, this.#admitted.was(host, fingerprint, RENEWAL_GRACE))
    if (renewed.alarm) book.alarmRaised(renewed.alarm)
    return renewed
  }
}
