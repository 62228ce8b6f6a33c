// A manager of the tests' own: real HTTPS with an authority of its own, answers that the API's schemas have passed, and a pool that the
// test may change. What was asked of it is kept.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'
import { z } from 'zod'
import { bootAttempt } from '../../../manager/contract/boots.ts'
import type { PoolEvent } from '../../../manager/contract/events.ts'
import { host } from '../../../manager/contract/hosts.ts'
import { placementAsk } from '../../../manager/contract/placement.ts'
import { problem } from '../../../manager/contract/problem.ts'
import { localStorage, matrix, thing, thingDetail } from '../../../manager/contract/things.ts'
import { principal } from '../../../manager/doors/api/schema-access.ts'
import { guest, historyEntry, hostActionBody, hostChange } from '../../../manager/doors/api/schema-hosts.ts'
import { alarm, cpuExplanation, cpuPool, placement } from '../../../manager/doors/api/schema-pool.ts'
import { audit, issuedToken, token, user } from '../../../manager/protocol/accounts.ts'
import { inventory } from '../../../manager/protocol/inventory.ts'
import { newKey, newSerial } from '../../../manager/store/keys/authority.ts'
import { authorityFrom, selfSigned, signServer } from '../../../manager/store/keys/certificate.ts'
import { EMPTY } from '../site.ts'
import type { PoolData } from './pool-data.ts'

export const SECRET = 'a-token-of-the-tests'
export const PASSWORD = 'correct horse battery'

export interface Asked {
  readonly method: string
  readonly path: string
  readonly body: unknown
}

export interface FakeManager {
  readonly url: string
  readonly port: number
  /** PEM. */
  readonly authority: string
  readonly pool: PoolData
  readonly asked: readonly Asked[]
  /** To all that listen. */
  tell(event: PoolEvent): void
  /** How many listen. */
  listeners(): number
  close(): Promise<void>
  /** It goes away, and comes back at the same port. */
  pause(): Promise<void>
  resume(): Promise<void>
}

class Refused extends Error {
  readonly status: number
  constructor(status: number, detail: string) {
    super(detail)
    this.status = status
  }
}

export async function startFakeManager(t: Pick<ExecutionContext, 'teardown'>, pool: PoolData, port = 0): Promise<FakeManager> {
  const [authorityKey, key] = [newKey(), newKey()]
  const authority = await authorityFrom(authorityKey, await selfSigned(authorityKey, newSerial()), 'the test')
  const certificate = await signServer(authority, key, '127.0.0.1', newSerial())
  const asked: Asked[] = []
  const streams = new Set<ServerResponse>()
  const server = createTlsServer({ key, cert: `${certificate}\n${authority.pem}`, minVersion: 'TLSv1.3' })
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    void answer(request, response, pool, asked, streams)
  })
  const listen = (at: number) => new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve))
  await listen(port)
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  }
  t.teardown(close)
  const bound = (server.address() as AddressInfo).port
  return {
    url: `https://127.0.0.1:${bound}`,
    port: bound,
    authority: authority.pem,
    pool,
    asked,
    tell: (event) => {
      for (const stream of streams) stream.write(`event: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`)
    },
    listeners: () => streams.size,
    close,
    pause: close,
    resume: () => listen(bound),
  }
}

/** Answers everything by plain HTTP: what a wrong port may be. */
export async function startNoManager(t: Pick<ExecutionContext, 'teardown'>): Promise<string> {
  const server = createServer((_request, response) => response.end('<html>'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => new Promise<void>((resolve) => server.close(() => resolve())))
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  pool: PoolData,
  asked: Asked[],
  streams: Set<ServerResponse>,
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString('utf8')
  const url = new URL(request.url ?? '/', 'https://x')
  const path = url.pathname.replace('/api/v1', '')
  const body: unknown = text === '' ? undefined : JSON.parse(text)
  asked.push({ method: request.method ?? '', path: `${path}${url.search}`, body })
  try {
    if (path !== '/login' && (pool.refuses || request.headers.authorization !== `Bearer ${SECRET}`))
      throw new Refused(401, 'this token is not known')
    if (path === '/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(': hello\n\n')
      streams.add(response)
      response.on('close', () => streams.delete(response))
      return
    }
    const route = `${request.method} ${path}`
    const said = pool.raw[route] ?? answerTo(route, url.searchParams, body, pool)
    if (said === null) response.writeHead(204).end()
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(said))
  } catch (error) {
    const status = error instanceof Refused ? error.status : 400
    const detail = error instanceof Error ? error.message : String(error)
    response.writeHead(status, { 'content-type': 'application/problem+json' })
    response.end(JSON.stringify(problem.parse({ title: 'refused', status, detail })))
  }
}

function answerTo(route: string, query: URLSearchParams, body: unknown, pool: PoolData): unknown {
  const [, method = '', path = ''] = /^(\S+) (.*)$/.exec(route) ?? []
  const [, ref = '', rest = ''] = /^\/[a-z-]+\/([^/]+)(.*)$/.exec(path) ?? []
  const named = decodeURIComponent(ref)
  const one = () => {
    const found = pool.hosts.findIndex(({ id, name }) => id === named || name === named)
    const at = pool.hosts[found]
    if (!at) throw new Refused(404, `there is no host ${named}`)
    return { at, set: (next: typeof at) => host.parse(pool.hosts.splice(found, 1, next)[0] && next) }
  }
  switch (`${method} ${path.replace(/^(\/[a-z-]+)\/[^/]+/, '$1/:ref')}`) {
    case 'GET /whoami':
      return principal.parse({ user: 'ada', role: 'admin' })
    case 'POST /login': {
      const { user: name, password } = z.object({ user: z.string(), password: z.string() }).parse(body)
      if (name !== 'ada' || password !== PASSWORD) throw new Refused(401, 'wrong user or password')
      return issuedToken.parse({ ...pool.tokens[0], secret: SECRET })
    }
    case 'GET /hosts':
      return { hosts: z.array(host).parse(pool.hosts) }
    case 'GET /hosts/:ref/inventory':
      return inventory.parse(pool.inventories[one().at.id] ?? EMPTY)
    case 'GET /hosts/:ref/history':
      return { entries: z.array(historyEntry).parse(pool.history.slice(0, Number(query.get('limit')))) }
    case 'GET /hosts/:ref/boots':
      return { boots: z.array(bootAttempt).parse(pool.boots) }
    case 'PATCH /hosts/:ref': {
      const { at, set } = one()
      const { name = at.name, groups = at.groups, notes = at.notes } = hostChange.parse(body)
      return set({ ...at, name, groups, notes })
    }
    case 'POST /hosts/:ref/approve': {
      hostActionBody.parse(body)
      const { at, set } = one()
      if (at.state !== 'pending') throw new Refused(409, `${at.name} is ${at.state}: only pending hosts are approved`)
      return set({ ...at, state: 'approved' })
    }
    case 'POST /hosts/:ref/reject':
      return one().set({ ...one().at, state: 'rejected' })
    case 'POST /hosts/:ref/fence': {
      if (hostActionBody.parse(body).proof === undefined) throw new Refused(409, 'say what proves that it can run nothing')
      return one().set({ ...one().at, state: 'fenced' })
    }
    case 'GET /guests':
      return { guests: z.array(guest).parse(pool.guests) }
    case 'GET /matrix':
      return matrix.parse(pool.matrix)
    case 'GET /things':
      return { things: z.array(thing).parse(pool.matrix.rows) }
    case 'GET /things/:ref': {
      const row = pool.matrix.rows.find(({ key }) => key === named)
      if (!row || rest !== '') throw new Refused(404, `there is no ${named}`)
      const cells = row.cells.map((cell, at) => ({ ...cell, host: pool.matrix.hosts[at]?.id, name: pool.matrix.hosts[at]?.name }))
      return thingDetail.parse({ ...row, cells })
    }
    case 'GET /local-storage':
      return { hosts: z.array(localStorage).parse(pool.localStorage) }
    case 'POST /placement':
      placementAsk.parse(body)
      return placement.parse(pool.placement)
    case 'GET /cpu':
      return cpuPool.parse(pool.cpu)
    case 'GET /cpu/:ref':
      return cpuExplanation.parse({ ...pool.explanation, type: query.get('type') })
    case 'GET /alarms':
      return { alarms: z.array(alarm).parse(pool.alarms) }
    case 'DELETE /alarms/:ref': {
      const at = pool.alarms.findIndex(({ key }) => key === named)
      if (at < 0) throw new Refused(404, `there is no alarm ${named}`)
      pool.alarms.splice(at, 1)
      return null
    }
    case 'GET /users':
      return { users: z.array(user).parse(pool.users) }
    case 'POST /users': {
      const { name, role } = user.omit({ created: true }).parse(body)
      return user.parse({ name, role, created: 0 })
    }
    case 'PATCH /users/:ref':
      return user.parse({ ...pool.users.find(({ name }) => name === named), ...z.object({ role: z.string().optional() }).parse(body) })
    case 'DELETE /users/:ref':
      if (named === 'ada') throw new Refused(409, 'the last admin stays')
      return null
    case 'GET /tokens':
      return { tokens: z.array(token).parse(pool.tokens) }
    case 'POST /tokens':
      return issuedToken.parse({ ...pool.tokens[0], ...z.object({ label: z.string() }).parse(body), secret: 'new-secret' })
    case 'DELETE /tokens/:ref':
      return null
    case 'GET /audit':
      return audit.parse(pool.audit)
    default:
      throw new Refused(404, `no route ${route}`)
  }
}
