// Orders to boot something else once: what becomes of them between an operator, the database, and appliances that tell late, twice, or not at all.
import test, { type ExecutionContext } from 'ava'
import { ORDER_LIFE } from '../../../manager/appliances/once.ts'
import { CONTRACT } from '../../../manager/contract/contract.ts'
import { bootPlan } from '../../../manager/protocol/appliance.ts'
import { mac as macSchema } from '../../../manager/protocol/values.ts'
import { newHostId } from '../../../manager/store/tables/hosts.ts'
import { ask, macOf, post, pushBoot, type Site, startSite, startTestAgent, told, until } from '../site.ts'
import { onEach } from '../store/dialects.ts'
import { askPlan } from './asking.ts'

const selfOf = (letter: string, tools?: readonly string[]) => ({
  ...{ id: letter.repeat(16), version: '0.1.0', address: '127.0.0.1' },
  ...(tools ? { tools } : {}),
})
const A = selfOf('a', ['memtest'])

async function tell({ address, secret }: Site, path: string, body: object): Promise<void> {
  const { status, text } = await post(address, path, JSON.stringify(body), { authorization: `Bearer ${secret}` })
  if (status !== 204) throw new Error(`${path}: ${status} ${text}`)
}

const { once } = CONTRACT.boots
const showHost = async ({ manager }: Site) => told(manager, CONTRACT.hosts.show, { ref: 'node01' })

async function planned(site: Site) {
  const [host] = bootPlan.parse(JSON.parse((await askPlan(site)).text)).hosts
  return host?.once
}

/** One host, pending unless said otherwise, whose agent is gone again. */
async function withHost(t: ExecutionContext, site: Site): Promise<void> {
  const agent = startTestAgent(t, async () => site.address, await pushBoot(site, macOf(1)), { macs: [macSchema.parse(macOf(1))] })
  await until('the host', () => site.manager.pool.hosts().length === 1)
  await agent.link.close()
}

const historyOf = async (site: Site) => {
  const { entries } = await told(site.manager, CONTRACT.hosts.history, { ref: 'node01' })
  return entries.map(({ who, what }) => `${who}: ${what}`)
}

onEach('an order is in the plan until an appliance tells that it was followed, once, however often it tells', async (t, place) => {
  const site = await startSite(t, place)
  await withHost(t, site)
  await tell(site, '/appliance/attempts', { appliance: A, attempts: [] })
  t.is(await planned(site), undefined)
  const answer = await ask(site.manager, once, { ref: 'node01', what: 'memtest' })
  t.is(answer.kind, 'done', 'a machine that waits may be told so')
  const order = await planned(site)
  t.is(order?.what, 'memtest')
  const shown = (await showHost(site)).once
  t.like(shown, { what: 'memtest', until: order?.until })
  t.is((shown?.until ?? 0) - (shown?.at ?? 0), ORDER_LIFE)

  const followed = [{ id: order?.id ?? '', attempt: newHostId(), mac: macOf(1), what: 'memtest', at: Date.now() }]
  await tell(site, '/appliance/attempts', { appliance: A, attempts: [], followed })
  t.is(await planned(site), undefined)
  t.is((await showHost(site)).once, undefined)
  const next = await ask(site.manager, once, { ref: 'node01', what: 'local' })
  t.is(next.kind, 'done')
  await tell(site, '/appliance/attempts', { appliance: A, attempts: [], followed })
  t.is((await planned(site))?.what, 'local', 'the lost answer is told again, and takes no other order with it')
  t.not((await planned(site))?.id, order?.id)
  const history = await historyOf(site)
  t.is(history.filter((line) => /^appliance: boots memtest86\+, once, now, as user .* has ordered$/.test(line)).length, 1)
  t.regex(history[0] ?? '', /boots local disk, once, at its next boot within 24 h$/)
})

onEach('it is taken back by none, and then a late word of it changes nothing', async (t, place) => {
  const site = await startSite(t, place)
  await withHost(t, site)
  await ask(site.manager, once, { ref: 'node01', what: 'shell' })
  const order = await planned(site)
  t.is((await ask(site.manager, once, { ref: 'node01', what: 'none' })).kind, 'done')
  t.is(await planned(site), undefined)
  t.is((await ask(site.manager, once, { ref: 'node01', what: 'none' })).kind, 'done', 'there is none')
  t.is((await historyOf(site)).filter((line) => /is taken back/.test(line)).length, 1)
  const before = await historyOf(site)
  const followed = [{ id: order?.id ?? '', attempt: newHostId(), mac: macOf(1), what: 'shell', at: Date.now() }]
  await tell(site, '/appliance/attempts', { appliance: A, attempts: [], followed })
  t.deepEqual(await historyOf(site), before)
})

onEach('a manager that restarts has the order; one that is a day old is followed no more, and the history says so', async (t, place) => {
  const clock = { now: Date.now() }
  const settings = { now: () => clock.now }
  const site = await startSite(t, { ...place, settings })
  await withHost(t, site)
  await ask(site.manager, once, { ref: 'node01', what: 'shell' })
  const order = await planned(site)
  await site.manager.close()

  const again = await startSite(t, { ...place, settings, dataDir: site.dataDir })
  t.deepEqual(await planned(again), order)
  clock.now += ORDER_LIFE
  t.is((await showHost(again)).once, undefined, 'at once')
  await again.manager.close()
  const later = await startSite(t, { ...place, settings, dataDir: site.dataDir })
  t.is(await planned(later), undefined)
  await until('the history', async () => (await historyOf(later)).some((line) => /^manager: .*did not boot within 24 h/.test(line)))
})

test('it is refused with a code to a rejected host, where there is no memtest86+, and where the appliance is too old', async (t) => {
  const site = await startSite(t)
  await withHost(t, site)
  const asking = (what: 'local' | 'memtest') => ask(site.manager, once, { ref: 'node01', what })
  await tell(site, '/appliance/attempts', { appliance: selfOf('a', []), attempts: [] })
  t.like(await asking('memtest'), { kind: 'refused', code: 'no-memtest' })
  t.is((await asking('local')).kind, 'done')
  await tell(site, '/appliance/attempts', { appliance: A, attempts: [] })
  t.is((await asking('memtest')).kind, 'done', 'it was installed')
  const boot = { id: newHostId(), mac: macOf(1), started: Date.now(), outcome: 'up', stages: [] }
  await tell(site, '/appliance/boots', { appliance: selfOf('b'), boots: [boot] })
  t.like(await asking('local'), { kind: 'refused', code: 'appliance-too-old' })
  t.is((await planned(site))?.what, 'memtest', 'the one before stays')
  await site.manager.pool.move(site.manager.pool.hosts()[0]?.id ?? '', { kind: 'reject' }, 'admin alice')
  t.like(await asking('local'), { kind: 'refused', code: 'rejected' })
  t.is((await ask(site.manager, once, { ref: 'node01', what: 'none' })).kind, 'done')
  t.is((await ask(site.manager, once, { ref: 'nobody', what: 'local' })).kind, 'missing')
})

onEach('a boot of something else raises no alarm, ends that of a boot before, and is told with its name', async (t, place) => {
  const site = await startSite(t, { enrol: 'auto', ...place })
  await withHost(t, site)
  const { pool } = site.manager
  const stuck = { id: newHostId(), mac: macOf(1), started: Date.now() - 9000, outcome: 'stuck', stages: [] }
  await tell(site, '/appliance/boots', { appliance: A, boots: [stuck] })
  t.like(await pool.alarms(), [{ kind: 'boot-stuck' }])
  const boot = { id: newHostId(), mac: macOf(1), started: Date.now() - 1000, outcome: 'once', once: 'memtest', stages: [] }
  await tell(site, '/appliance/boots', { appliance: A, boots: [boot] })
  t.deepEqual(await pool.alarms(), [])
  const { boots } = await told(site.manager, CONTRACT.boots.list, { ref: 'node01' })
  t.like(boots[0], { outcome: 'once', once: 'memtest' })
})
