// The page in a whole manager: real users, a real host that enrols and reports, by the real operations.
import test from 'ava'
import { macOf, pushBoot, startSite, startTestAgent, until, uuidOf } from '../../site.ts'
import { ask, PASSWORD, post } from './page-server.ts'

test('a machine that enrols is pending on the page, is approved there, and then is up', async (t) => {
  const site = await startSite(t)
  const { access, gateway } = site.manager
  const server = { port: gateway.port, origin: `https://127.0.0.1:${gateway.port}` }
  const code = (await access.firstAdminCode()) ?? ''
  const fields = new URLSearchParams({ code, user: 'alice', password: PASSWORD }).toString()
  const begun = await ask(server, '/first-admin', {
    method: 'POST',
    headers: { origin: server.origin, 'sec-fetch-site': 'same-origin' },
    body: fields,
  })
  t.is(begun.status, 303)
  const cookie = String(begun.headers['set-cookie']).split(';')[0] ?? ''
  const csrf = (await access.bySession(cookie.split('=')[1] ?? ''))?.by
  t.is(csrf?.kind, 'session')

  const boot = await pushBoot(site, macOf(1))
  startTestAgent(t, async () => site.address, boot, { macs: [macOf(1)], systemUuid: uuidOf(1) })
  const see = async (path: string) => (await ask(server, path, { headers: { cookie } })).text
  const id = await until('the machine on the page', async () => /id="p-([a-z2-7]{16})"/.exec(await see('/'))?.[1])
  t.regex(await see('/pending'), new RegExp(macOf(1)))
  const session = { cookie, csrf: csrf?.kind === 'session' ? csrf.csrf : '' }
  t.is((await post(server, `/hosts/${id}/approve`, session)).status, 303)
  await until('the host up', async () => new RegExp(`id="h-${id}" class="up"`).test(await see('/')))
  for (const path of [`/hosts/${id}`, '/networks', '/storage', '/cpu', '/alarms', '/account', '/users', '/audit']) {
    t.is((await ask(server, path, { headers: { cookie } })).status, 200, path)
  }
  t.regex(await see('/audit'), /approve host/)
})
