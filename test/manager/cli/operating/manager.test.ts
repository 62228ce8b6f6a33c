import test from 'ava'
import { startFakeManager, startNoManager } from '../fake-manager.ts'
import { run } from '../operator.ts'
import { poolData } from '../pool-data.ts'
import { start } from './start.ts'

test('users: passwords come from stdin or unseen from the terminal, twice', async (t) => {
  const { hostless, setting, manager } = await start(t)
  t.is((await run({ ...setting, stdin: 'short' }, 'user', 'add', 'alan')).code, 2)
  t.is((await run({ ...setting, stdin: 'a long enough password' }, 'user', 'add', 'Alan!')).code, 2)
  t.is((await run({ ...setting, stdin: 'a long enough password' }, 'user', 'add', 'alan', '--role', 'operator')).code, 0)
  t.deepEqual(manager.asked.at(-1)?.input, { name: 'alan', role: 'operator', password: 'a long enough password' })
  const unlike = await run({ ...setting, answers: ['a long enough password', 'another long one'] }, 'user', 'password')
  t.deepEqual([unlike.code, manager.asked.at(-1)?.id], [1, 'access.whoami'])
  t.is((await run({ ...setting, stdin: 'a long enough password' }, 'user', 'password', 'grace')).code, 0)
  t.is((await hostless('user role operator grace')).code, 0)
  t.is((await hostless('user role king grace')).code, 2)
  t.is((await hostless('user remove @viewer')).code, 2)
  t.is((await hostless('user remove * --yes')).code, 3)
  t.regex((await hostless('user list @admin')).out, /ada +admin/)
})

test('tokens: the secret is shown once; several are not revoked unasked', async (t) => {
  const { hostless, pool } = await start(t)
  t.regex((await hostless('token issue backup --role viewer --days 30')).out, /Label +backup\n[\s\S]*Secret +new-secret\n/)
  t.is((await hostless('token issue backup --days 0')).code, 2)
  const [first] = pool.tokens
  if (first) pool.tokens.push({ ...first, id: 'tok2' })
  t.is((await hostless('token revoke login')).code, 2)
  t.is((await hostless('token revoke tok2')).code, 0)
})

test('audit fails loudly when the log does not hold together', async (t) => {
  const { hostless, pool } = await start(t)
  t.is((await hostless('audit')).code, 0)
  pool.audit = { ...pool.audit, intact: false, broken: 7 }
  const { code, out, err } = await hostless('audit')
  t.is(code, 1)
  t.regex(out, /approved node01/)
  t.regex(err, /tampered with: entry 7 /)
})

test('audit asks for what was done by whom, to what and when; what is no time is told with what is', async (t) => {
  const { hostless, pool } = await start(t)
  t.is((await hostless('audit --who ada --about node17 --since 2026-11-29T08:00Z --until 2026-11-30')).code, 0)
  const midnight = new Date(2026, 10, 30).getTime()
  t.deepEqual(pool.auditAsked, { limit: 100, who: 'ada', about: 'node17', from: Date.UTC(2026, 10, 29, 8), until: midnight })
  const before = Date.now()
  t.is((await hostless('audit --since 2d')).code, 0)
  const { from = 0 } = pool.auditAsked as { readonly from?: number }
  t.true(from >= before - 2 * 86_400_000 && from <= Date.now() - 2 * 86_400_000)
  for (const wrong of ['yesterday', '2026-13-01', '30.11.2026']) {
    const { code, err } = await hostless(`audit --since ${wrong}`)
    t.is(code, 2)
    t.regex(err, /Say how long ago, as 2h or 3d, or when, as 2026-11-30/)
  }
})

test('a token that is good no more, a manager that is away, a wrong port and another authority are each told apart', async (t) => {
  const { manager, setting } = await start(t)
  const hostless = (changed: { [name: string]: string }) => run({ environment: { ...setting.environment, ...changed } }, 'host', 'list')
  const bad = await hostless({ HOSTLESS_TOKEN: 'another' })
  t.deepEqual(bad, {
    code: 1,
    out: '',
    err: `error: this credential is unknown, expired or revoked (hostless login ${manager.url} gives a new token)\n`,
  })
  const other = await startFakeManager(t, poolData())
  t.regex((await hostless({ HOSTLESS_MANAGER: other.url })).err, /has not signed.*somebody is in between/)
  t.regex((await hostless({ HOSTLESS_MANAGER: await startNoManager(t) })).err, /speaks no TLS/)
  await other.close()
  t.regex((await hostless({ HOSTLESS_MANAGER: other.url })).err, /no manager answers at .*ECONNREFUSED/)
  t.is((await hostless({ HOSTLESS_MANAGER: 'http://127.0.0.1' })).code, 2)
  t.is((await hostless({ HOSTLESS_TOKEN: 'two\nlines' })).code, 2)
})

test('an answer that is not what the schemas say is refused with its place', async (t) => {
  const { hostless, pool } = await start(t)
  const [first] = pool.hosts
  pool.raw['GET /hosts'] = { hosts: [{ ...first, new: 'member' }], also: 'new' }
  t.is(JSON.parse((await hostless('host list --output json')).out)[0].new, undefined)
  pool.raw['GET /hosts'] = { hosts: [{ ...first, state: 'dancing\u001b' }] }
  t.regex((await hostless('host list')).err, /answer to GET \/hosts cannot be understood at hosts\.0\.state \(/)
  pool.raw['GET /hosts'] = 'no object'
  t.is((await hostless('host list')).code, 1)
})

test('every command has a description, examples and the options that say which manager', async (t) => {
  const { hostless } = await start(t)
  for (const line of ['host list', 'host fence', 'storage matrix', 'cpu explain', 'vmlist', 'token issue', 'user add', 'audit']) {
    const { out, code } = await hostless(`${line} --help`)
    t.is(code, 0)
    t.regex(out, /Examples:\n {2}hostless /, line)
    t.regex(out, /--manager <url>/, line)
  }
  const { out } = await hostless('--help')
  for (const word of ['Exit codes:', 'HOSTLESS_TOKEN', "'node[01-20]'", 'partly done']) t.true(out.includes(word), word)
})
