// A manager of the tests' own: real HTTPS with an authority of its own, and the real API over a pool that the test may change. What was
// asked of it is kept.
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'
import express from 'express'
import { Acting } from '../../../manager/access/acting.ts'
import { OPERATIONS } from '../../../manager/contract/contract.ts'
import type { PoolEvent } from '../../../manager/contract/events.ts'
import type { Operation } from '../../../manager/contract/operation.ts'
import { createApi } from '../../../manager/doors/api/server.ts'
import { Calls } from '../../../manager/doors/call.ts'
import { Gate } from '../../../manager/doors/gate.ts'
import type { Caller, Stranger } from '../../../manager/doors/handlers/handlers.ts'
import { Rights } from '../../../manager/doors/rights/rights.ts'
import type { Done } from '../../../manager/outcome.ts'
import { newKey, newSerial } from '../../../manager/store/keys/authority.ts'
import { authorityFrom, selfSigned, signServer } from '../../../manager/store/keys/certificate.ts'
import { collectingLog } from '../../appliance/wire/collecting-log.ts'
import { thingsOf } from '../doors/rights/things-of.ts'
import { RELAXED } from '../site.ts'
import { fakePool, SECRET } from './fake-pool.ts'
import type { PoolData } from './pool-data.ts'

export interface Asked {
  /** `hosts.list`. */
  readonly id: string
  readonly input: unknown
}

export interface FakeManager {
  readonly url: string
  readonly port: number
  /** PEM. */
  readonly authority: string
  readonly pool: PoolData
  /** `GET /api/v1/hosts`: whatever came, let in or not. */
  readonly requests: readonly string[]
  /** By which starts are told apart. */
  readonly headers: readonly { readonly path: string; readonly key: string | undefined; readonly within: string | undefined }[]
  /** What was let in. */
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

class KeptCalls extends Calls {
  readonly asked: Asked[] = []

  override ask(operation: Operation, raw: unknown, by: Caller | Stranger): Promise<Done<unknown>> {
    this.asked.push({ id: OPERATIONS.find((named) => named.operation === operation)?.id ?? '', input: raw })
    return super.ask(operation, raw, by)
  }
}

export async function startFakeManager(t: Pick<ExecutionContext, 'teardown'>, pool: PoolData, port = 0): Promise<FakeManager> {
  const [authorityKey, key] = [newKey(), newKey()]
  const authority = await authorityFrom(authorityKey, await selfSigned(authorityKey, newSerial()), 'the test')
  const certificate = await signServer(authority, key, '127.0.0.1', newSerial())
  const { calls, api } = fakeDoors(pool)
  t.teardown(() => api.close())
  const requests: string[] = []
  const headers: FakeManager['headers'][number][] = []
  const app = express()
  app.use((request, response, next) => {
    const path = `${request.method} ${request.originalUrl}`
    requests.push(path)
    headers.push({ path, key: request.get('idempotency-key'), within: request.get('hostless-automation') })
    const said = pool.refuses ? undefined : pool.raw[`${request.method} ${request.originalUrl.replace('/api/v1', '')}`]
    return said === undefined ? next() : void response.json(said)
  })
  app.use('/api/v1', api.router)
  const server = createTlsServer({ key, cert: `${certificate}\n${authority.pem}`, minVersion: 'TLSv1.3' }, app)
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
    requests,
    headers,
    asked: calls.asked,
    tell: (event) => api.streams.tell(event),
    listeners: () => api.streams.size,
    close,
    pause: close,
    resume: () => listen(bound),
  }
}

/** The doors of a manager, to which ada, an admin, has the one key. */
function fakeDoors(pool: PoolData) {
  const ada = { user: 'ada', role: 'admin', by: { kind: 'token', id: 'tok1' } } as const
  const adaNow = () => (pool.limit ? { ...ada, groups: pool.limit } : ada)
  const access = {
    byToken: async (secret: string) => (secret === SECRET && !pool.refuses ? adaNow() : undefined),
    bySession: async () => undefined,
    audit: async () => undefined,
    auditBounded: async () => undefined,
  }
  const handlers = fakePool(pool)
  const rights = new Rights(thingsOf(handlers))
  const calls = new KeptCalls({ handlers, access, acting: new Acting(Date.now), naming: { host: (ref) => ref }, rights })
  const elapsed = () => performance.now()
  const api = createApi({
    calls,
    gate: new Gate(access, elapsed, { principal: RELAXED, stranger: RELAXED }),
    lists: { of: () => undefined, hear: () => undefined },
    events: { subscribe: () => () => undefined },
    epoch: 1,
    log: collectingLog().log,
    elapsed,
  })
  return { calls, api }
}

/** Answers everything by plain HTTP: what a wrong port may be. */
export async function startNoManager(t: Pick<ExecutionContext, 'teardown'>): Promise<string> {
  const server = createServer((_request, response) => response.end('<html>'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => new Promise<void>((resolve) => server.close(() => resolve())))
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
}
