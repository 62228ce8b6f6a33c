import test, { type ExecutionContext } from 'ava'
import { OPERATIONS } from '../../../../manager/contract/contract.ts'
import { methodOf, pathOf } from '../../../../manager/contract/operation.ts'
import { problem } from '../../../../manager/contract/problem.ts'
import { ROLES } from '../../../../manager/protocol/accounts.ts'
import { type Asked, PASSWORD, startApiSite } from './asking.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
const ALL = OPERATIONS.map(({ operation }) => operation)
const CLOSED = ALL.filter(({ role }) => role !== 'open')

/** Of somebody else's things where there are own ones. */
const schemaOf = (name: string) => ({ $ref: `#/components/schemas/${name}` })
const filled = (path: string) => path.replace(':ref', 'node01').replace(':name', 'somebody').replace(/:\w+/, 'x')

function isProblem(t: ExecutionContext, { status, headers, text }: Asked, expected: number, what: string): void {
  t.is(status, expected, `${what}: ${text}`)
  t.is(headers['content-type'], 'application/problem+json', what)
  const said = problem.safeParse(JSON.parse(text))
  t.true(said.success && said.data.status === expected && said.data.detail.length > 10, `${what}: ${text}`)
  t.notRegex(text, /node_modules|\.ts\b| {4}at /, what)
}

test('every operation has a route of its own, and two take no credential', (t) => {
  t.is(ALL.length, 124)
  t.deepEqual(
    ALL.filter(({ role }) => role === 'open').map(({ http }) => http),
    ['POST /login', 'POST /first-admin'],
  )
})

test('every route without a credential, with a garbage, an expired, a revoked one, and one of an ended session, is 401', async (t) => {
  const clock = { now: Date.now() }
  const site = await startApiSite(t, { settings: { now: () => clock.now } })
  const { access } = site.manager
  const issue = async () => {
    const issued = await access.issueToken('admin', { label: 'test', days: 1 })
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
  for (const operation of CLOSED) {
    for (const [what, headers] of bad) {
      const method = methodOf(operation)
      const asked = await site.ask(method, filled(pathOf(operation)), { headers, ...(method === 'GET' ? {} : { body: '{"x":' }) })
      isProblem(t, asked, 401, `${operation.http}, ${what}`)
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
  for (const operation of CLOSED) {
    const { role: takes, http, did } = operation
    if (takes === 'open') continue
    for (const role of ROLES.slice(0, ROLES.indexOf(takes))) {
      if (written === WRITTEN_ONE_BY_ONE) {
        site = await startApiSite(t)
        written = 0
      }
      if (did) written += 1
      const before = (await site.manager.access.auditTrail(1)).entries[0]?.seq ?? 0
      const method = methodOf(operation)
      const path = filled(pathOf(operation))
      const asked = await site.as(role)(method, path, method === 'GET' ? undefined : '{"x":')
      isProblem(t, asked, 403, `${http} as ${role}`)
      t.regex(asked.text, new RegExp(`takes the role ${takes}, and you are ${role}`))
      const [last] = (await site.manager.access.auditTrail(1)).entries
      if (!did) {
        t.is(last?.seq ?? 0, before)
        continue
      }
      t.like(last, { seq: before + 1, who: role, peer: '127.0.0.1' }, http)
      t.regex(last?.what ?? '', new RegExp(`: refused \\(403\\): this takes the role ${takes}, and you are ${role}$`))
    }
  }
})

test('every path with each wrong method is 405 with what it takes, and every unknown path 404, but to strangers both are 401', async (t) => {
  const site = await startApiSite(t)
  const paths = new Set(ALL.map(pathOf))
  for (const path of paths) {
    const taken = ALL.filter((operation) => pathOf(operation) === path)
      .map(methodOf)
      .flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
    for (const method of METHODS.filter((one) => !taken.includes(one))) {
      const asked = await site.as('admin')(method, filled(path))
      t.is(asked.status, 405, `${method} ${path}`)
      t.is(asked.headers.allow, taken.join(', '), `${method} ${path}`)
      t.is((await site.ask(method, filled(path))).status, 401, `${method} ${path}`)
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

test('the description has every route with its name, its role, its answers by name, and the one form of refusal', async (t) => {
  const site = await startApiSite(t)
  const { status, text } = await site.as('viewer')('GET', '/openapi.json')
  t.is(status, 200)
  const { paths, openapi, components } = JSON.parse(text)
  t.is(openapi, '3.1.0')
  const described = Object.entries<Record<string, object>>(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  )
  t.deepEqual(described.sort(), ALL.map(({ http }) => http.replace(/:(\w+)/g, '{$1}')).sort())
  t.like(paths['/hosts/{ref}'].patch, {
    description: 'Takes the role operator.',
    parameters: [{ name: 'ref', in: 'path', required: true }],
  })
  t.truthy(paths['/hosts/{ref}'].patch.requestBody.content['application/json'].schema.properties.groups)
  t.deepEqual(paths['/login'].post.security, [])
  t.deepEqual(paths['/audit'].get.responses.default.content['application/problem+json'].schema, schemaOf('Problem'))
  t.deepEqual(Object.keys(paths['/hosts/{ref}/maintain'].post.responses), '200 400 401 403 404 409 413 415 429 default'.split(' '))
  t.deepEqual(Object.keys(paths['/hosts/{ref}'].get.responses), '200 400 401 404 409 429 default'.split(' '))
  t.truthy(paths['/hosts/{ref}'].get.responses['200'].headers.ETag)
  t.deepEqual(Object.keys(paths['/vms/{ref}/spec'].put.responses), '202 400 401 403 404 409 412 413 415 422 429 default'.split(' '))
  const takes = (operation: { readonly parameters: readonly { readonly in: string; readonly name: string }[] }) =>
    operation.parameters.flatMap(({ in: place, name }) => (place === 'header' ? [name] : []))
  t.deepEqual(takes(paths['/vms/{ref}/spec'].put), ['Idempotency-Key', 'Hostless-Automation', 'If-Match'])
  t.is(paths['/hosts/{ref}/maintain'].post.requestBody, undefined, 'nothing but its path is taken')
  t.deepEqual(Object.keys(paths['/alarms/{key}'].delete.responses['204']), ['description'])
  t.deepEqual(paths['/metrics'].get.responses['200'].content, { 'text/plain': { schema: { type: 'string' } } })

  const operations = Object.values<Record<string, { readonly operationId: string }>>(paths).flatMap((path) => Object.values(path))
  t.deepEqual(operations.map(({ operationId }) => operationId).sort(), OPERATIONS.map(({ id }) => id).sort())
  const named = [
    'Alarm',
    'AnyBootAttempt',
    'Automation',
    'AutomationDetail',
    'BootAttempt',
    'BootCapture',
    'BootCaptureOrder',
    'Connection',
    'EvacuationPlan',
    'Event',
    'Guest',
    'HomecomingPlan',
    'Host',
    'LongTask',
    'Matrix',
    'Measures',
    'MigrationPlan',
    'Move',
    'Network',
    'NotificationTarget',
    'Problem',
    'Rebuilt',
    'SecondFactor',
    'StartedAutomation',
    'Task',
    'Thing',
    'Token',
    'User',
    'Vg',
    'Vm',
    'VmChange',
    'VmDetail',
    'VmImage',
    'VmImageUpload',
  ]
  t.deepEqual(Object.keys(components.schemas).sort(), named)
  for (const name of named) t.true(text.includes(`"$ref":"#/components/schemas/${name}"`), name)
  t.deepEqual(paths['/hosts/{ref}'].get.responses['200'].content['application/json'].schema, schemaOf('Host'))
  t.deepEqual(paths['/hosts'].get.responses['200'].content['application/json'].schema.properties.hosts.items, schemaOf('Host'))
  t.deepEqual(paths['/events'].get.responses['200'].content['text/event-stream'].schema, schemaOf('Event'))
})
