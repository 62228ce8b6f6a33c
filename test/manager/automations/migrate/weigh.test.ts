import { planMigrate, weigh } from '../../../../manager/automations/migrate/weigh.ts'
import { until } from '../../automation/scripted.ts'
import { onEach } from '../../store/dialects.ts'
import { plannerOn } from '../guests/plan-rig.ts'
import { createArgs, GUEST, node, type Rig, rigAt } from '../guests/rig.ts'

const at = (address: string) => ({
  addresses: [{ interface: 'xenbr0', address, prefix: 24 }],
})
const HOW = { maxPauseMs: 2000, keepMs: 0 }

async function web1On(rig: Rig): Promise<void> {
  const made = await rig.automations.start({ recipe: 'create-guest', args: createArgs(), who: 'alice' })
  if (made.kind !== 'done') throw new Error(made.reason)
  await until(rig.automations, made.value.id, 'done')
}

onEach(
  'a guest that can move has a plan that is run as it stands: its disks by the next generation, over a network of both',
  async (t, place) => {
    const rig = await rigAt(t, place, [node('a', at('10.77.0.21') as never), node('b', at('10.77.0.22') as never)])
    await web1On(rig)
    const { deps } = plannerOn(rig)
    const to = deps.pool.hosts().find(({ id }) => id === 'b')
    const weighed = await weigh(deps, { ref: 'web1', to, ...HOW })
    if (weighed.kind !== 'done') return t.fail(weighed.reason)
    const { refusals, args, way } = weighed.value
    t.deepEqual([refusals, way], [[], 'live'])
    t.like(args, { over: { network: '10.77.0.0/24', from: '10.77.0.21', to: '10.77.0.22' }, from: { id: 'a' }, to: { id: 'b' } })
    t.like(args?.disks[0], { generation: 1, sizeBytes: 8 * 2 ** 30 })
    t.is(args?.guest.disks[0]?.generation, 2)
    t.like(await planMigrate(deps, { ref: GUEST, to, ...HOW }), { kind: 'done', value: { recipe: 'migrate-guest', args: { way: 'live' } } })
  },
)

onEach(
  'of every other host the plan says whether it could take the guest, where that is asked, whichever host is chosen',
  async (t, place) => {
    const lost = node('c', at('10.77.0.23') as never, 'lost')
    const rig = await rigAt(t, place, [node('a', at('10.77.0.21') as never), node('b', at('10.77.0.22') as never), lost])
    await web1On(rig)
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
    t.deepEqual(await othersFor('a', 'told'), { ...all, codes: ['runs-there', 'runs-there'] })
    t.deepEqual(await othersFor('b'), { fits: undefined, refused: undefined, codes: [] })
  },
)

onEach('all that is in the way is named, each by its code, and nothing is begun', async (t, place) => {
  const rig = await rigAt(t, place, [node('a', at('10.77.0.21') as never), node('b', at('10.78.0.22') as never)])
  await web1On(rig)
  const { deps } = plannerOn(rig)
  const host = (id: string) => deps.pool.hosts().find((one) => one.id === id)
  const codes = async (id: string, network?: string): Promise<readonly string[]> => {
    const weighed = await weigh(deps, { ref: 'web1', to: host(id), network, ...HOW })
    return weighed.kind === 'done' ? weighed.value.refusals.map(({ code }) => code) : [weighed.reason]
  }
  t.deepEqual(await codes('b'), ['no-network'])
  t.deepEqual(await codes('a'), ['runs-there', 'no-network'])
  t.like(await planMigrate(deps, { ref: 'web1', to: host('b'), ...HOW }), { kind: 'refused', code: 'unfit' })
  t.like(await weigh(deps, { ref: 'web9', ...HOW }), { kind: 'missing' })
  rig.hosts.set('a', node('a', at('10.77.0.21') as never, 'lost'))
  t.deepEqual((await codes('b')).slice(0, 2), ['guest-state', 'source-state'])
})
