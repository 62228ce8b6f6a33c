// Real agents as child processes, kept running by the image's own run-agent, as init does it in dom0.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { bundleAgent, bundleVersion } from '../../../images/agent-bundle/build.ts'
import type { AgentBundle } from '../../../manager/reconcile/agent-versions.ts'
import { dataDirFor, macOf, pushBoot, type Site, startSite, until } from '../../manager/site.ts'

const ROOT = new URL('../../../', import.meta.url).pathname
const PATIENCE = 90_000

const bundleOf = (text: string, version: string | undefined): AgentBundle => ({
  version: version ?? '',
  bytes: Buffer.from(text),
  sha256: createHash('sha256').update(text).digest('hex'),
})

interface Dom0 {
  readonly folder: string
  /** Version of the image's agent. */
  readonly own: string
  /** Whether the appliance tells where the manager is. */
  tellManager: boolean
}

/** A dom0 as far as its agent sees it, with version 1.0.0 in its image; `chosen`: already upgraded, and the manager not to be found. */
async function bootDom0(t: ExecutionContext, site: Site, chosen?: AgentBundle): Promise<Dom0> {
  const folder = await dataDirFor(t)
  if (chosen) {
    await writeFile(join(folder, `agent-${chosen.sha256}.mjs`), chosen.bytes)
    await writeFile(join(folder, 'agent.chosen'), `${chosen.sha256}\n`)
  }
  const boot = await pushBoot(site, macOf(1))
  const text = await bundleAgent(ROOT, '1.0.0')
  await writeFile(join(folder, 'agent.mjs'), text)
  const dom0: Dom0 = { folder, own: bundleVersion(text) ?? 'none', tellManager: !chosen }
  const appliance = createServer((request, response) => {
    if (dom0.tellManager && request.url === `/manager/${boot.attempt}`) response.end(JSON.stringify(site.address))
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => appliance.listen(0, '127.0.0.1', resolve))
  t.teardown(() => appliance.close())
  const bound = appliance.address()
  const port = typeof bound === 'object' && bound ? bound.port : 0
  await writeFile(
    join(folder, 'boot'),
    `attempt='${boot.attempt}'\ntoken='${boot.token}'\nserver='127.0.0.1:${port}'\nname='node01'\nmac='525400770001'\n`,
  )
  const script = join(ROOT, 'images/dom0/root/usr/lib/hostless/run-agent')
  const init = spawn('sh', ['-c', `while :; do sh ${script}; done`], {
    env: {
      ...process.env,
      HOSTLESS_RUN: folder,
      HOSTLESS_AGENT: join(folder, 'agent.mjs'),
      HOSTLESS_NODE: process.execPath,
      HOSTLESS_PAUSE: '0',
      HOSTLESS_PROBATION: chosen ? '2' : '60',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
    detached: true,
  })
  t.teardown(() => {
    if (init.pid !== undefined) process.kill(-init.pid, 'SIGKILL')
  })
  return dom0
}

const agentOf = (site: Site): string | undefined => site.manager.pool.hosts()[0]?.connection?.agent
const alarmsOf = async (site: Site): Promise<string> => (await site.manager.pool.alarms()).map(({ text }) => text).join('\n')

test('an agent fetches the version of its manager, hands over, and the same host is back without a token', async (t) => {
  t.timeout(PATIENCE * 2)
  const text = await bundleAgent(ROOT, '2.0.0')
  const bundle = bundleOf(text, bundleVersion(text))
  const site = await startSite(t, { enrol: 'auto', settings: { bundle } })
  const { folder } = await bootDom0(t, site)
  await until('the new version', () => agentOf(site) === bundle.version, PATIENCE)
  const { pool } = site.manager
  t.is(pool.hosts().length, 1)
  const history = await pool.history(pool.hosts()[0]?.id ?? '')
  t.is(history.filter(({ what }) => what.startsWith('enrolled')).length, 1)
  t.is((await stat(join(folder, 'agent.identity'))).mode & 0o777, 0o600)
  t.is(await readFile(join(folder, 'agent.chosen'), 'utf8'), `${bundle.sha256}\n`)
  t.is(await alarmsOf(site), '')
})

test('a bundle that does not start takes nobody’s place', async (t) => {
  t.timeout(PATIENCE * 2)
  const bundle = bundleOf('this is no JavaScript', '3.0.0+aaaaaaaaaaaa')
  const site = await startSite(t, { enrol: 'auto', settings: { bundle } })
  const { folder, own } = await bootDom0(t, site)
  await until('the alarm', async () => /node01: its agent stays 1\.0\.0.* does not start on this host/.test(await alarmsOf(site)), PATIENCE)
  t.is(agentOf(site), own)
  await t.throwsAsync(access(join(folder, 'agent.chosen')))
  await t.throwsAsync(access(join(folder, `agent-${bundle.sha256}.mjs`)))
})

test('a bundle that dies three times is dropped for the image’s own agent, and the manager offers it no more', async (t) => {
  t.timeout(PATIENCE * 2)
  const text =
    "import { appendFileSync } from 'node:fs'\nimport { dirname } from 'node:path'\nif (process.argv.includes('--self-test')) process.exit(0)\nappendFileSync(dirname(process.argv[2]) + '/starts', 'x')\nprocess.exit(1)\n"
  const bundle = bundleOf(text, '3.0.0+bbbbbbbbbbbb')
  const site = await startSite(t, { enrol: 'auto', settings: { bundle } })
  const { folder, own } = await bootDom0(t, site)
  await until('the alarm', async () => /died on it three times .* offered to no host any more/.test(await alarmsOf(site)), PATIENCE)
  t.is(agentOf(site), own)
  t.is(await readFile(join(folder, 'starts'), 'utf8'), 'xxx')
  t.is(await readFile(join(folder, 'agent.dropped'), 'utf8'), `${bundle.sha256}\n`)
  await t.throwsAsync(access(join(folder, 'agent.chosen')))
})

test('a version that lives but finds no manager gives way, is tried once more, and is dropped', async (t) => {
  t.timeout(PATIENCE * 3)
  const text = await bundleAgent(ROOT, '2.0.0')
  const bundle = bundleOf(text, bundleVersion(text))
  const site = await startSite(t, { enrol: 'auto', settings: { bundle } })
  const dom0 = await bootDom0(t, site, bundle)
  const says = async (name: string): Promise<boolean> =>
    (await readFile(join(dom0.folder, name), 'utf8').catch(() => '')) === `${bundle.sha256}\n`
  await until('its first end', () => says('agent.suspect'), PATIENCE)
  dom0.tellManager = true
  await until('the image’s own agent', () => agentOf(site) === dom0.own, PATIENCE)
  dom0.tellManager = false
  await until('its second end', () => says('agent.dropped'), PATIENCE)
  dom0.tellManager = true
  await until('the alarm', async () => /found no manager from it: .* offered to no host any more/.test(await alarmsOf(site)), PATIENCE)
  t.is(agentOf(site), dom0.own)
  await t.throwsAsync(access(join(dom0.folder, 'agent.chosen')))
  await t.throwsAsync(access(join(dom0.folder, 'agent.suspect')))
})
