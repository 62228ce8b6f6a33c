// Requests to the API of a site over real TLS, as a program or a browser makes them.
import { Agent, request } from 'node:https'
import type { ExecutionContext } from 'ava'
import { OPERATIONS } from '../../../../manager/contract/contract.ts'
import { type PoolEvent, poolEvent } from '../../../../manager/contract/events.ts'
import { methodOf, pathOf } from '../../../../manager/contract/operation.ts'
import { refusalsOf } from '../../../../manager/doors/openapi.ts'
import type { Role } from '../../../../manager/protocol/accounts.ts'
import type { ManagerSettings } from '../../../../manager/settings.ts'
import { RELAXED, type Site, startSite } from '../../site.ts'

export interface Asked {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly text: string
}

export interface Question {
  readonly token?: string
  /** An object is sent as JSON, a string as it is. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface ApiSite extends Site {
  readonly ask: (method: string, path: string, question?: Question) => Promise<Asked>
  /** As a user of this role, all of whose requests are let through. */
  readonly as: (role: Role) => (method: string, path: string, body?: unknown) => Promise<Asked>
  readonly tokens: Readonly<Record<Role, string>>
}

const DESCRIBED = OPERATIONS.map(({ operation }) => ({
  method: methodOf(operation),
  path: new RegExp(`^${pathOf(operation).replace(/:\w+/g, '[^/]+')}$`),
  refusals: new Set<number>(refusalsOf(operation)),
}))

/** Whether the description of the API has this answer: each that any test gets is looked at. */
function isDescribed(method: string, path: string, status: number): boolean {
  const of = method === 'HEAD' ? 'GET' : method
  const [described] = DESCRIBED.filter((one) => one.method === of && one.path.test(path.split('?', 1)[0] ?? ''))
  return status < 400 || status >= 500 || described === undefined || described.refusals.has(status)
}

const CHEAP = { cost: { N: 16, r: 8, p: 1 }, rates: { account: RELAXED, peer: RELAXED } }
export const PASSWORD = 'correct horse battery'

export const detailOf = ({ text }: { readonly text: string }): string => JSON.parse(text).detail

/** With the users viewer, operator and admin, and a token of each. */
export async function startApiSite(
  t: ExecutionContext,
  changed: { readonly settings?: ManagerSettings; readonly enrol?: 'approve' | 'auto'; readonly keepTasks?: number } = {},
): Promise<ApiSite> {
  const settings = { passwords: CHEAP, apiRates: { principal: RELAXED, stranger: RELAXED }, ...changed.settings }
  const site = await startSite(t, { ...changed, settings })
  const { access } = site.manager
  const agent = new Agent({ ca: site.address.authority, keepAlive: true })
  t.teardown(() => agent.destroy())
  const issue = async (role: Role): Promise<string> => {
    await access.addUser(role, PASSWORD, role)
    const issued = await access.issueToken(role, { label: 'test', days: 1 })
    if (issued.kind !== 'done') throw new Error(issued.reason)
    return issued.value.secret
  }
  const tokens = { viewer: await issue('viewer'), operator: await issue('operator'), admin: await issue('admin') }
  const ask: ApiSite['ask'] = async (method, path, question) => {
    const asked = await askOver(agent, site, method, path, question)
    if (!isDescribed(method, path, asked.status)) t.fail(`${method} ${path} answers ${asked.status}, which its description has not`)
    return asked
  }
  const as: ApiSite['as'] = (role) => (method, path, body) =>
    ask(method, path, { token: tokens[role], ...(body === undefined ? {} : { body }) })
  return { ...site, ask, as, tokens }
}

function askOver(agent: Agent, site: Site, method: string, path: string, question: Question = {}): Promise<Asked> {
  const { address, port } = site.address
  const { token, body, headers = {} } = question
  const sent = body === undefined ? undefined : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const given = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(sent ? { 'content-type': 'application/json' } : {}),
    ...(sent && !headers['transfer-encoding'] ? { 'content-length': String(sent.length) } : {}),
    ...headers,
  }
  return new Promise((resolve, reject) => {
    const asked = request({ host: address, port, agent, method, path: `/api/v1${path}`, headers: given }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString('utf8') }),
      )
    })
    asked.on('error', (error: NodeJS.ErrnoException) => {
      // It had been closed as idle.
      if (asked.reusedSocket && error.code === 'ECONNRESET') askOver(agent, site, method, path, question).then(resolve, reject)
      else reject(error)
    })
    asked.end(sent)
  })
}

export interface Stream {
  readonly events: readonly PoolEvent[]
  readonly ended: () => boolean
  readonly status: () => number
}

/** To the events of a pool, as they come. */
export function listen(
  t: ExecutionContext,
  { address: { address, port, authority } }: Site,
  headers: Readonly<Record<string, string>>,
): Stream {
  const events: PoolEvent[] = []
  let [rest, status, ended] = ['', 0, false]
  const asked = request({ host: address, port, path: '/api/v1/events', ca: authority, agent: false, headers }, (response) => {
    status = response.statusCode ?? 0
    response.on('data', (chunk: Buffer) => {
      const blocks = (rest + chunk.toString('utf8')).split('\n\n')
      rest = blocks.pop() ?? ''
      for (const block of blocks) {
        const [, kind, data] = /^(?:id: \S+\n)?event: (\S+)\ndata: (.*)$/.exec(block) ?? []
        if (data !== undefined) events.push(poolEvent.parse({ ...JSON.parse(data), kind }))
      }
    })
    response.on('close', () => {
      ended = true
    })
  })
  asked.on('error', () => {
    ended = true
  })
  asked.end()
  t.teardown(() => asked.destroy())
  return { events, ended: () => ended, status: () => status }
}
