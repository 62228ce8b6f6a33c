// The API as an express router over the contract. Who asks, and whether they may, is settled for all operations here, before a byte of
// a body is read; what is done then, and its audit, is call.ts's.
import express, { type NextFunction, type Request, type Response, type Router } from 'express'
import type { Log } from '../../../appliance/wire/log.ts'
import type { Identified } from '../../access/access.ts'
import { CONTRACT, OPERATIONS } from '../../contract/contract.ts'
import { methodOf, type Operation, pathOf, SMALL_BODY } from '../../contract/operation.ts'
import type { Done, Refused } from '../../outcome.ts'
import { asRefusal, type Calls, readInput } from '../call.ts'
import { EventStreams } from '../event-streams.ts'
import type { PoolEvents } from '../events.ts'
import { type Gate, keyOf } from '../gate.ts'
import { type Credential, credentialOf, isMeant, mayAsk } from '../guard.ts'
import type { Caller, Stranger } from '../handlers/handlers.ts'
import { statusOf } from '../openapi.ts'
import { refusalOf, writeProblem } from '../problem.ts'
import { type Body, readBody, readOctets } from './body.ts'
import { inputOf } from './input.ts'
import { InTurn, ifMatch, isMatch, OUTDATED, pathPart, shownBy, tagOf } from './precondition.ts'
import { startOf } from './start-headers.ts'
import { stillThere } from './still-there.ts'
import type { Tagged } from './tagged.ts'
import type { TaggedLists } from './tagged-lists.ts'

export interface ApiOptions {
  readonly calls: Calls
  readonly gate: Gate
  readonly lists: TaggedLists
  readonly events: PoolEvents
  /** Of this start of the manager. */
  readonly epoch: number
  readonly log: Log
  /** Milliseconds, by a clock that does not jump. */
  readonly elapsed: () => number
  /** A request was answered. */
  readonly answered?: (method: string, route: string, status: number, seconds: number) => void
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
interface Known {
  readonly who: Identified
  readonly credential: Credential
}

class RestApi implements Api {
  readonly router = express.Router({ caseSensitive: true, strict: true })
  readonly streams: EventStreams
  readonly #options: ApiOptions
  readonly #known = new WeakMap<Request, Known>()
  readonly #paths = new WeakMap<Request, string>()
  readonly #inTurn = new InTurn()
  readonly #unsubscribe: () => void

  constructor(options: ApiOptions) {
    this.#options = options
    this.streams = new EventStreams(options.epoch)
    this.#unsubscribe = options.events.subscribe((event) => {
      options.lists.hear(event)
      this.streams.tell(event)
    })
    this.#addRoutes()
  }

  close(): void {
    this.#unsubscribe()
    this.streams.close()
  }

  /** Nothing is told to strangers, not even which paths there are: but for the open operations, their credential comes first. */
  #addRoutes(): void {
    const { router } = this
    const all = OPERATIONS.map(({ operation }) => operation)
    router.use((request, response, next) => this.#observe(request, response, next))
    for (const operation of all.filter(({ role }) => role === 'open')) this.#add(operation)
    router.use((request, response, next) => this.#identify(request, response, next))
    for (const operation of all.filter(({ role }) => role !== 'open')) this.#add(operation)
    for (const path of new Set(all.map(pathOf))) {
      const methods = all.filter((operation) => pathOf(operation) === path).map(methodOf)
      const allow = methods.map((method) => (method === 'GET' ? 'GET, HEAD' : method)).join(', ')
      router.all(path, (_request, response) => writeProblem(response, 405, `${path} takes only ${allow}`, { allow }))
    }
    router.use((_request, response) => writeProblem(response, 404, 'there is no such path in this API: see /api/v1/openapi.json'))
    router.use((error: unknown, request: Request, response: Response, _next: NextFunction) => this.#failed(error, request, response))
  }

  #add(operation: Operation): void {
    const handle = (request: Request, response: Response) => this.#handle(operation, request, response)
    const path = pathOf(operation)
    switch (methodOf(operation)) {
      case 'GET':
        return void this.router.get(path, handle)
      case 'POST':
        return void this.router.post(path, handle)
      case 'PUT':
        return void this.router.put(path, handle)
      case 'PATCH':
        return void this.router.patch(path, handle)
      case 'DELETE':
        return void this.router.delete(path, handle)
    }
  }

  #observe(request: Request, response: Response, next: NextFunction): void {
    const { elapsed, log, answered } = this.#options
    const [{ method }, path, peer, started] = [request, pathIn(request), peerOf(request), elapsed()]
    response.on('close', () => {
      const milliseconds = elapsed() - started
      answered?.(method, this.#paths.get(request) ?? 'none', response.statusCode, milliseconds / 1000)
      const fields = { method, path, status: response.statusCode, who: this.#known.get(request)?.who.user, peer, milliseconds }
      log[method === 'GET' ? 'debug' : 'info'](fields, 'request')
    })
    response.setHeader('cache-control', 'no-store')
    next()
  }

  async #identify(request: Request, response: Response, next: NextFunction): Promise<void> {
    const credential = credentialOf(request.headers)
    const identified = await this.#options.gate.identify(credential, peerOf(request))
    if (identified.kind === 'refused') {
      return writeRefusal(response, identified, identified.status === 401 ? { 'www-authenticate': 'Bearer' } : {})
    }
    this.#known.set(request, { who: identified.who, credential })
    next()
  }

  async #handle(operation: Operation, request: Request, response: Response): Promise<void> {
    this.#paths.set(request, pathOf(operation))
    const { calls, gate, lists } = this.#options
    const [known, peer] = [this.#known.get(request), peerOf(request)]
    const by: Caller | Stranger = known ? { who: known.who, peer } : { peer }
    const refuse = async (refusal: Refused): Promise<void> => {
      await calls.refused(operation, { ...request.params }, by, refusal)
      writeRefusal(response, refusal)
    }
    const held = known ? undefined : gate.admit(peer)
    if (held) return writeRefusal(response, held)
    const verdict = known ? mayCall(operation, known.who, request) : { kind: 'may' as const }
    if (verdict.kind === 'refused') return refuse(verdict)
    const body = await bodyOf(operation, request, response)
    if (body.kind === 'refused') return refuse(body)
    const input = inputOf(operation, { path: { ...request.params }, query: { ...request.query }, body: body.value })
    if (input.kind === 'refused') return refuse(input)
    const list = lists.of(operation)
    if (list || operation.answers === 'events') {
      const read = readInput(operation, input.input)
      if (read.kind === 'refused') return refuse(read)
      return list ? writeTagged(response, request, list, read.input) : this.#stream(request, response)
    }
    const start = operation.starts ? startOf(request.headers) : undefined
    if (start?.kind === 'refused') return refuse(start)
    const match = ifMatch(operation, request.get('if-match'))
    if (match?.kind === 'refused') return refuse(match)
    const act = () => calls.ask(operation, input.input, start ? { ...by, start: start.start } : by)
    const asked = match ? this.#whereMatching(operation, match.tags, input.input, by, act) : act()
    const answer = await stillThere(request, response, asked)
    if (answer.kind === 'done' && !known) gate.wentWell(peer)
    if (answer.kind === 'done' && changesAccess(operation)) await this.streams.look()
    write(operation, response, answer)
  }

  /** Acts where the thing is still what was read, as no other who has read the same has acted before. */
  #whereMatching(operation: Operation, tags: string, input: object, by: Caller | Stranger, act: () => Promise<Done<unknown>>) {
    const { calls } = this.#options
    const [shown, thing] = [shownBy(operation), pathPart(operation, input)]
    if (!shown) return act()
    return this.#inTurn.of(shown.http, async () => {
      const now = await calls.ask(shown, thing, by)
      if (now.kind !== 'done') return now
      if (isMatch(tags, tagOf(shown, now.value))) return act()
      await calls.refused(operation, input, by, OUTDATED)
      return OUTDATED
    })
  }

  #stream(request: Request, response: Response): void {
    const known = this.#known.get(request)
    if (!known || request.method === 'HEAD') return void response.writeHead(200, { 'content-type': 'text/event-stream' }).end()
    const isGood = async () => (await this.#options.gate.ownerOf(known.credential)) !== undefined
    if (this.streams.attach(response, { key: keyOf(known.who), isGood, lastId: request.get('last-event-id') })) return
    writeRefusal(response, { kind: 'refused', status: 429, reason: 'too many streams of events are open: end some', retryAfter: 30 })
  }

  #failed(error: unknown, request: Request, response: Response): void {
    const refusal = refusalOf(error)
    if (!refusal) this.#options.log.error({ error, method: request.method, path: pathIn(request) }, 'request failed')
    writeProblem(response, refusal?.status ?? 500, refusal?.reason ?? 'the manager cannot do it now: its log says why')
  }
}

function bodyOf({ takes, limit = SMALL_BODY }: Operation, request: Request, response: Response): Promise<Body> {
  return takes === 'octets' ? readOctets(request, response, limit) : readBody(request, response, limit)
}

function mayCall(operation: Operation, who: Identified, request: Request): ReturnType<typeof mayAsk> {
  const verdict = mayAsk(operation, who, { ...request.params })
  return verdict.kind === 'may' ? isMeant(request.method, who, request.headers) : verdict
}

const CHANGING_ACCESS: ReadonlySet<Operation> = new Set<Operation>([...Object.values(CONTRACT.users), ...Object.values(CONTRACT.tokens)])

function changesAccess(operation: Operation): boolean {
  return operation.did !== undefined && CHANGING_ACCESS.has(operation)
}

function write(operation: Operation, response: Response, answer: Done<unknown>): void {
  const status = statusOf(operation)
  if (answer.kind !== 'done') return void writeRefusal(response, asRefusal(answer))
  const tag = tagOf(operation, answer.value)
  if (tag !== undefined) response.setHeader('etag', tag)
  if (status === 204) response.writeHead(204).end()
  else if (operation.answers === 'text') send(response, status, 'text/plain; version=0.0.4; charset=utf-8', String(answer.value))
  else send(response, status, 'application/json', JSON.stringify(answer.value))
}

async function writeTagged(response: Response, request: Request, list: Tagged, input: unknown): Promise<void> {
  const etag = list.tag()
  response.setHeader('etag', etag)
  response.setHeader('cache-control', 'private, no-cache')
  if (isKnown(request.headers['if-none-match'], etag)) return void response.writeHead(304).end()
  send(response, 200, 'application/json', await list.bytes(input))
}

function isKnown(shown: string | undefined, etag: string): boolean {
  return (shown ?? '').split(',').some((one) => one.trim() === etag || one.trim() === '*')
}

function send(response: Response, status: number, type: string, body: string | Buffer): void {
  const bytes = Buffer.from(body)
  response.writeHead(status, { 'content-type': type, 'content-length': bytes.length }).end(bytes)
}

function writeRefusal(response: Response, refusal: Refused, headers: Readonly<Record<string, string>> = {}): void {
  const { status = 409, retryAfter } = refusal
  writeProblem(response, status, refusal, { ...headers, ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }) })
}

function pathIn({ originalUrl }: Request): string {
  return originalUrl.split('?', 1)[0] ?? ''
}

function peerOf({ socket }: Request): string {
  return (socket.remoteAddress ?? '').replace(/^::ffff:/, '')
}
