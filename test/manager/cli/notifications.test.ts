// `hostless notification …` against a whole manager, with receivers on loopback.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { startApiSite } from '../doors/api/asking.ts'
import { identityFor, startMail, startWeb, status } from '../notifications/receivers.ts'
import { run } from './operator.ts'

const PASSWORD = 'a password of the mail server'

async function start(t: ExecutionContext) {
  const site = await startApiSite(t)
  const { address, port, authority } = site.address
  const ca = join(site.dataDir, 'ca.pem')
  await writeFile(ca, authority)
  const environment = (role: 'admin' | 'operator') => ({
    HOME: site.dataDir,
    HOSTLESS_MANAGER: `https://${address}:${port}`,
    HOSTLESS_TOKEN: site.tokens[role],
    HOSTLESS_CA: ca,
  })
  const as =
    (role: 'admin' | 'operator') =>
    (argv: readonly string[], stdin = '') =>
      run({ environment: environment(role), stdin }, 'notification', ...argv)
  return { site, hostless: as('admin'), operator: as('operator') }
}

test('by mail: set with a password from stdin, tested, shown without what is secret, changed in part, removed', async (t) => {
  const { site, hostless, operator } = await start(t)
  const identity = await identityFor(t)
  const mail = await startMail(t, { identity, tls: 'starttls', login: { ways: 'PLAIN', user: 'rack', password: PASSWORD } })
  const pem = join(site.dataDir, 'mail.pem')
  await writeFile(pem, identity.authority)
  const where = [
    '--mail',
    `127.0.0.1:${mail.port}`,
    '--user',
    'rack',
    '--authority',
    pem,
    '--from',
    'rack@example.com',
    '--to',
    'ops@example.com',
  ]
  const set = await hostless(['set', 'ops', ...where], PASSWORD)
  t.deepEqual([set.code, /is told of alarms, automations, boots, from warning on/.test(set.out)], [0, true], set.err)
  t.is((await hostless(['set', 'ops', '--severity', 'critical', '--topics', 'boots'])).code, 0)
  const tested = await operator(['test', 'ops'])
  t.deepEqual([tested.code, mail.mails.length], [0, 1], tested.err)
  t.regex(mail.mails[0]?.data ?? '', /Subject: \[Hostless\] test: notification/)
  const shown = await operator(['show', 'ops', '--output', 'json'])
  t.regex(shown.out, /"severity": ?"critical"/)
  const listed = await operator(['list', '--output', 'json'])
  t.like(JSON.parse(listed.out)[0], { name: 'ops', kind: 'smtp', state: 'working', topics: 'boots', waiting: 0, error: null })
  const audit = (await site.manager.access.auditTrail(50)).entries.map(({ what }) => what).join('\n')
  t.regex(
    audit,
    /tell notification target ops: kind smtp, host 127\.0\.0\.1, .*user rack, .*to ops@example\.com, another password, another authority/,
  )
  t.notRegex([set, tested, shown, listed].map(({ out, err }) => out + err).join() + audit, /a password of the mail/)
  t.is((await operator(['remove', 'ops'])).code, 1, 'an operator may not')
  t.is((await hostless(['remove', 'ops'])).code, 0)
  t.is((await hostless(['test', 'ops'])).code, 4)
})

test('by webhook: its URL is asked for, and said to nobody; what does not arrive is said with its reason', async (t) => {
  const { hostless } = await start(t)
  const web = await startWeb(t, status(403))
  t.is((await hostless(['set', 'chat', '--webhook'], web.url)).code, 0)
  const failed = await hostless(['test', 'chat'])
  t.is(failed.code, 1)
  t.regex(failed.out, /the test message did not arrive: http:\/\/127\.0\.0\.1:\d+ answers 403/)
  t.notRegex(failed.out + (await hostless(['list', '--output', 'json'])).out, /T0SECRETPATH/)
  t.is((await hostless(['set', 'both', '--webhook', 'https://x.example', '--mail', 'm'])).code, 2)
  t.is((await hostless(['set', 'none'])).code, 1)
  t.is((await hostless(['set', 'bad', '--mail', ':25'])).code, 2)
  t.is((await hostless(['set', 'bad', '--mail', 'm', '--authority', '/not/there'])).code, 2)
})
