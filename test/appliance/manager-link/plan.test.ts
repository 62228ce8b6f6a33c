import test from 'ava'
import { parseConfig } from '../../../appliance/config.ts'
import { KnownPlan, linkToManager } from '../../../appliance/manager-link/main.ts'
import { managerPlace } from '../../../appliance/manager-link/place.ts'
import { readPlanAnswer } from '../../../appliance/manager-link/plan-answer.ts'
import { newAttemptId, openAttemptStore } from '../../../appliance/store/attempts.ts'
import { KeptCaptures } from '../../../appliance/store/captures.ts'
import { openStore } from '../../../appliance/store/database.ts'
import { FollowedOrders } from '../../../appliance/store/followed-orders.ts'
import { applianceId } from '../../../appliance/store/identity.ts'
import { Leases } from '../../../appliance/store/leases.ts'
import { UnpushedTokens } from '../../../appliance/store/unpushed-tokens.ts'
import { AttemptRunner } from '../../../appliance/timeline/runner.ts'
import { newTracker } from '../../../appliance/timeline/tracker.ts'
import { CONTRACT } from '../../../manager/contract/contract.ts'
import { captureRecord } from '../../../manager/protocol/appliance.ts'
import { macOf, pushBoot, startSite, startTestAgent, told, until } from '../../manager/site.ts'
import { ipv4 as ip, mac } from '../boot/plans.ts'
import { script } from '../timeline/boots.ts'
import { collectingLog } from '../wire/collecting-log.ts'

const NODE = mac('52:54:00:77:00:01')
const BARE = mac('52:54:00:77:00:02')

/** An appliance's link and what it stands on, without its servers. */
function applianceAt(dataDir: string, port: number, file: string) {
  const yaml = `dataDir: ${dataDir}\nnetwork: { interface: lo, address: 127.0.0.1/8 }\ndhcp: { mode: off }\nmanager: { address: "127.0.0.1:${port}" }\n`
  const parsed = parseConfig(yaml, 'rack.yaml', {})
  if (parsed.kind === 'refused') throw new Error(JSON.stringify(parsed.problems))
  const { config } = parsed
  const place = managerPlace(config)
  if (!place) throw new Error('the config has a manager')
  const database = openStore(file)
  const tokens = new UnpushedTokens(database, collectingLog().log)
  const store = openAttemptStore(database, tokens)
  const { log, lines } = collectingLog()
  const attempts = new AttemptRunner({
    tracker: newTracker(new Map(), store.load()),
    save: (writes) => store.save(writes),
    now: Date.now,
    newId: newAttemptId,
    log,
  })
  const plan = new KnownPlan(config, database, attempts)
  const leases = new Leases(database)
  const captures = new KeptCaptures(`${dataDir}/captures`, Date.now, log)
  const followed = new FollowedOrders(database, log)
  const tools = { there: [], look: async () => [] }
  const told = { database, plan, tokens, followed, attempts, leases, captures, tools }
  const link = () => linkToManager({ config, place, version: '0.1.0', ...told, log })
  return { database, plan, attempts, leases, captures, link, lines, id: applianceId(database) }
}

test('the appliance knows its hosts as the manager does within seconds, also after a restart without one', async (t) => {
  const site = await startSite(t)
  const { pool } = site.manager
  startTestAgent(t, async () => site.address, await pushBoot(site, macOf(1)), { macs: [macOf(1), macOf(2)] })
  const host = await until('the host', () => pool.hosts()[0])
  const file = `${site.dataDir}/appliance.db`
  const appliance = applianceAt(site.dataDir, site.address.port, file)
  const link = appliance.link()
  await until('the plan', () => appliance.plan.of(NODE)?.name === 'node01')
  await pool.change(host.id, [{ kind: 'rename', name: 'web7' }], 'admin alice')
  await until('the new name', () => appliance.plan.of(BARE)?.name === 'web7')
  await pool.move(host.id, { kind: 'reject' }, 'admin alice')
  await until('that it is rejected', () => appliance.plan.of(NODE)?.standing === 'rejected')

  appliance.leases.commit({ kind: 'bind', subnet: '127.0.0.0/8', mac: NODE, address: ip('127.0.0.9'), expires: Date.now() + 1e6 })
  appliance.attempts.observe(NODE, script())
  const [known] = await until('what the appliance tells', async () => {
    const { appliances: all } = await told(site.manager, CONTRACT.boots.appliances, {})
    return all[0]?.boots === 1 && all[0].leases === 1 && all
  })
  t.like(known, { id: appliance.id, address: '127.0.0.1', version: '0.1.0' })
  t.is(appliance.attempts.views()[0]?.host, 'web7')
  await link.close()
  appliance.database.close()

  const later = applianceAt(site.dataDir, 1, file)
  t.is(later.id, appliance.id)
  t.is(later.plan.of(NODE)?.standing, 'rejected')
  t.is(later.attempts.views()[0]?.host, 'web7')
  later.plan.heed({ hosts: [{ name: 'node09', mac: NODE, maintenance: false }] })
  t.is(later.attempts.views()[0]?.host, 'node09', 'a config that is taken while it runs goes before the plan')
  later.plan.heed({ hosts: [] })
  t.is(later.attempts.views()[0]?.host, 'web7')
  later.database.close()
})

test('an order of a capture is in the plan until the capture is at the manager', async (t) => {
  const site = await startSite(t)
  startTestAgent(t, async () => site.address, await pushBoot(site, macOf(1)), { macs: [macOf(1)] })
  const { id } = await until('the host', () => site.manager.pool.hosts()[0])
  const appliance = applianceAt(site.dataDir, site.address.port, `${site.dataDir}/appliance.db`)
  await appliance.captures.load()
  const link = appliance.link()
  t.teardown(async () => {
    await link.close()
    appliance.database.close()
  })
  await until('the plan', () => appliance.plan.of(NODE)?.name === 'node01')
  t.is(appliance.plan.of(NODE)?.capture, undefined)
  await told(site.manager, CONTRACT.captures.order, { ref: id })
  await until('the order', () => appliance.plan.of(NODE)?.capture === true)
  const times = { began: Date.now() - 1000, ended: Date.now() + 1000 }
  const record = { attempt: 'a'.repeat(16), mac: NODE, known: true, cause: 'ordered', ...times, packets: 3, missed: 0, bytes: 7 }
  await appliance.captures.keep(captureRecord.parse(record), Buffer.from('packets'))
  await until('that it is done', () => appliance.plan.of(NODE) !== undefined && appliance.plan.of(NODE)?.capture === undefined)
  const { captures, orders } = await told(site.manager, CONTRACT.captures.list, {})
  t.like(captures, [{ attempt: 'a'.repeat(16), host: id, hostName: 'node01', cause: 'ordered', appliance: appliance.id, packets: 3 }])
  t.deepEqual(orders, [])
})

test('what is no plan is refused with its reason, and hosts boot by the one before', (t) => {
  const place = { address: ip('127.0.0.1'), port: 8443 }
  const of = (status: number, text: string, etag: string | undefined = '"x"') =>
    readPlanAnswer({ kind: 'answer', status, text, etag }, place)
  t.is(of(200, '{"hosts":[]}').kind, 'plan')
  t.is(of(304, '').kind, 'same')
  for (const text of [
    '',
    '{',
    '[]',
    '{"hosts":[{}]}',
    `{"hosts":[{"macs":[],"name":"\${x}","standing":"known"}]}`,
    '['.repeat(1_000_000),
  ]) {
    const answer = of(200, text)
    t.regex(answer.kind === 'trouble' ? answer.reason : '', /the boot plan of the manager is none/, text.slice(0, 30))
  }
  t.is(readPlanAnswer({ kind: 'answer', status: 200, text: '{"hosts":[]}', etag: undefined }, place).kind, 'trouble')
  t.is(of(500, '{"hosts":[]}').kind, 'trouble')
})
