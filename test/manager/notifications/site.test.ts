// Notifications of a whole manager: what happens in its pool comes to receivers on loopback.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { CONTRACT } from '../../../manager/contract/contract.ts'
import { messageSchema } from '../../../manager/notifications/message.ts'
import type { RaisedAlarm } from '../../../manager/store/tables/alarms.ts'
import { ask, type Site, startSite, told, until } from '../site.ts'
import { identityFor, type Posted, startMail, startWeb, status } from './receivers.ts'

const { notifications } = CONTRACT
const FAST = { gather: 100, between: 300, again: 20 }
const SECRET = 'a secret of signatures'
const PASSWORD = 'a password of the mail server'

const start = (t: ExecutionContext, pace = FAST) => startSite(t, { settings: { notifications: pace } })

const alarm = (index: number, changed: Partial<RaisedAlarm> = {}): RaisedAlarm => ({
  ...{ kind: 'path-failed', about: String(index), text: `path ${index} of node01 has failed` },
  ...changed,
})

const messageIn = ({ body }: Posted) => {
  const { schema: _schema, version: _version, ...message } = JSON.parse(body)
  return messageSchema.parse(message)
}
const eventsIn = (posts: readonly Posted[]) => posts.flatMap((post) => messageIn(post).events)
const hook = (site: Site, url: string, changed: object = {}) =>
  told(site.manager, notifications.set, { name: 'chat', kind: 'webhook', url, ...changed })

test('an alarm is told once, and that it is over; what came before the target did is not', async (t) => {
  const [site, web] = [await start(t), await startWeb(t)]
  const { pool } = site.manager
  await pool.alarm(alarm(0))
  t.like(await hook(site, web.url, { secret: SECRET }), { state: 'working', waiting: 0, signed: true })
  await pool.alarm(alarm(1))
  await pool.alarm(alarm(1))
  await until('the alarm', () => web.posts.length > 0)
  t.true(await pool.clearAlarm('path-failed 1', 'manager'))
  await until('that it is over', () => web.posts.length > 1)
  t.deepEqual(
    eventsIn(web.posts).map(({ state, severity, subject }) => [state, severity, subject]),
    [
      ['raised', 'warning', 'path-failed 1'],
      ['resolved', 'warning', 'path-failed 1'],
    ],
  )
  t.regex(messageIn(web.posts[0] as Posted).site, /^https:\/\/127\.0\.0\.1:\d+$/)
  t.regex(String(web.posts[0]?.headers['hostless-signature']), /^v1=[0-9a-f]{64}$/)
  await until('the state', async () => (await told(site.manager, notifications.show, { name: 'chat' })).sent !== undefined)
})

test('a storm of 1,000 alarms is a few digests at most, by mail and by webhook, and each alarm is counted', async (t) => {
  const [site, web, mail] = [await start(t, { gather: 2_000, between: 3_000, again: 20 }), await startWeb(t), await startMail(t)]
  await hook(site, web.url)
  const to = { host: '127.0.0.1', port: mail.port, tls: 'none' as const, from: 'rack@example.com', to: ['ops@example.com'] }
  await told(site.manager, notifications.set, { name: 'ops', kind: 'smtp', ...to })
  await Promise.all(Array.from({ length: 1000 }, (_, index) => site.manager.pool.alarm(alarm(index))))
  const counted = () => web.posts.map(messageIn).reduce((sum, { events, more }) => sum + events.length + more, 0)
  await until('all of them', () => counted() >= 1000, 60_000)
  await until('the mail', () => mail.mails.length > 0)
  t.is(counted(), 1000)
  t.true(web.posts.length <= 10, String(web.posts.length))
  t.true(mail.mails.length <= 10, String(mail.mails.length))
  t.regex(mail.mails.map(({ data }) => data).join(), /events: \d+ warning, \d+ more/)
})

test('a receiver that refuses is asked three times and no more, says so at the target and by an alarm, and goes on after a test', async (t) => {
  const [site, web] = [await start(t), await startWeb(t, status(401))]
  const { pool } = site.manager
  await hook(site, web.url)
  await pool.alarm(alarm(1))
  const show = () => told(site.manager, notifications.show, { name: 'chat' })
  const stopped = await until('that it is stopped', async () => {
    const target = await show()
    return target.state === 'stopped' && target
  })
  t.regex(stopped.error ?? '', /^http:\/\/127\.0\.0\.1:\d+ answers 401 Unauthorized$/)
  const open = await until('the alarm', async () => (await pool.alarms()).find(({ kind }) => kind === 'notification-failed'))
  t.regex(open.text, /notifications to chat do not arrive: .* hostless notification test chat/)
  await pool.alarm(alarm(2))
  await new Promise((resolve) => setTimeout(resolve, 1000))
  t.is(web.posts.length, 3)
  t.is(new Set(web.posts.map(({ headers }) => headers['hostless-id'])).size, 1, 'a repeat has the id of what it repeats')
  t.is((await show()).waiting, 2)

  t.like(await ask(site.manager, notifications.test, { name: 'chat' }), { kind: 'refused', code: 'not-sent' })
  t.like(await ask(site.manager, notifications.test, { name: 'chat' }), { kind: 'refused', status: 429 })
  web.answers(status(200))
  await until('a test that is taken', async () => (await ask(site.manager, notifications.test, { name: 'chat' })).kind === 'done')
  await until('all that had waited', async () => (await show()).waiting === 0)
  const said = eventsIn(web.posts.slice(3)).map(({ subject }) => subject)
  t.true(
    ['path-failed 1', 'path-failed 2', 'test'].every((subject) => said.includes(subject)),
    String(said),
  )
  await until('no alarm', async () => !(await pool.alarms()).some(({ kind }) => kind === 'notification-failed'))
})

test('a receiver that does not answer keeps nothing from the others, nor the manager from ending', async (t) => {
  const [site, web, hanging] = [await start(t), await startWeb(t), await startWeb(t, () => undefined)]
  await told(site.manager, notifications.set, { name: 'hanging', kind: 'webhook', url: hanging.url })
  await hook(site, web.url)
  for (const index of [1, 2, 3]) {
    await site.manager.pool.alarm(alarm(index))
    await until(`alarm ${index}`, () => eventsIn(web.posts).length === index)
  }
  t.is(hanging.posts.length, 1)
  const began = performance.now()
  await site.manager.close()
  t.true(performance.now() - began < 5000)
})

test('nothing secret is on disk as it is, in an answer, in the audit log, or in what is refused', async (t) => {
  const [site, identity] = [await start(t), await identityFor(t)]
  const mail = await startMail(t, { identity, tls: 'implicit', login: { ways: 'PLAIN', user: 'rack', password: PASSWORD } })
  const wish = {
    host: '127.0.0.1',
    port: mail.port,
    tls: 'implicit',
    user: 'rack',
    password: PASSWORD,
    authority: identity.authority,
  } as const
  const answers = [
    await ask(site.manager, notifications.set, { name: 'ops', kind: 'smtp', ...wish, from: 'rack@example.com', to: ['ops@example.com'] }),
    await ask(site.manager, notifications.set, { name: 'chat', kind: 'webhook', url: 'http://127.0.0.1:1/T0SECRETPATH', secret: SECRET }),
    await ask(site.manager, notifications.set, { name: 'chat', url: 'ftp://127.0.0.1/T0SECRETPATH' }),
    await ask(site.manager, notifications.set, { name: 'ops', host: 'localhost' }),
    await ask(site.manager, notifications.test, { name: 'ops' }),
    await ask(site.manager, notifications.test, { name: 'chat' }),
    await ask(site.manager, notifications.list, {}),
  ]
  t.deepEqual(
    answers.map(({ kind }) => kind),
    ['done', 'done', 'refused', 'refused', 'done', 'refused', 'done'],
  )
  t.is(mail.mails.length, 1)
  const trail = await site.manager.access.auditTrail(50)
  const sentences = trail.entries.map(({ what }) => what)
  t.true(
    sentences.some((what) => what.includes('url http://127.0.0.1:1/…, another secret')),
    sentences.join('\n'),
  )
  const files = (await readdir(site.dataDir)).filter((name) => name.startsWith('manager.db'))
  const disk = await Promise.all(files.map((name) => readFile(join(site.dataDir, name), 'latin1')))
  const all = [JSON.stringify(answers), JSON.stringify(trail), ...disk].join('\n')
  for (const secret of [SECRET, PASSWORD, 'T0SECRETPATH']) t.false(all.includes(secret), secret)
})

test('one that is switched off hears nothing of what happens meanwhile; one that is removed is gone', async (t) => {
  const [site, web] = [await start(t), await startWeb(t)]
  await hook(site, web.url)
  await hook(site, web.url, { state: 'off' })
  await site.manager.pool.alarm(alarm(1))
  await hook(site, web.url, { state: 'on' })
  await site.manager.pool.alarm(alarm(2))
  await until('the second', () => web.posts.length > 0)
  t.deepEqual(
    eventsIn(web.posts).map(({ subject }) => subject),
    ['path-failed 2'],
  )
  await told(site.manager, notifications.remove, { name: 'chat' })
  t.like(await ask(site.manager, notifications.show, { name: 'chat' }), { kind: 'missing' })
  t.like(await ask(site.manager, notifications.remove, { name: 'chat' }), { kind: 'missing' })
})
