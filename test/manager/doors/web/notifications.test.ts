// Who is told without looking, by forms.
import test from 'ava'
import { fakePool } from './fake-pool.ts'
import { ask, post, startPages } from './page-server.ts'

async function start(t: { teardown(end: () => Promise<void>): void }) {
  const pool = fakePool(4)
  const server = await startPages(pool)
  t.teardown(() => server.close())
  return { calls: pool.calls, server }
}

test('targets are shown with what they are told and why it does not arrive; an operator may test, and an admin set', async (t) => {
  const { server } = await start(t)
  const [operator, admin] = [await server.session('operator'), await server.session('admin')]
  const { text } = await ask(server, '/notifications', { headers: { cookie: operator.cookie } })
  t.regex(text, /chat<\/bdi>.*https:\/\/hooks\.example\.com\/….*class="bad">does not arrive: nothing more is tried/s)
  t.regex(text, /answers 401 Unauthorized.*3 events not told yet/s)
  t.regex(text, /action="\/notifications\/test"/)
  t.notRegex(text, /action="\/notifications\/(set|remove|switch)"/)
  const whole = await ask(server, '/notifications', { headers: { cookie: admin.cookie } })
  t.regex(whole.text, /action="\/notifications\/set".*action="\/notifications\/set"/s)
  const alarms = await ask(server, '/alarms', { headers: { cookie: operator.cookie } })
  t.regex(alarms.text, /href="\/notifications"/)
  t.notRegex(
    (await ask(server, '/alarms', { headers: { cookie: (await server.session('viewer')).cookie } })).text,
    /href="\/notifications"/,
  )
})

test('an admin sets, switches, tests and removes; what is left empty is not said, and no secret is in a log', async (t) => {
  const { calls, server } = await start(t)
  const session = await server.session('admin')
  const mail = { name: 'night', kind: 'smtp', to: 'a@example.com, b@example.com', from: 'r@example.com', host: 'mail', port: '25', tls: '' }
  const form = { ...mail, user: 'rack', password: 'very secret', severity: 'info', topics: 'boots', authority: '' }
  t.is((await post(server, '/notifications/set', session, form)).headers.location, '/notifications')
  t.is((await post(server, '/notifications/switch', session, { name: 'ops', state: 'off' })).status, 303)
  t.is((await post(server, '/notifications/test', session, { name: 'ops' })).status, 303)
  t.is((await post(server, '/notifications/remove', session, { name: 'ops' })).status, 303)
  const [set, ...others] = calls
  t.deepEqual(JSON.parse(set?.slice('notification '.length) ?? ''), {
    ...{ name: 'night', kind: 'smtp', to: ['a@example.com', 'b@example.com'], from: 'r@example.com', host: 'mail', port: 25 },
    ...{ user: 'rack', password: 'very secret', severity: 'info', topics: ['boots'] },
  })
  t.deepEqual(others, ['notification {"name":"ops","state":"off"}', 'test ops', 'remove notification ops'])
  const trail = JSON.stringify([await server.access.auditTrail(100), server.lines])
  t.regex(trail, /send a test message to notification target ops/)
  t.false(trail.includes('very secret'))
})

test('what a receiver does not take, and what is none, is refused with its reason', async (t) => {
  const { server } = await start(t)
  const session = await server.session('admin')
  const refused = await post(server, '/notifications/test', session, { name: 'chat' })
  t.deepEqual([refused.status, /did not arrive: it answers 401/.test(refused.text)], [409, true])
  t.is((await post(server, '/notifications/remove', session, { name: 'nobody' })).status, 404)
  t.is((await post(server, '/notifications/switch', session, { name: 'ops', state: 'perhaps' })).status, 400)
  t.is((await post(server, '/notifications/set', session, { name: 'No Name', kind: 'smtp' })).status, 400)
})
