import type { ExecutionContext } from 'ava'
import { GuestUpkeep } from '../../../../../manager/automations/guests/upkeep/upkeep.ts'
import { refused } from '../../../automation/scripted.ts'
import { running } from '../../../claims/hosts.ts'
import { hostIn } from '../../../hosts/conditions.ts'
import { until } from '../../../site.ts'
import { onEach } from '../../../store/dialects.ts'
import { plannerOn } from '../plan-rig.ts'
import { node, rigAt } from '../rig.ts'

const uuidOf = (number: number) => `6b1f0000-0000-4000-8000-0000000000${10 + number}`
const HOST = { uuid: null, ...hostIn('up'), since: 0, groups: '[]', notes: '', created: 0, serial: null, product: null, claim: null }
const ATTEMPT = { mac: '52:54:00:00:00:01', uuid: null, address: '10.0.0.1', token_hash: 'x', expires: 0, spent_for: null }

const MAKING = {
  ...{ id: uuidOf(9), guest: uuidOf(0), vdev: 'xvda', host: 'a', vg_name: 'data', vg_uuid: 'x', size_bytes: 1, generation: 1 },
  ...{ access: 'read-write', state: 'making', image: null },
}

/** Guests of host a, by their numbers: all of them were brought to run at 1000; their host has booted at 5000. */
async function start(t: ExecutionContext, place: Parameters<typeof rigAt>[1], specs: readonly object[], most = 4) {
  const rig = await rigAt(t, place, [node('a')])
  const { store, automations } = rig
  let now = 10_000
  await store.write(async (transaction) => {
    await transaction
      .insertInto('attempts')
      .values({ id: 'boot2', spent: 5000, ...ATTEMPT })
      .execute()
    await transaction
      .insertInto('hosts')
      .values({ id: 'a', name: 'a', attempt: 'boot2', ...HOST })
      .execute()
    for (const [number, spec] of specs.entries()) {
      const name = `web${number}`
      const row = { uuid: uuidOf(number), name, host: 'a', power: 'on', since: 1000, created: 0, created_by: 'alice' }
      await transaction
        .insertInto('guests')
        .values({ ...row, spec: JSON.stringify({ name, memory: '1G', ...spec }) })
        .execute()
    }
  })
  const planner = plannerOn(rig)
  const alarms = new Map<string, string>()
  const pool = {
    host: (id: string) => ({ ...rig.hosts.get(id), inventory: { revision: 1, at: 6000 } }),
    knownInventory: (id: string) => rig.hosts.get(id)?.inventory,
    subscribe: () => () => undefined,
    learn: async () => undefined,
    alarms: async () => [...alarms].map(([key]) => ({ key, kind: key.split(' ')[0] })),
    alarm: async ({ kind, about, text }: { kind: string; about: string; text: string }) => void alarms.set(`${kind} ${about}`, text),
    clearAlarm: async (key: string) => alarms.delete(key),
  } as never
  const open = () => {
    const upkeep = new GuestUpkeep({
      ...{ store, pool, automations, plans: planner.deps, most, now: () => now },
      after: () => () => undefined,
      onError: (error) => t.fail(String(error)),
    })
    t.teardown(() => upkeep.close())
    return upkeep
  }
  const started = () => rig.asked.filter((one) => one.startsWith('start-guest')).length
  const settled = () => until('all starts have ended', async () => (await automations.open()).length === 0)
  const runs = (...numbers: readonly number[]) => {
    const guests = numbers.map((number) => running(number + 1, { uuid: uuidOf(number), name: `web${number}` }))
    rig.hosts.set('a', node('a', { guests } as never))
  }
  return { rig, alarms, open, started, settled, runs, pass: (milliseconds: number) => (now += milliseconds) }
}

onEach(
  'what ran before a power cut starts once its host is back, so many at once, and not twice: not by the next manager either',
  async (t, place) => {
    const { rig, open, started, settled } = await start(t, place, [{}, {}, {}], 2)
    rig.answer = ({ kind }) => (kind === 'start-guest' ? 'silence' : 'done')
    const upkeep = open()
    await upkeep.look()
    await until('two of them', () => started() === 2)
    await upkeep.look()
    await open().look()
    t.is(started(), 2, 'no more while those are being started')
    t.is((await rig.automations.list(10)).length, 2)
    for (const { id } of await rig.automations.open()) await rig.automations.abort(id, 'alice')
    await settled()
    rig.answer = () => 'done'
    await upkeep.look()
    await settled()
    t.is(started(), 3, 'the third; those that were aborted are not tried again in this boot')
  },
)

onEach('a lower order goes first, and a delay is kept before the next', async (t, place) => {
  const { rig, open, settled, runs, pass } = await start(t, place, [{ startOrder: 2 }, { startOrder: 1, startDelay: 60 }])
  const upkeep = open()
  const titles = async () => (await rig.automations.list(10)).map(({ title }) => title).reverse()
  await upkeep.look()
  await settled()
  runs(1)
  await upkeep.look()
  t.deepEqual(await titles(), ['start web1 on a'])
  pass(61_000)
  await upkeep.look()
  await settled()
  t.deepEqual(await titles(), ['start web1 on a', 'start web0 on a'])
})

onEach(
  'one that cannot be started is an alarm that says what to do, and goes when it runs, or is stopped by somebody',
  async (t, place) => {
    const { rig, alarms, open, settled, runs } = await start(t, place, [{}, {}])
    rig.answer = ({ kind }) => (kind === 'start-guest' ? refused('unable', 'no memory') : 'done')
    const upkeep = open()
    await upkeep.look()
    await settled()
    await upkeep.look()
    t.deepEqual([...alarms.keys()].sort(), [`guest-not-started ${uuidOf(0)}`, `guest-not-started ${uuidOf(1)}`])
    t.regex(alarms.get(`guest-not-started ${uuidOf(0)}`) ?? '', /web0 ran before.*no memory.*hostless vm start web0.*vm stop web0 --hard/)
    runs(0)
    await rig.store.db.updateTable('guests').set({ power: 'off' }).where('uuid', '=', uuidOf(1)).execute()
    await upkeep.look()
    t.deepEqual([...alarms.keys()], [])
  },
)

onEach(
  'one that ends by itself has ended after a while; one that should always run is an alarm, at once where its host says so',
  async (t, place) => {
    const { rig, alarms, open, pass } = await start(t, place, [{}, { restart: 'always' }, { restart: 'always' }])
    await rig.store.db.updateTable('guests').set({ since: 7000 }).execute()
    const reason = 'guest web2 stays down: it ended 5 times in 10 minutes'
    const problems = [{ section: 'guests', source: '/run/hostless/guests', reason, lacks: 'detail' }]
    rig.hosts.set('a', node('a', { problems } as never))
    const upkeep = open()
    await upkeep.look()
    t.deepEqual([...alarms.keys()], [`guest-stays-down ${uuidOf(2)}`])
    t.regex(alarms.get(`guest-stays-down ${uuidOf(2)}`) ?? '', /5 times in 10 minutes.*hostless vm start web2/)
    pass(16 * 60_000)
    await upkeep.look()
    t.deepEqual([...alarms.keys()].sort(), [`guest-stays-down ${uuidOf(1)}`, `guest-stays-down ${uuidOf(2)}`])
    const rows = await rig.store.db.selectFrom('guests').select(['name', 'power']).orderBy('name').execute()
    t.deepEqual(
      rows.map(({ name, power }) => `${name} ${power}`),
      ['web0 off', 'web1 on', 'web2 on'],
    )
    t.deepEqual(rig.asked, [], 'nothing was started')
    rig.hosts.set('a', node('a', {}, 'lost'))
    await upkeep.look()
    t.is(alarms.size, 2, 'what is not known stays as it was said')
  },
)

onEach('one that cannot start keeps nobody waiting, and is tried again, as long as nothing of it was begun', async (t, place) => {
  const { rig, alarms, open, settled, started } = await start(t, place, [{ startOrder: 1 }, { startOrder: 2 }])
  await rig.store.db.insertInto('guest_disks').values(MAKING).execute()
  const upkeep = open()
  await upkeep.look()
  await settled()
  t.deepEqual([[...alarms.keys()], started()], [[`guest-not-started ${uuidOf(0)}`], 1])
  await rig.store.db.deleteFrom('guest_disks').execute()
  await upkeep.look()
  await settled()
  t.is(started(), 2)
})
