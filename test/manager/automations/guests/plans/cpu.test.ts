import { planStart, planStop } from '../../../../../manager/automations/guests/plans/life.ts'
import type { PlanDeps } from '../../../../../manager/automations/guests/plans/plan.ts'
import { guestOf } from '../../../../../manager/store/tables/guests.ts'
import { refused, until } from '../../../automation/scripted.ts'
import { onEach } from '../../../store/dialects.ts'
import { plannerOn } from '../plan-rig.ts'
import { createArgs, GUEST, node, type Rig, rigAt, VG } from '../rig.ts'

const OLD = { words: [1], leaves: {} }
const YOUNG = { words: [3], leaves: {} }
const RECORDS = {
  lvs: [
    {
      ...{ uuid: 'llllll-bbbb-cccc-dddd-eeee-ffff-gggggg', name: 'hostless-meta', vg: 'data', vgUuid: VG, path: '/dev/data/hostless-meta' },
      ...{ sizeBytes: 8 << 20, active: true, attributes: '-wi-a-----', tags: [] },
    },
  ],
}

/** Made with the CPU `OLD`, stopped since; from now on its host gives it `YOUNG`. */
async function stoppedOn(rig: Rig) {
  const made = await rig.automations.start({ recipe: 'create-guest', args: createArgs({ cpu: OLD }), who: 'alice' })
  if (made.kind !== 'done') throw new Error(made.reason)
  await until(rig.automations, made.value.id, 'done')
  const { deps, begin } = plannerOn(rig)
  await begin(planStop(deps, { ref: GUEST, how: 'hard', seconds: 0 }))
  rig.asked.length = 0
  const where: PlanDeps['where'] = {
    places: (wanted) => deps.where.places(wanted),
    ground: () => deps.where.ground(),
    cpuOn: async () => ({ cpuid: 'host,movbe=0', features: YOUNG }),
  }
  return { start: (state?: 'failed') => begin(planStart({ ...deps, where }, { ref: GUEST }), state) }
}

const cpuOf = async (rig: Rig) => JSON.parse((await guestOf(rig.store.db, GUEST))?.cpu ?? 'null')

onEach(
  'before a guest is started with another CPU its VG remembers that, and where it does not start, the one before',
  async (t, place) => {
    const rig = await rigAt(t, place, [node('a', RECORDS as never)])
    const kept: unknown[] = []
    const { start } = await stoppedOn(rig)
    rig.answer = (body) => {
      if (body.kind === 'keep-guest') kept.push((body as unknown as { readonly record: { readonly cpu?: object } }).record.cpu)
      return body.kind === 'start-guest' ? refused('unable', 'it does not start') : 'done'
    }
    t.is(await start('failed'), 'it does not start')
    t.deepEqual(
      [kept, rig.asked.slice(0, 2)],
      [
        [YOUNG, OLD],
        ['keep-guest a', 'start-guest a'],
      ],
    )
    t.deepEqual(await cpuOf(rig), OLD)
    rig.answer = () => 'done'
    t.is(await start(), '')
    t.deepEqual(await cpuOf(rig), YOUNG)
  },
)

onEach('where its VG remembers nothing yet, or the same, a start writes nothing there', async (t, place) => {
  const rig = await rigAt(t, place, [node('a')])
  const { start } = await stoppedOn(rig)
  t.is(await start(), '')
  t.deepEqual(rig.asked, ['start-guest a', 'collect a'])
})
