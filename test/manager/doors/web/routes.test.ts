// Every page route is asked without a session, with every role that may not, and from another site. The table below is written by hand:
// a route that is added without saying here who may come fails.
import test from 'ava'
import { ROLES, type Role } from '../../../../manager/protocol/accounts.ts'
import { idOf } from './fake-hosts.ts'
import { fakePool } from './fake-pool.ts'
import { ask, type PageServer, post, startPages } from './page-server.ts'

const MAY: Readonly<Record<string, Role | 'anyone'>> = {
  'GET /signin': 'anyone',
  'POST /signin': 'anyone',
  'POST /signin/code': 'anyone',
  'GET /signin/oidc': 'anyone',
  'GET /signin/oidc/back': 'anyone',
  'POST /signout': 'viewer',
  'GET /first-admin': 'anyone',
  'POST /first-admin': 'anyone',
  'GET /': 'viewer',
  'GET /matrix': 'viewer',
  'GET /rows': 'viewer',
  'GET /cell': 'viewer',
  'GET /pool-now': 'viewer',
  'GET /live': 'viewer',
  'GET /pending': 'viewer',
  'GET /pending/list': 'viewer',
  'POST /hosts/admit': 'operator',
  'GET /hosts/:ref': 'viewer',
  'GET /hosts/:ref/now': 'viewer',
  'GET /hosts/:ref/records': 'viewer',
  'GET /hosts/:ref/measures': 'viewer',
  'POST /hosts/:ref/change': 'operator',
  'POST /hosts/:ref/boot': 'operator',
  'POST /hosts/:ref/once': 'operator',
  'POST /hosts/:ref/approve': 'operator',
  'POST /hosts/:ref/reject': 'admin',
  'POST /hosts/:ref/cordon': 'operator',
  'POST /hosts/:ref/uncordon': 'operator',
  'POST /hosts/:ref/maintain': 'operator',
  'POST /hosts/:ref/resume': 'operator',
  'POST /hosts/:ref/fence': 'admin',
  'POST /hosts/:ref/release': 'operator',
  'GET /hosts/:ref/evacuate': 'operator',
  'GET /hosts/:ref/evacuate/plan': 'operator',
  'POST /hosts/:ref/evacuate': 'operator',
  'GET /hosts/:ref/bring-home': 'operator',
  'GET /hosts/:ref/bring-home/plan': 'operator',
  'POST /hosts/:ref/bring-home': 'operator',
  'GET /boots': 'viewer',
  'GET /boots/list': 'viewer',
  'GET /checklist': 'viewer',
  'GET /checklist/list': 'viewer',
  'GET /guests': 'viewer',
  'GET /guests/list': 'viewer',
  'POST /guests/choose': 'operator',
  'POST /guests/start': 'operator',
  'POST /guests/stop': 'operator',
  'POST /guests/destroy': 'operator',
  'GET /guests/new': 'operator',
  'POST /guests/where': 'operator',
  'POST /guests': 'operator',
  'GET /guests/:ref': 'viewer',
  'GET /guests/:ref/now': 'viewer',
  'GET /guests/:ref/console': 'viewer',
  'GET /guests/:ref/console-log': 'viewer',
  'GET /guests/:ref/measures': 'viewer',
  'GET /guests/:ref/move': 'operator',
  'GET /guests/:ref/move/plan': 'operator',
  'POST /guests/:ref/move': 'operator',
  'POST /guests/:ref/start': 'operator',
  'POST /guests/:ref/stop': 'operator',
  'POST /guests/:ref/reboot': 'operator',
  'POST /guests/:ref/pause': 'operator',
  'POST /guests/:ref/unpause': 'operator',
  'POST /guests/:ref/destroy': 'operator',
  'GET /networks': 'viewer',
  'GET /storage': 'viewer',
  'GET /things': 'viewer',
  'GET /vm-images': 'viewer',
  'POST /vm-images/verify': 'operator',
  'POST /vm-images/remove': 'operator',
  'GET /cpu': 'viewer',
  'GET /alarms': 'viewer',
  'GET /alarms/list': 'viewer',
  'POST /alarms/acknowledge': 'operator',
  'GET /notifications': 'operator',
  'GET /notifications/list': 'operator',
  'POST /notifications/set': 'admin',
  'POST /notifications/switch': 'admin',
  'POST /notifications/test': 'operator',
  'POST /notifications/remove': 'admin',
  'GET /site': 'viewer',
  'GET /site/connections': 'viewer',
  'GET /site/hosts': 'viewer',
  'POST /site/connect': 'operator',
  'POST /site/disconnect': 'operator',
  'POST /site/properties': 'admin',
  'GET /tasks': 'viewer',
  'GET /tasks/list': 'viewer',
  'GET /tasks/:id': 'viewer',
  'GET /tasks/:id/now': 'viewer',
  'POST /tasks/:id/cancel': 'operator',
  'GET /automations': 'viewer',
  'GET /automations/:id': 'viewer',
  'GET /automations/:id/now': 'viewer',
  'POST /automations/:id/abort': 'operator',
  'POST /automations/:id/rate': 'operator',
  'POST /automations/:id/resume': 'operator',
  'POST /automations/:id/retry-undo': 'operator',
  'GET /account': 'viewer',
  'POST /account/password': 'viewer',
  'POST /account/second-factor': 'viewer',
  'POST /account/second-factor/confirm': 'viewer',
  'POST /account/second-factor/end': 'viewer',
  'POST /users/:name/second-factor': 'admin',
  'POST /tokens': 'viewer',
  'POST /tokens/revoke': 'viewer',
  'GET /users': 'admin',
  'POST /users': 'admin',
  'POST /users/:name/role': 'admin',
  'POST /users/:name/password': 'admin',
  'POST /users/:name/remove': 'admin',
  'GET /audit': 'admin',
}

const pool = fakePool(4)
/** Each route is asked by strangers, again and again. */
const OFTEN = { perSecond: 1000, burst: 10_000 }
let server: PageServer
test.before(async () => {
  server = await startPages(pool, { rates: { principal: OFTEN, stranger: OFTEN } })
})
test.after.always(() => server.close())

const pathOf = (path: string) => path.replace(':ref', idOf(0)).replace(':name', 'vera')
const routes = Object.entries(MAY).map(([route, role]) => {
  const [method = '', path = ''] = route.split(' ')
  return { route, method, path: pathOf(path), role }
})

test.serial('the table of routes is the one that this file expects', (t) => {
  t.deepEqual(Object.fromEntries(server.pages.routes.map(({ method, path, role }) => [`${method} ${path}`, role])), MAY)
})

for (const { route, method, path, role } of routes.filter((one) => one.role !== 'anyone')) {
  test.serial(`${route} without a session: to the sign-in, or 401`, async (t) => {
    const kind = server.pages.routes.find((one) => `${one.method} ${one.path}` === route)?.kind
    for (const cookie of [
      '',
      '__Host-hostless=wrong',
      `__Host-hostless=${'a'.repeat(43)}`,
      `hostless=${(await server.session('admin')).cookie}`,
    ]) {
      const headers = { origin: server.origin, 'sec-fetch-site': 'same-origin', ...(cookie ? { cookie } : {}) }
      const { status, headers: answered } = await ask(server, path, { method, headers })
      if (kind === 'page') {
        t.is(status, 303)
        t.regex(String(answered.location), /^\/signin/)
      } else t.is(status, 401)
    }
    t.deepEqual(pool.calls, [])
  })

  for (const wrong of ROLES.slice(0, ROLES.indexOf(role === 'anyone' ? 'viewer' : role))) {
    test.serial(`${route} as ${wrong}: 403, and nothing is done`, async (t) => {
      const session = await server.session(wrong)
      const { status } =
        method === 'POST' ? await post(server, path, session) : await ask(server, path, { headers: { cookie: session.cookie } })
      t.is(status, 403)
      t.deepEqual(pool.calls, [])
    })
  }
}

for (const { route, path } of routes.filter(({ method }) => method === 'POST')) {
  test.serial(`${route} from another site, or without its token: 403, and nothing is done`, async (t) => {
    const session = await server.session('admin')
    const fields = { user: 'alice', password: 'x', role: 'viewer', proof: 'it is off', key: 'k' }
    const from: readonly Readonly<Record<string, string>>[] = [
      { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'none' },
      { origin: 'null' },
      { origin: server.origin.replace('https', 'http') },
    ]
    for (const headers of from) {
      const body = new URLSearchParams({ csrf: session.csrf, ...fields }).toString()
      const { status } = await ask(server, path, { method: 'POST', headers: { cookie: session.cookie, ...headers }, body })
      t.is(status, 403, JSON.stringify(headers))
    }
    const isOpen = MAY[route] === 'anyone'
    for (const csrf of ['', 'wrong', (await server.session('viewer')).csrf]) {
      if (!isOpen) t.is((await post(server, path, { ...session, csrf }, fields)).status, 403)
    }
    t.deepEqual(pool.calls, [])
  })
}

test.serial('every page has the headers that keep scripts, frames and referrers out', async (t) => {
  const { cookie } = await server.session('admin')
  for (const { path } of routes.filter(({ method, path: of }) => method === 'GET' && of !== '/live')) {
    const { headers } = await ask(server, path, { headers: { cookie } })
    t.regex(String(headers['content-security-policy']), /default-src 'self'.*frame-ancestors 'none'/, path)
    t.notRegex(String(headers['content-security-policy']), /unsafe/)
    t.is(headers['x-content-type-options'], 'nosniff')
    t.is(headers['referrer-policy'], 'same-origin')
    t.is(headers['cache-control'], 'no-store')
  }
})

test.serial('a page has neither a script nor a style of its own', async (t) => {
  const { cookie } = await server.session('admin')
  for (const { path } of routes.filter(({ method, path: of }) => method === 'GET' && of !== '/live')) {
    const { text } = await ask(server, path, { headers: { cookie } })
    t.notRegex(text, /<script(?![^>]* src=)|<style|\sstyle=|\son\w+=|javascript:/i, path)
  }
})

test.serial('a viewer finds no button that only others may press', async (t) => {
  const [viewer, admin] = [await server.session('viewer'), await server.session('admin')]
  for (const path of ['/', '/pending', `/hosts/${idOf(0)}`]) {
    const forms = (text: string) => [...text.matchAll(/action="(\/hosts\/[^"]*)"/g)].map(([, action]) => action)
    t.deepEqual(forms((await ask(server, path, { headers: { cookie: viewer.cookie } })).text), [], path)
    t.not(forms((await ask(server, path, { headers: { cookie: admin.cookie } })).text).length, 0, path)
  }
})

test.serial('a form of 65 kB is refused, and so are paths that are none', async (t) => {
  const session = await server.session('admin')
  t.is((await post(server, `/hosts/${idOf(1)}/change`, session, { name: 'node0002', groups: '', notes: 'x'.repeat(70_000) })).status, 413)
  t.is((await ask(server, '/hosts/nobody', { headers: { cookie: session.cookie } })).status, 404)
  t.is((await ask(server, '/assets/../server.ts', { headers: { cookie: session.cookie } })).status, 404)
  t.is((await ask(server, '/HOSTS/x', { headers: { cookie: session.cookie } })).status, 404)
})
