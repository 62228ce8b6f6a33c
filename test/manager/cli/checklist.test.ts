// `hostless checklist` and `hostless boots` against a whole manager that appliances tell of boots.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { startApiSite } from '../doors/api/asking.ts'
import { macOf, post, until } from '../site.ts'
import { run } from './operator.ts'

test('steps tick themselves off as an appliance tells of a machine that never enrols, and its diagnosis stands there', async (t) => {
  const site = await startApiSite(t, {
    settings: { findings: () => [{ check: 'images', subject: 'dom0@1', result: 'ok', seen: 'signed by our key' }] },
  })
  const { address, port, authority } = site.address
  const ca = join(site.dataDir, 'ca.pem')
  await writeFile(ca, authority)
  const environment = {
    HOME: site.dataDir,
    HOSTLESS_MANAGER: `https://${address}:${port}`,
    HOSTLESS_TOKEN: site.tokens.viewer,
    HOSTLESS_CA: ca,
  }
  const list = async (...argv: string[]) => {
    const { code, out, err } = await run({ environment }, ...argv, '--output', 'json')
    t.is(code, 0, err)
    return JSON.parse(out)
  }
  const states = async () => (await list('checklist')).map(({ state }: { readonly state: string }) => state)
  t.deepEqual(await states(), ['done', 'waiting', 'waiting', 'waiting', 'waiting'])
  t.deepEqual(await list('boots'), [])

  const appliance = { id: 'abcdefghijklmnop', version: '0.1.0', address: '10.77.0.1' }
  const tell = async (outcome: 'booting' | 'stuck', more: object) => {
    const stages = [{ stage: 'dhcp', state: 'done', at: Date.now(), detail: '' }]
    const boot = { id: 'bcdefghijklmnopq', mac: macOf(9), started: Date.now(), outcome, stages, ...more }
    const headers = { authorization: `Bearer ${site.secret}` }
    t.is((await post(site.address, '/appliance/boots', JSON.stringify({ appliance, boots: [boot] }), headers)).status, 204)
  }
  await tell('booting', {})
  t.deepEqual(await states(), ['done', 'done', 'done', 'waiting', 'waiting'])
  await tell('stuck', { diagnosis: 'two offers, no REQUEST: this firmware rejects proxy offers' })
  await until('that it is stuck', async () => (await states())[3] === 'failed')
  const steps = await list('checklist')
  t.regex(JSON.stringify(steps[3]), /does not come up.*this firmware rejects proxy offers/)
  t.like((await list('boots'))[0], { host: null, mac: macOf(9), outcome: 'stuck', stage: 'dhcp' })
})
