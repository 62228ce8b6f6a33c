// The routes of the REST API, each with what it answers.
import { z } from 'zod'
import { audit, issuedToken, principal, type Role, token, user } from '../../../api/schema-access.ts'
import {
  type BootSettings,
  bootAttempt,
  guest,
  type HostAction,
  type HostActionBody,
  type HostChange,
  historyEntry,
  host,
} from '../../../api/schema-hosts.ts'
import {
  alarm,
  appliance,
  cpuExplanation,
  cpuPool,
  localStorage,
  matrix,
  type PlacementAsk,
  type PoolEvent,
  placement,
  thing,
  thingDetail,
} from '../../../api/schema-pool.ts'
import { type NewSiteConnection, siteConnection, siteProperties, task } from '../../../api/schema-site.ts'
import { inventory } from '../../../protocol/inventory.ts'
import { type ApiClient, NOTHING } from './client.ts'
import { poolEvents } from './events.ts'

export type PoolApi = ReturnType<typeof poolApi>

/** `ref`: id or name of a host. Everything rejects with a CommandFailure. */
export function poolApi(client: ApiClient) {
  const one = encodeURIComponent
  const get = <Answer>(path: string, schema: z.ZodType<Answer>) => client.ask('GET', path, schema)
  return {
    whoami: () => get('/whoami', principal),
    login: (name: string, password: string, label: string, days: number) =>
      client.ask('POST', '/login', issuedToken, { user: name, password, label, days }),

    hosts: async () => (await get('/hosts', z.object({ hosts: z.array(host) }))).hosts,
    inventory: (ref: string) => get(`/hosts/${one(ref)}/inventory`, inventory),
    history: async (ref: string, limit: number) =>
      (await get(`/hosts/${one(ref)}/history?limit=${limit}`, z.object({ entries: z.array(historyEntry) }))).entries,
    boots: async (ref: string) => (await get(`/hosts/${one(ref)}/boots`, z.object({ boots: z.array(bootAttempt) }))).boots,
    changeHost: (ref: string, change: HostChange) => client.ask('PATCH', `/hosts/${one(ref)}`, host, change),
    actOnHost: (ref: string, action: HostAction, given: HostActionBody = {}) =>
      client.ask('POST', `/hosts/${one(ref)}/${action}`, host, given),
    setBoot: (ref: string, settings: BootSettings) => client.ask('PUT', `/hosts/${one(ref)}/boot`, host, settings),

    tasks: async () => (await get('/manager/tasks', z.object({ tasks: z.array(task) }))).tasks,
    appliances: async () => (await get('/appliances', z.object({ appliances: z.array(appliance) }))).appliances,
    guests: async () => (await get('/guests', z.object({ guests: z.array(guest) }))).guests,

    matrix: () => get('/matrix', matrix),
    things: async () => (await get('/things', z.object({ things: z.array(thing) }))).things,
    thing: (key: string) => get(`/things/${one(key)}`, thingDetail),
    scan: (key: string) => client.ask('POST', `/things/${one(key)}/scan`, thingDetail),
    localStorage: async () => (await get('/local-storage', z.object({ hosts: z.array(localStorage) }))).hosts,
    place: (ask: PlacementAsk) => client.ask('POST', '/placement', placement, ask),

    cpu: () => get('/cpu', cpuPool),
    explainCpu: (from: string, to: string, type: string) =>
      get(`/cpu/explain?from=${one(from)}&to=${one(to)}&type=${one(type)}`, cpuExplanation),

    alarms: async () => (await get('/alarms', z.object({ alarms: z.array(alarm) }))).alarms,
    clearAlarm: (key: string) => client.ask('DELETE', `/alarms/${one(key)}`, NOTHING),

    connections: async () => (await get('/connections', z.object({ connections: z.array(siteConnection) }))).connections,
    connect: (connection: NewSiteConnection) => client.ask('POST', '/connections', siteConnection, connection),
    disconnect: (id: string) => client.ask('DELETE', `/connections/${one(id)}`, siteConnection),
    properties: () => get('/properties', siteProperties),
    setProperties: (text: string) => client.ask('PUT', '/properties', siteProperties, { text }),

    users: async () => (await get('/users', z.object({ users: z.array(user) }))).users,
    addUser: (name: string, password: string, role: Role) => client.ask('POST', '/users', user, { name, password, role }),
    changeUser: (name: string, change: { readonly password?: string; readonly role?: Role }) =>
      client.ask('PATCH', `/users/${one(name)}`, user, change),
    removeUser: (name: string) => client.ask('DELETE', `/users/${one(name)}`, NOTHING),

    tokens: async () => (await get('/tokens', z.object({ tokens: z.array(token) }))).tokens,
    issueToken: (label: string, role: Role | undefined, days: number) =>
      client.ask('POST', '/tokens', issuedToken, { label, days, ...(role ? { role } : {}) }),
    revokeToken: (id: string) => client.ask('DELETE', `/tokens/${one(id)}`, NOTHING),

    audit: (limit: number, before: number | undefined) =>
      get(`/audit?limit=${limit}${before === undefined ? '' : `&before=${before}`}`, audit),

    /** Until the manager ends them or `signal` aborts; then they throw. */
    events: async (signal: AbortSignal): Promise<AsyncGenerator<PoolEvent, void>> => poolEvents(await client.stream('/events', signal)),
  }
}
