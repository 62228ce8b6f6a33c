// Second factors on the command line.
import { X509Certificate } from 'node:crypto'
import test from 'ava'
import { CODE, PASSWORD } from '../fake-pool.ts'
import { homeFor, run } from '../operator.ts'
import { start } from './start.ts'

test('totp enable shows the secret once, asks for a code, and shows the recovery codes', async (t) => {
  const { setting, pool } = await start(t)
  const { code, out, err } = await run({ ...setting, answers: [PASSWORD, CODE] }, 'user', 'totp', 'enable')
  t.is(code, 0, err)
  t.regex(out, /Secret +JBSWY3DPEHPK3PXP\n/)
  t.regex(out, /AAAA-BBBB-CCCC-EEEE/)
  t.regex(err, /shown this once/)
  t.is(pool.factor.state, 'on')
  t.regex((await run(setting, 'user', 'totp', 'show')).out, /Second factor +on\nRecovery codes left +2/)
  const ended = await run({ ...setting, answers: [PASSWORD, CODE] }, 'user', 'totp', 'disable')
  t.is(ended.code, 0, ended.err)
  t.is(pool.factor.state, 'off')
})

test('without a terminal it is begun, and confirmed by a command of its own', async (t) => {
  const { setting, hostless, pool } = await start(t)
  const begun = await run({ ...setting, stdin: PASSWORD }, 'user', 'totp', 'enable')
  t.is(begun.code, 0, begun.err)
  t.regex(begun.err, /hostless user totp confirm CODE/)
  t.is((await hostless('user totp confirm 000000')).code, 1)
  t.is(pool.factor.state, 'begun')
  t.is((await hostless(`user totp confirm ${CODE}`)).code, 0)
  t.is((await run({ ...setting, stdin: PASSWORD }, 'user', 'totp', 'disable')).code, 2)
  t.is((await run({ ...setting, stdin: PASSWORD }, 'user', 'totp', 'disable', '--code', CODE)).code, 0)
})

test('totp reset is asked about, and done for those that are named', async (t) => {
  const { setting, hostless, manager } = await start(t)
  t.is((await hostless('user totp reset grace')).code, 2)
  t.is((await run({ ...setting, answers: ['no'] }, 'user', 'totp', 'reset', 'grace')).code, 1)
  t.is((await hostless('user totp reset grace --yes')).code, 0)
  t.deepEqual(manager.asked.at(-1), { id: 'secondFactor.reset', input: { name: 'grace' } })
})

test('login asks for a code where there is one, or takes it by --code', async (t) => {
  const { manager, pool } = await start(t)
  pool.factor = { state: 'on', recoveryCodes: 2 }
  const environment = { HOME: await homeFor(t) }
  const fingerprint = new X509Certificate(manager.authority).fingerprint256
  const login = ['login', manager.url, '--user', 'ada', '--fingerprint', fingerprint]
  t.is((await run({ environment, answers: [PASSWORD, CODE] }, ...login)).code, 0)
  const wrong = await run({ environment, answers: [PASSWORD, '000000'] }, ...login)
  t.deepEqual([wrong.code, /the code is wrong/.test(wrong.err)], [1, true])
  const nobody = await run({ environment, stdin: PASSWORD }, ...login)
  t.is(nobody.code, 1)
  t.regex(nobody.err, /a code is needed, too: say it with --code/)
  t.is((await run({ environment, stdin: PASSWORD }, ...login, '--code', CODE)).code, 0)
})
