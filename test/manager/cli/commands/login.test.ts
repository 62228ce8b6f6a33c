import { X509Certificate } from 'node:crypto'
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { startFakeManager } from '../fake-manager.ts'
import { PASSWORD, SECRET } from '../fake-pool.ts'
import { homeFor, run } from '../operator.ts'
import { poolData } from '../pool-data.ts'

async function start(t: ExecutionContext) {
  const manager = await startFakeManager(t, poolData())
  const home = await homeFor(t)
  const environment = { HOME: home }
  return {
    manager,
    home,
    environment,
    file: join(home, '.config/hostless/login.json'),
    fingerprint: new X509Certificate(manager.authority).fingerprint256,
  }
}

test('login shows the fingerprint, asks, and keeps a token that only its user can read; what follows needs no settings', async (t) => {
  const { manager, environment, file, fingerprint } = await start(t)
  const { code, out, err } = await run({ environment, answers: ['yes', 'ada', PASSWORD] }, 'login', manager.url)
  t.is(code, 0, err)
  t.true(err.includes(fingerprint))
  t.regex(out, /^Logged in at https:\/\/127\.0\.0\.1:\d+ as ada \(admin\) until 2027-02-23; kept in /)
  t.is((await stat(file)).mode & 0o777, 0o600)
  t.is((await run({ environment }, 'host', 'list')).code, 0)
  t.is((await run({ environment }, 'logout')).code, 0)
  t.is(manager.requests.at(-1), 'DELETE /api/v1/tokens/tok1')
  const after = await run({ environment }, 'host', 'list', '--manager', manager.url)
  t.regex(after.err, /nothing says which authority/)
})

test('without a terminal login wants the fingerprint, and the password on stdin', async (t) => {
  const { manager, environment, fingerprint } = await start(t)
  const plain = fingerprint.replaceAll(':', '').toLowerCase()
  const login = (...more: string[]) => run({ environment, stdin: PASSWORD }, 'login', manager.url, '--user', 'ada', ...more)
  t.regex((await login()).err, /nobody is there to compare the fingerprint/)
  t.regex((await login('--fingerprint', `${'00'.repeat(32)}`)).err, /another fingerprint.*do not trust it/)
  t.deepEqual(manager.requests, [], 'nothing was sent to a manager that nobody trusts')
  t.is((await login('--fingerprint', plain)).code, 0)
  t.is((await login()).code, 0, 'it is known from then on')
})

test('a no, a wrong password and a manager with another authority than last time are each refused', async (t) => {
  const { manager, environment, fingerprint, file } = await start(t)
  t.is((await run({ environment, answers: ['no'] }, 'login', manager.url)).code, 1)
  const wrong = await run({ environment, stdin: 'not it' }, 'login', manager.url, '--user', 'ada', '--fingerprint', fingerprint)
  t.deepEqual([wrong.code, /wrong user or password/.test(wrong.err)], [1, true])
  await run({ environment, stdin: PASSWORD }, 'login', manager.url, '--user', 'ada', '--fingerprint', fingerprint)
  await manager.close()
  const other = await startFakeManager(t, poolData(), manager.port)
  t.regex((await run({ environment }, 'host', 'list')).err, /has not signed/)
  const again = await run({ environment, answers: ['no'] }, 'login', manager.url, '--user', 'ada')
  t.regex(again.err, /ANOTHER one than at your last login/)
  t.deepEqual(other.requests, [])
  t.is(JSON.parse(await readFile(file, 'utf8')).authority, manager.authority)
})

test('a kept token goes to no other manager', async (t) => {
  const { manager, environment, fingerprint } = await start(t)
  await run({ environment, stdin: PASSWORD }, 'login', manager.url, '--user', 'ada', '--fingerprint', fingerprint)
  const other = await startFakeManager(t, poolData())
  const ca = join(environment.HOME, 'other.pem')
  await writeFile(ca, other.authority)
  const { code, err } = await run({ environment }, 'host', 'list', '--manager', other.url, '--ca', ca)
  t.is(code, 1)
  t.regex(err, /you are not logged in at .* \(you are logged in at /)
  t.deepEqual(other.requests, [])
})

test('a login that others can read is refused', async (t) => {
  const { manager, environment, fingerprint, file } = await start(t)
  await run({ environment, stdin: PASSWORD }, 'login', manager.url, '--user', 'ada', '--fingerprint', fingerprint)
  await chmod(file, 0o640)
  t.regex((await run({ environment }, 'host', 'list')).err, /others may read .*\(mode 640\).*chmod 600/)
  await chmod(file, 0o600)
  await writeFile(file, '{"manager": 1}')
  t.regex((await run({ environment }, 'host', 'list')).err, /is not what hostless login writes/)
})

test("on the manager's own machine the configuration says where it is and whose its certificate is", async (t) => {
  const { manager, environment, home } = await start(t)
  await mkdir(join(home, 'data/keys'), { recursive: true })
  await writeFile(join(home, 'data/keys/manager-ca.pem'), manager.authority)
  await writeFile(join(home, 'hostless.yaml'), `dataDir: ${home}/data\nmanager: { listen: 0.0.0.0:${manager.port} }\n`)
  await writeFile(join(home, 'token'), `${SECRET}\n`)
  const config = ['--config', join(home, 'hostless.yaml')]
  t.is((await run({ environment }, 'host', 'list', ...config, '--token-file', join(home, 'token'))).code, 0)
  t.is((await run({ environment: { ...environment, HOSTLESS_TOKEN: SECRET } }, 'host', 'list', ...config)).code, 0)
  t.is((await run({ environment }, 'host', 'list', '--config', join(home, 'no.yaml'))).code, 2)
  t.regex((await run({ environment }, 'host', 'list')).err, /which manager\? hostless login/)
})

test('logout that cannot reach the manager forgets the token, and says that it is still good', async (t) => {
  const { manager, environment, fingerprint, file } = await start(t)
  await run({ environment, stdin: PASSWORD }, 'login', manager.url, '--user', 'ada', '--fingerprint', fingerprint)
  await manager.close()
  const { code, err } = await run({ environment }, 'logout')
  t.is(code, 1)
  t.regex(err, /forgotten here, but it is good until 2027-02-23: later, hostless token revoke tok1\n {2}because: no manager answers/)
  await t.throwsAsync(stat(file))
})
