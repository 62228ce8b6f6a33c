// The API as an express router. Who asks, and whether they may, is settled for all routes here, before a byte of a body is read; what
// changes something is in the audit log before it is answered.
import express, { type NextFunction, type Request, type Response, type Router } from 'express'
import { z } from 'zod'
import type { Log } from '../../../appliance/wire/log.ts'
import type { Access, Identified } from '../../access/access.ts'
import { AttemptLimit, peerKey } from '../../access/limit.ts'
import type { Rate } from '../../access/rate.ts'
import { outcomeText, requestText } from './audit-text.ts'
import { readBody } from './body.ts'
import { EventStreams } from './event-streams.ts'
import { type Credential, credentialOf, isMeant, mayAsk } from './guard.ts'
import { describeApi } from './openapi.ts'
import type { Operations, SiteOperations } from './operations.ts'
import { refusalOf, writeProblem } from './problem.ts'
import type { Raw, Reply, Route, RouteDeps } from './route.ts'
import { ROUTES } from './routes.ts'
import { userName } from './schema-access.ts'
import { hostList, matrixList } from './tagged-lists.ts'

export interface ApiRates {
  /** Of one token or session. */
  readonly principal: Rate
  /** Requests without a good credential, from one address. */
  readonly stranger: Rate
}

const RATES: ApiRates = { principal: { perSecond: 100, burst: 400 }, stranger: { perSecond: 5, burst: 100 } }

export interface ApiOptions {
  readonly operations: Operations
  readonly site: SiteOperations
  readonly access: Access
  readonly log: Log
  /** Milliseconds, by a clock that does not jump. */
  readonly elapsed: () => number
  /** Of this start of the manager. */
  readonly epoch: number
  /** In Prometheus' text format. */
  readonly metrics: () => Promise<string>
  /** A request was answered. */
  readonly answered?: (method: string, route: string, status: number, seconds: number) => void
  readonly rates?: ApiRates
}

export interface Api {
  /** To be mounted at /api/v1. */
  readonly router: Router
  readonly streams: EventStreams
  close(): void
}

export function createApi(options: ApiOptions): Api {
  return new RestApi(options)
}

/** What is known of a request once its credential was looked at. */
interface Caller {
  readonly who: Identified
  readonly credential: Credential
}

class RestApi implements Api {
  readonly router = express.Router({ caseSensitive: true, strict: true })
  readonly streams = new EventStreams()
  readonly #options: ApiOptions
  readonly #deps: RouteDeps
  readonly #callers = new WeakMap<Request, Caller>()
  readonly #routes = new WeakMap<Request, string>()
  readonly #principals: AttemptLimit
  readonly #strangers: AttemptLimit
  readonly #unsubscribe: () => void

  constructor(options: ApiOptions) {
    const { operations, site, access, elapsed, metrics, rates = RATES } = options
    this.#options = options
    this.#principals = new AttemptLimit(rates.principal, elapsed)
    this.#strangers = new AttemptLimit(rates.stranger, elapsed)
    const [hosts, matrix] = [hostList(operations, options), matrixList(operations, options)]
    this.#unsubscribe = operations.subscribe((event) => {
      hosts.hear(event)
      matrix.hear(event)
      this.streams.tell(event)
    })
    let description: ReturnType<RouteDeps['document']> | undefined
    const document = () => {
      description ??= describeApi(ROUTES)
      return description
    }
    this.#deps = { operations, site, access, hosts, matrix, metrics, document }
    this.#addRoutes()
  }

  close(): void {
    this.#unsubscribe()
    this.streams.close()
  }

  /** Nothing is told to strangers, not even which paths there are: but for the open routes, their credential comes first. */
  #addRoutes(): void {
    const { router } = this
    router.use((request, response, next) => this.#observe(request, response, next))
    for (const route of ROUTES.filter(({ role }) => role === 'open')) this.#add(route)
    router.use((request, response, next) => this.#identify(request, response, next))
    for (const route of ROUTES.filter(({ role }) => role !== 'open')) this.#add(route)
    for (const path of new Set(ROUTES.map((route) => route.path))) {
      const methods = ROUTES.filter((route) => route.path === path).map(({ method }) => (method === 'GET' ? 'GET, HEAD' : method))
      const allow = methods.join(', ')
      router.all(path, (_request, response) => writeProblem(response, 405, `${path} takes only ${allow}`, { allow }))
    }
    router.use((_request, response) => writeProblem(response, 404, 'there is no such path in this API: see /api/v1/openapi.json'))
    router.use((error: unknown, request: Request, response: Response, _next: NextFunction) => this.#failed(error, request, response))
  }

  #add(route: Route): void {
    const handle = (request: Request, response: Response) => this.#handle(route, request, response)
    switch (route.method) {
      case 'GET':
        return void this.router.get(route.path, handle)
      case 'POST':
        return void this.router.post(route.path, handle)
      case 'PUT':
        return void this.router.put(route.path, handle)
      case 'PATCH':
        return void this.router.patch(route.path, handle)
      case 'DELETE':
        return void this.router.delete(route.path, handle)
    }
  }

  #observe(request: Request, response: Response, next: NextFunction): void {
    const { elapsed, log, answered } = this.#options
    const [{ method }, path, peer, started] = [request, pathOf(request), peerOf(request), elapsed()]
    response.on('close', () => {
      const milliseconds = elapsed() - started
      const route = this.#routes.get(request) ?? 'none'
      answered?.(method, route, response.statusCode, milliseconds / 1000)
      const fields = { method, path, status: response.statusCode, who: this.#callers.get(request)?.who.user, peer, milliseconds }
      log[method === 'GET' ? 'debug' : 'info'](fields, 'request')
    })
    response.setHeader('cache-control', 'no-store')
    next()
  }

  async #identify(request: Request, response: Response, next: NextFunction): Promise<void> {
    const stranger = peerKey(peerOf(request))
    const wait = this.#strangers.attempt(stranger)
    if (wait > 0) return tooMany(response, wait)
    const credential = credentialOf(request.headers)
    const who = await this.#ownerOf(credential)
    if (!who) {
      const detail =
        credential.kind === 'none' ? 'a token is needed: Authorization: Bearer …' : 'this credential is unknown, expired or revoked'
      return writeProblem(response, 401, detail, { 'www-authenticate': 'Bearer' })
    }
    this.#strangers.wentWell(stranger)
    this.#callers.set(request, { who, credential })
    const own = this.#principals.attempt(keyOf(who))
    if (own > 0) return tooMany(response, own)
    next()
  }

  async #ownerOf(credential: Credential): Promise<Identified | undefined> {
    const { access } = this.#options
    switch (credential.kind) {
      case 'token':
        return access.byToken(credential.secret)
      case 'session':
        return access.bySession(credential.secret)
      case 'none':
        return undefined
    }
  }

  async #handle(route: Route, request: Request, response: Response): Promise<void> {
    this.#routes.set(request, route.path)
    const caller = this.#callers.get(request)
    const stranger = peerKey(peerOf(request))
    const wait = caller ? 0 : this.#strangers.attempt(stranger)
    if (wait > 0) return tooMany(response, wait)
    const verdict = caller ? mayCall(route, caller.who, request) : { kind: 'may' as const }
    if (verdict.kind === 'refused') {
      const refusal = { kind: 'refused', status: 403, reason: verdict.reason } as const
      await this.#audit(route, request, caller, undefined, refusal)
      return this.#write(route, request, response, refusal)
    }
    const body = await this.#body(route, request, response)
    const raw: Raw = { params: { ...request.params }, query: { ...request.query }, body: body.value, peer: peerOf(request) }
    const reply = body.refusal ?? (await this.#run(route, raw, caller))
    if (!caller && reply.kind !== 'refused') this.#strangers.wentWell(stranger)
    await this.#audit(route, request, caller, body.value, reply)
    if (reply.kind !== 'refused' && changesAccess(route)) await this.streams.look()
    return this.#write(route, request, response, reply)
  }

  async #body(
    route: Route,
    request: Request,
    response: Response,
  ): Promise<{ readonly value?: unknown; readonly refusal?: Reply & { readonly kind: 'refused' } }> {
    const body = await readBody(request, response, route.limit)
    return body.kind === 'refused' ? { refusal: body } : { value: body.value }
  }

  async #run(route: Route, raw: Raw, caller: Caller | undefined): Promise<Reply> {
    if (route.role === 'open') return route.run(raw, this.#deps)
    if (!caller) throw new Error(`${route.method} ${route.path} was reached without a credential`)
    return route.run(raw, this.#deps, caller.who)
  }

  /** Too many attempts are in the log only: who makes them does not decide how much is written to the disk. What is refused, or done by who
   * may do it without end (a viewer's own tokens, signing in), is bounded. */
  async #audit(route: Route, request: Request, caller: Caller | undefined, body: unknown, reply: Reply): Promise<void> {
    if (route.effect === 'asks' || (reply.kind === 'refused' && reply.status === 429)) return
    const who = caller?.who.user ?? claimed.parse(body)
    const what = `${requestText(request.method, pathOf(request), body)}: ${outcomeText(reply)}`
    const act = { who, peer: peerOf(request), what }
    const { access } = this.#options
    const isCheap = reply.kind === 'refused' || caller?.who.role === 'viewer' || (route.role === 'open' && route.path !== '/first-admin')
    await (isCheap ? access.auditBounded(act) : access.audit(act))
  }

  async #write(route: Route, request: Request, response: Response, reply: Reply): Promise<void> {
    switch (reply.kind) {
      case 'json':
        return send(response, route.status, 'application/json', JSON.stringify(reply.value))
      case 'tagged': {
        const etag = reply.of.tag()
        response.setHeader('etag', etag)
        response.setHeader('cache-control', 'private, no-cache')
        if (isKnown(request.headers['if-none-match'], etag)) return void response.writeHead(304).end()
        return send(response, 200, 'application/json', await reply.of.bytes())
      }
      case 'empty':
        return void response.writeHead(204).end()
      case 'text':
        return send(response, 200, 'text/plain; version=0.0.4; charset=utf-8', reply.text)
      case 'events':
        return this.#stream(request, response)
      case 'refused': {
        const { status, retryAfter } = reply
        return writeProblem(response, status, reply, retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) })
      }
    }
  }

  #stream(request: Request, response: Response): void {
    const caller = this.#callers.get(request)
    if (!caller || request.method === 'HEAD') return void response.writeHead(200, { 'content-type': 'text/event-stream' }).end()
    const isGood = async () => (await this.#ownerOf(caller.credential)) !== undefined
    if (!this.streams.attach(response, { key: keyOf(caller.who), isGood })) tooMany(response, 30)
  }

  #failed(error: unknown, request: Request, response: Response): void {
    const refusal = refusalOf(error)
    if (!refusal) this.#options.log.error({ error, method: request.method, path: pathOf(request) }, 'request failed')
    writeProblem(response, refusal?.status ?? 500, refusal?.reason ?? 'the manager cannot do it now: its log says why')
  }
}

function mayCall(route: Route, who: Identified, request: Request): ReturnType<typeof mayAsk> {
  const verdict = mayAsk(route, who, { ...request.params })
  return verdict.kind === 'may' ? isMeant(request.method, who, request.headers) : verdict
}

/** Of an open route: who it says that it is. */
const claimed = z
  .union([z.object({ user: userName }).transform(({ user }) => user), z.object({ name: userName }).transform(({ name }) => name)])
  .catch('nobody')

function changesAccess({ effect, path }: Route): boolean {
  return effect === 'changes' && /^\/(users|tokens)/.test(path)
}

function isKnown(shown: string | undefined, etag: string): boolean {
  return (shown ?? '').split(',').some((one) => one.trim() === etag || one.trim() === '*')
}

function send(response: Response, status: number, type: string, body: string | Buffer): void {
  const bytes = Buffer.from(body)
  response.writeHead(status, { 'content-type': type, 'content-length': bytes.length }).end(bytes)
}

function tooMany(response: Response, seconds: number): void {
  writeProblem(response, 429, `too many requests: try again in ${seconds} s`, { 'retry-after': String(seconds) })
}

function keyOf({ by }: Identified): string {
  return `${by.kind} ${by.id}`
}

function pathOf({ originalUrl }: Request): string {
  return originalUrl.split('?', 1)[0] ?? ''
}

function peerOf({ socket }: Request): string {
  return (socket.remoteAddress ?? '').replace(/^::ffff:/, '')
}
