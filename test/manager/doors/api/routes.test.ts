import test, { type ExecutionContext } from 'ava'
import { problem } from '../../../../manager/contract/problem.ts'
import type { Route } from '../../../../manager/doors/api/route.ts'
import { ROUTES } from '../../../../manager/doors/api/routes.ts'
import { ROLES } from '../../../../manager/protocol/accounts.ts'
import { type Asked, PASSWORD, startApiSite } from './asking.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
const CLOSED = ROUTES.filter(({ role }) => role !== 'open')

/** Of somebody else's things where there are own ones. */
const pathOf = ({ path }: Pick<Route, 'path'>) => path.replace(':ref', 'node01').replace(':name', 'somebody').replace(/:\w+/, 'x')
const named = (route: Route) => `${route.method} ${route.path}`

function isProblem(t: ExecutionContext, { status, headers, text }: Asked, expected: number, what: string): void {
  t.is(status, expected, `${what}: ${text}`)
  t.is(headers['content-type'], 'application/problem+json', what)
  const said = problem.safeParse(JSON.parse(text))
  t.true(said.success && said.data.status === expected && said.data.detail.length > 10, `${what}: ${text}`)
  t.notRegex(text, /node_modules|\.ts\b| {4}at /, what)
}

test('the table has every route of the contract, once', (t) => {
  const all = ROUTES.map(named)
  t.is(new Set(all).size, all.length)
  t.is(all.length, 45)
  t.deepEqual(ROUTES.filter(({ role }) => role === 'open').map(named), ['POST /login', 'POST /first-admin'])
  for (const route of CLOSED.filter(({ method }) => method !== 'GET')) t.true(route.effect === 'changes' || route.path === '/placement')
})

test('every route without a credential, with a garbage, an expired, a revoked one, and one of an ended session, is 401', async (t) => {
  const clock = { now: Date.now() }
  const site = await startApiSite(t, { settings: { now: () => clock.now } })
  const { access } = site.manager
  const issue = async () => {
    const issued = await access.issueToken('admin', 'test', undefined, 1)
    return issued.kind === 'done' ? issued.value : t.fail(issued.reason)
  }
  const expired = await issue()
  clock.now += 25 * 3600_000
  const revoked = await issue()
  const session = await access.signIn('admin', PASSWORD, '127.0.0.1')
  if (!expired || !revoked || session.kind !== 'session') return t.fail()
  await access.revokeToken(revoked.id, { user: 'admin', role: 'admin', by: { kind: 'token', id: 'x' } })
  await access.signOut(session.secret)
  const bad: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['none', {}],
    ['garbage', { authorization: 'Bearer garbage' }],
    ['as long as a token', { authorization: `Bearer ${'x'.repeat(43)}` }],
    ['too long', { authorization: `Bearer ${'x'.repeat(4000)}` }],
    ['another scheme', { authorization: `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}` }],
    ['expired', { authorization: `Bearer ${expired.secret}` }],
    ['revoked', { authorization: `Bearer ${revoked.secret}` }],
    ['a garbage cookie', { cookie: '__Host-hostless=garbage' }],
    ['a session that has ended', { cookie: `__Host-hostless=${session.secret}` }],
    ['a token as a cookie', { cookie: `__Host-hostless=${revoked.secret}` }],
  ]
  for (const route of CLOSED) {
    for (const [what, headers] of bad) {
      const asked = await site.ask(route.method, pathOf(route), { headers, ...(route.method === 'GET' ? {} : { body: '{"x":' }) })
      isProblem(t, asked, 401, `${named(route)}, ${what}`)
      t.is(asked.headers['www-authenticate'], 'Bearer')
    }
  }
  t.deepEqual((await access.auditTrail(10)).entries, [], 'strangers do not fill the disk')
})

/** From one address, before what is refused is only counted. */
const WRITTEN_ONE_BY_ONE = 20

test('every route with each role too low is 403, says what it takes, does nothing, and is in the audit log if it would change something', async (t) => {
  let site = await startApiSite(t)
  let written = 0
  for (const route of CLOSED) {
    if (route.role === 'open') continue
    for (const role of ROLES.slice(0, ROLES.indexOf(route.role))) {
      if (written === WRITTEN_ONE_BY_ONE) {
        site = await startApiSite(t)
        written = 0
      }
      if (route.effect !== 'asks') written += 1
      const before = (await site.manager.access.auditTrail(1)).entries[0]?.seq ?? 0
      const asked = await site.as(role)(route.method, pathOf(route), route.method === 'GET' ? undefined : '{"x":')
      isProblem(t, asked, 403, `${named(route)} as ${role}`)
      t.regex(asked.text, new RegExp(`takes the role ${route.role}, and you are ${role}`))
      const [last] = (await site.manager.access.auditTrail(1)).entries
      if (route.effect === 'asks') t.is(last?.seq ?? 0, before)
      else t.like(last, { seq: before + 1, who: role, peer: '127.0.0.1' }, named(route))
    }
  }
})

test('every path with each wrong method is 405 with what it takes, and every unknown path 404, but to strangers both are 401', async (t) => {
  const site = await startApiSite(t)
  const paths = new Set(ROUTES.map((route) => route.path))
  for (const path of paths) {
    const taken = ROUTES.filter((route) => route.path === path).flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
    for (const method of METHODS.filter((one) => !taken.includes(one))) {
      const asked = await site.as('admin')(method, pathOf({ path }))
      t.is(asked.status, 405, `${method} ${path}`)
      t.is(asked.headers.allow, taken.join(', '), `${method} ${path}`)
      t.is((await site.ask(method, pathOf({ path }))).status, 401, `${method} ${path}`)
    }
  }
  for (const path of ['/nowhere', '/', '/hosts/', '/Hosts', '/hosts/node01/explode', '/../users', '/hosts/..%2f..%2fusers', '/__proto__']) {
    t.is((await site.ask('GET', path)).status, 401, path)
    const asked = await site.as('admin')('GET', path)
    t.true(asked.status === 404 || asked.status === 400, `${path}: ${asked.status}`)
  }
  t.is((await site.ask('GET', '/hosts/%zz')).status, 401)
  isProblem(t, await site.as('admin')('GET', '/hosts/%zz'), 400, 'a path that is no UTF-8')
})

test('the description has every route with its role, its answers, and the one form of refusal', async (t) => {
  const site = await startApiSite(t)
  const { status, text } = await site.as('viewer')('GET', '/openapi.json')
  t.is(status, 200)
  const { paths, openapi } = JSON.parse(text)
  t.is(openapi, '3.1.0')
  const described = Object.entries<Record<string, object>>(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  )
  t.deepEqual(described.sort(), ROUTES.map((route) => named(route).replace(/:(\w+)/g, '{$1}')).sort())
  t.like(paths['/hosts/{ref}'].patch, {
    description: 'Takes the role operator.',
    parameters: [{ name: 'ref', in: 'path', required: true }],
  })
  t.truthy(paths['/hosts/{ref}'].patch.requestBody.content['application/json'].schema.properties.groups)
  t.deepEqual(paths['/login'].post.security, [])
  t.truthy(paths['/audit'].get.responses.default.content['application/problem+json'].schema)
})
