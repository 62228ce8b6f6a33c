import { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import test from 'ava'
import { macOf, pushBoot, startSite, startTestAgent, until, uuidOf } from '../site.ts'
import { homeFor } from './operator.ts'
import { startCli } from './started.ts'

test('against a real manager with agents: the first admin, a login, a machine that waits, is approved and comes up', async (t) => {
  const site = await startSite(t)
  const home = await homeFor(t)
  const environment = { HOME: home, XDG_CONFIG_HOME: join(home, '.config') }
  const hostless = async (stdin: string, ...argv: string[]) => {
    const cli = startCli(t, environment, ...argv)
    cli.type(stdin)
    cli.endInput()
    return { code: await cli.ended, out: cli.out(), err: cli.err() }
  }
  const password = 'a long enough password\n'
  const added = await hostless(password, 'user', 'add', 'ada', '--role', 'admin', '--local', '--data-dir', site.dataDir)
  t.deepEqual([added.code, added.out], [0, 'added ada (admin)\n'], added.err)
  const url = `https://127.0.0.1:${site.address.port}`
  const { fingerprint256 } = new X509Certificate(site.address.authority)
  const login = await hostless(password, 'login', url, '--user', 'ada', '--fingerprint', fingerprint256)
  t.is(login.code, 0, login.err)

  for (const index of [1, 2]) {
    const boot = await pushBoot(site, macOf(index))
    startTestAgent(t, async () => site.address, boot, { macs: [macOf(index)], systemUuid: uuidOf(index) })
  }
  await until('two machines that wait', () => site.manager.pool.hosts().filter(({ state }) => state === 'pending').length === 2)
  const listed = await hostless('', 'host', 'list', '--output', 'json')
  t.deepEqual(
    JSON.parse(listed.out).map(({ state }: { state: string }) => state),
    ['pending', 'pending'],
    listed.err,
  )
  const approved = await hostless('', 'host', 'approve', '*', '--output', 'json')
  t.is(approved.code, 0, approved.err)
  const up = await hostless('', 'hostlist')
  t.regex(up.out, /^HOST[\s\S]*node01 [\s\S]*\n2 hosts /, up.err)
  t.is((await hostless('', 'host', 'history', 'node01')).code, 0)
  t.regex((await hostless('', 'audit')).out, /ada/)
  t.is((await hostless('', 'matrix')).code, 0)
  t.is((await hostless('', 'cpu', 'groups')).code, 0)
  t.is((await hostless('', 'logout')).code, 0)
  t.is((await hostless('', 'host', 'list')).code, 2)
})
