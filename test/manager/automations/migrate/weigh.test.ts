import { planMigrate, weighAll } from '../../../../manager/automations/migrate/several.ts'
import { weigh } from '../../../../manager/automations/migrate/weigh.ts'
import { addAutomation } from '../../../../manager/store/tables/automations.ts'
import { guestOf } from '../../../../manager/store/tables/guests.ts'
import { until } from '../../automation/scripted.ts'
import { onEach } from '../../store/dialects.ts'
import { plannerOn } from '../guests/plan-rig.ts'
import { createArgs, DISK, GUEST, node, type Rig, rigAt, vgUuidOn } from '../guests/rig.ts'
import { web2 } from '../guests/web2.ts'

const at = (address: string) => ({
  addresses: [{ interface: 'xenbr0', address, prefix: 24 }],
})
const HOW = { maxPauseMs: 2000, keepMs: 0 }

async function madeOn(rig: Rig, args: unknown = createArgs()): Promise<void> {
  const made = await rig.automations.start({ recipe: 'create-guest', args, who: 'alice' })
  if (made.kind !== 'done') throw new Error(made.reason)
  await until(rig.automations, made.value.id, 'done')
}

onEach(
  'a guest that can move has a plan that is run as it stands: its disks by the next generation, over a network of both',
  async (t, place) => {
    const rig = await rigAt(t, place, [node('a', at('10.77.0.21') as never), node('b', at('10.77.0.22') as never)])
    await madeOn(rig)
    const { deps } = plannerOn(rig)
    const to = deps.pool.hosts().find(({ id }) => id === 'b')
    const weighed = await weigh(deps, { ref: 'web1', to, ...HOW })
    if (weighed.kind !== 'done') return t.fail(weighed.reason)
    const { refusals, args, way } = weighed.value
    t.deepEqual([refusals, way], [[], 'live'])
    t.like(args, { over: { network: '10.77.0.0/24', from: '10.77.0.21', to: '10.77.0.22' }, from: { id: 'a' }, to: { id: 'b' } })
    t.like(args?.disks[0], { generation: 1, sizeBytes: 8 * 2 ** 30 })
    t.is(args?.guest.disks[0]?.generation, 2)
    t.like(args?.remembered, { vg: { name: 'data', uuid: vgUuidOn('b') }, record: { guest: GUEST, name: 'web1', host: 'b' } })
    t.like(args?.remembered?.record.disks[0], { disk: DISK, vdev: 'xvda', generation: 2, sizeBytes: 8 * 2 ** 30 })
    t.false('arriving' in (args?.remembered?.record ?? {}), 'as it is when it has come')
    t.like(await planMigrate(deps, { ref: GUEST, to, ...HOW }), { kind: 'done', value: { recipe: 'migrate-guest', args: { way: 'live' } } })
  },
)

onEach(
  'of every other host the plan says whether it could take the guest, where that is asked, whichever host is chosen',
  async (t, place) => {
    const lost = node('c', at('10.77.0.23') as never, 'lost')
    const rig = await rigAt(t, place, [node('a', at('10.77.0.21') as never), node('b', at('10.77.0.22') as never), lost])
    await madeOn(rig)
    const { deps } = plannerOn(rig)
    const othersFor = async (id: string | undefined, others?: 'told') => {
      const to = deps.pool.hosts().find((one) => one.id === id)
      const weighed = await weigh(deps, { ref: 'web1', to, others, ...HOW })
      if (weighed.kind !== 'done') throw new Error(weighed.reason)
      const { others: told, refusals } = weighed.value
      const codes = refusals.map(({ code }) => code)
      return { fits: told?.fits.map(({ host }) => host), refused: told?.refused.map(({ host, codes: of }) => [host, ...of]), codes }
    }
    const all = { fits: ['b'], refused: [['c', 'state']] }
    t.deepEqual(await othersFor(undefined, 'told'), { ...all, codes: [] })
    t.deepEqual(await othersFor('b', 'told'), { ...all, codes: [] })
    t.deepEqual(await othersFor('c', 'told'), { ...all, codes: ['state'] })
    t.deepEqual(await othersFor('a', 'told'), { ...all, codes: ['runs-there'] })
    t.deepEqual(await othersFor('b'), { fits: undefined, refused: undefined, codes: [] })
  },
)

onEach('all that is in the way is named, each by its code, and nothing is begun', async (t, place) => {
  const rig = await rigAt(t, place, [node('a', at('10.77.0.21') as never), node('b', at('10.78.0.22') as never)])
  await madeOn(rig)
  const { deps } = plannerOn(rig)
  const host = (id: string) => deps.pool.hosts().find((one) => one.id === id)
  const codes = async (id: string, network?: string): Promise<readonly string[]> => {
    const weighed = await weigh(deps, { ref: 'web1', to: host(id), network, ...HOW })
    return weighed.kind === 'done' ? weighed.value.refusals.map(({ code }) => code) : [weighed.reason]
  }
  t.deepEqual(await codes('b'), ['no-network'])
  t.deepEqual(await codes('a'), ['runs-there'])
  t.like(await planMigrate(deps, { ref: 'web1', to: host('b'), ...HOW }), { kind: 'refused', code: 'unfit' })
  t.like(await weigh(deps, { ref: 'web9', ...HOW }), { kind: 'missing' })
  rig.hosts.set('a', node('a', at('10.77.0.21') as never, 'lost'))
  t.deepEqual((await codes('b')).slice(0, 2), ['guest-state', 'source-state'])
})

onEach('of two guests that fit on one host exactly one goes: a move counts for the next, planned or begun', async (t, place) => {
  const rig = await rigAt(t, place, [node('a', at('10.77.0.21') as never), node('b', at('10.77.0.22') as never)])
  await madeOn(rig)
  await madeOn(rig, web2())
  const { deps } = plannerOn(rig)
  const said = async () =>
    (
      await weighAll(deps, [
        { ref: 'web1', ...HOW },
        { ref: 'web2', ...HOW },
      ])
    ).map((one) => (one.kind === 'done' ? (one.value.args?.to.id ?? one.value.refusals.map(({ code }) => code)) : one.reason))
  t.deepEqual(await said(), ['b', ['memory']])
  rig.answer = () => 'silence'
  const first = await planMigrate(deps, { ref: 'web1', ...HOW })
  if (first.kind !== 'done') return t.fail(first.reason)
  await rig.store.write((transaction) =>
    addAutomation(
      transaction,
      {
        ...{ id: 'begun', recipe: 'migrate-guest', version: 2, args: JSON.stringify(first.value.args), title: '', who: 'bob', seed: 's' },
        ...{ state: 'queued', reason: null, created: 1, ended: null, repeat_key: null, repeat_body: null },
      },
      [],
    ),
  )
  t.like(await planMigrate(deps, { ref: 'web2', ...HOW }), { kind: 'refused', code: 'unfit', reason: 'b is full' })
})

onEach('what a guest was given of its host’s CPU is kept, says where it can go, and goes with it', async (t, place) => {
  const rig = await rigAt(t, place, [node('a', at('10.77.0.21') as never), node('b', at('10.77.0.22') as never)])
  const cpu = { words: [7, 1], leaves: { basic: 13 } }
  await madeOn(rig, createArgs({ cpu }))
  t.deepEqual(JSON.parse((await guestOf(rig.store.db, GUEST))?.cpu ?? 'null'), cpu)
  const { deps } = plannerOn(rig)
  const asked: unknown[] = []
  const where: typeof deps.where = {
    ground: () => deps.where.ground(),
    places: async (wanted) => {
      asked.push(wanted.moving?.cpu)
      return deps.where.places(wanted)
    },
    cpuOn: async (host) => ({ cpuid: `host,on-${host}=0`, features: { words: [3], leaves: {} } }),
  }
  const to = deps.pool.hosts().find(({ id }) => id === 'b')
  const weighed = await weigh({ ...deps, where }, { ref: 'web1', to, ...HOW })
  if (weighed.kind !== 'done') return t.fail(weighed.reason)
  t.deepEqual(asked, [{ kind: 'live', features: cpu }])
  t.like(weighed.value.args, { guest: { cpuid: 'host,on-b=0' }, cpu: { words: [3] } })
  const stopped = await weigh({ ...deps, where }, { ref: 'web1', to, as: 'stopped', ...HOW })
  if (stopped.kind !== 'done') return t.fail(stopped.reason)
  t.deepEqual(asked[1], { kind: 'anew' })
})
