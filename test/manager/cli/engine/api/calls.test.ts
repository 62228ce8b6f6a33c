import test, { type ExecutionContext } from 'ava'
import { type PoolApi, poolApi } from '../../../../../manager/cli/engine/api/calls.ts'
import { type ApiClient, ApiRefusal, apiClient } from '../../../../../manager/cli/engine/api/client.ts'
import { everyHost } from '../../../../../manager/cli/engine/api/every-host.ts'
import { CommandFailure } from '../../../../../manager/cli/engine/failure.ts'
import { CONTRACT, OPERATIONS } from '../../../../../manager/contract/contract.ts'
import { type Host, MOST_HOSTS } from '../../../../../manager/contract/hosts.ts'
import { startFakeManager } from '../../fake-manager.ts'
import { SECRET } from '../../fake-pool.ts'
import { hostOf, idOf, poolData } from '../../pool-data.ts'

interface Sent {
  readonly method: string
  readonly path: string
  readonly body: unknown
  readonly schema: unknown
}

/** What is sent, by a client that sends nothing. */
async function sent(ask: (api: PoolApi) => Promise<unknown>): Promise<Sent> {
  const all: Sent[] = []
  const client: ApiClient = {
    ask: async (method, path, schema, body) => {
      all.push({ method, path, schema, body })
      throw new Error('nothing is sent')
    },
    stream: () => Promise.reject(new Error('nothing is sent')),
  }
  await ask(poolApi(client)).catch(() => undefined)
  const [only] = all
  if (!only || all.length > 1) throw new Error(`${all.length} requests`)
  return only
}

async function start(t: ExecutionContext) {
  const manager = await startFakeManager(t, poolData())
  const { url, authority } = manager
  const as = (token: string) => poolApi(apiClient({ url: new URL(url), authority, token }))
  return { manager, api: as(SECRET), as }
}

test('every operation but the stream of events is a function of its own name', (t) => {
  const client: ApiClient = { ask: () => Promise.reject(new Error()), stream: () => Promise.reject(new Error()) }
  const api = new Map<string, object>(Object.entries(poolApi(client)))
  for (const { id } of OPERATIONS.filter((named) => named.operation !== CONTRACT.events.stream)) {
    const [feature = '', name = ''] = id.split('.')
    t.is(typeof new Map(Object.entries(api.get(feature) ?? {})).get(name), 'function', id)
  }
})

test('what the path names is put there, whatever is in it, and nowhere else', async (t) => {
  const { method, path, body } = await sent((api) => api.things.cell({ key: 'nfs:10.0.0.1:/a b/ü?x=%2f#1', ref: 'node01' }))
  t.deepEqual([method, path, body], ['GET', '/things/nfs%3A10.0.0.1%3A%2Fa%20b%2F%C3%BC%3Fx%3D%252f%231/hosts/node01', undefined])
  t.is((await sent((api) => api.users.remove({ name: '../users' }))).path, '/users/..%2Fusers')
})

test('the rest of a look or a removal is its query, in text; none is no question mark', async (t) => {
  t.is((await sent((api) => api.hosts.history({ ref: 'node01', limit: 7 }))).path, '/hosts/node01/history?limit=7')
  t.is((await sent((api) => api.cpu.explain({ from: 'a', to: 'b&c', type: 'pv' }))).path, '/cpu/explain?from=a&to=b%26c&type=pv')
  t.deepEqual(await sent((api) => api.hosts.list()), { method: 'GET', path: '/hosts', body: undefined, schema: CONTRACT.hosts.list.output })
})

test('the rest of all others is their body, and there is one though nothing is in it', async (t) => {
  const changed = await sent((api) => api.hosts.change({ ref: 'node01', name: 'db1', groups: ['a'] }))
  t.deepEqual([changed.method, changed.path, changed.body], ['PATCH', '/hosts/node01', { name: 'db1', groups: ['a'] }])
  const set = await sent((api) => api.boots.set({ ref: 'node01', root: null }))
  t.deepEqual([set.method, set.path, set.body], ['PUT', '/hosts/node01/boot', { root: null }], 'null is said')
  t.deepEqual((await sent((api) => api.hosts.maintain({ ref: 'node01' }))).body, {})
})

test('what is undefined is left out, of a body and of a query', async (t) => {
  t.deepEqual((await sent((api) => api.hosts.approve({ ref: 'node01', seen: undefined }))).body, {})
  t.is((await sent((api) => api.audit.list({ limit: 3, before: undefined }))).path, '/audit?limit=3')
})

test('over a real API: what is sent is taken, and answers are read: JSON, text, and nothing', async (t) => {
  const { manager, api } = await start(t)
  t.deepEqual((await api.hosts.show({ ref: 'node01' })).id, idOf(1))
  t.like(await api.hosts.change({ ref: 'node02', notes: 'two\nlines' }), { notes: 'two\nlines' })
  t.deepEqual((await api.hosts.history({ ref: 'node01', limit: 1 })).entries.length, 1)
  t.is(await api.manager.metrics(), 'hostless_hosts 7\n')
  t.is(await api.tokens.revoke({ id: 'tok1' }), null)
  t.is(await api.alarms.clear({ key: 'duplicate-uuid:00000000-0000-4000-8000-000000000006' }), null)
  t.like(await api.things.show({ key: 'nfs:10.77.0.1:/export/iso' }), { kind: 'nfs' })
  t.deepEqual(
    manager.asked.map(({ id }) => id),
    ['hosts.show', 'hosts.change', 'hosts.history', 'manager.metrics', 'tokens.revoke', 'alarms.clear', 'things.show'],
  )
})

test('what is refused is thrown in the manager’s words, and what is missing has an exit code of its own', async (t) => {
  const { api, as } = await start(t)
  const refusalOf = (asked: Promise<unknown>) => t.throwsAsync(asked, { instanceOf: ApiRefusal })
  const bad = await refusalOf(api.hosts.change({ ref: 'node01', name: 'No Name' }))
  t.regex(bad?.message ?? '', /^name: is no host name: 1 to 63/)
  t.is(bad?.status, 400)
  t.is((await refusalOf(api.hosts.approve({ ref: 'node01' })))?.status, 409)
  t.is((await refusalOf(api.hosts.show({ ref: 'nobody' })))?.exitCode, 4)
  t.is((await refusalOf(as('another').hosts.list()))?.status, 401)
})

/** One of thousands. */
function numbered(at: number): Host {
  const letters = [17_576, 676, 26, 1].map((place) => String.fromCharCode(97 + (Math.floor(at / place) % 26))).join('')
  return hostOf(1, { id: `host${letters.repeat(3)}`, name: `node${String(at).padStart(5, '0')}` })
}

test('a pool of many hosts comes whole, a page at a time', async (t) => {
  const { manager, api } = await start(t)
  manager.pool.hosts.splice(0, Number.POSITIVE_INFINITY, ...Array.from({ length: 2 * MOST_HOSTS + 1 }, (_, at) => numbered(at)))
  t.deepEqual(
    (await everyHost(api)).map(({ name }) => name),
    manager.pool.hosts.map(({ name }) => name),
  )
  t.is(manager.asked.length, 3)
  for (const asked of ['GET /hosts', 'GET /hosts?after=node01']) manager.pool.raw[asked] = { hosts: [hostOf(1)], next: 'node01' }
  t.is((await everyHost(api)).length, 1, 'a manager that always says the same next is not asked for ever')
})

test('members that this hostless does not know are dropped; an answer that it cannot read is a failure', async (t) => {
  const { manager, api } = await start(t)
  manager.pool.raw['GET /hosts'] = { hosts: [{ ...hostOf(1), mood: 'good' }] }
  const [host] = (await api.hosts.list()).hosts
  t.deepEqual(host, hostOf(1))
  manager.pool.raw['GET /hosts'] = { hosts: [{ id: 'x' }] }
  await t.throwsAsync(api.hosts.list(), {
    instanceOf: CommandFailure,
    message: /answer to GET \/hosts cannot be understood at hosts\.0\.id/,
  })
})

test('events come as the contract says them, until nobody listens', async (t) => {
  const { manager, api } = await start(t)
  const ending = new AbortController()
  const events = await api.events(ending.signal)
  manager.tell({ kind: 'sample', host: idOf(1) })
  t.deepEqual((await events.next()).value, { kind: 'sample', host: idOf(1) })
  ending.abort()
  await t.throwsAsync(events.next())
})
