import { planDestroy, planForget } from '../../../../../manager/automations/guests/plans/life.ts'
import { guestOf } from '../../../../../manager/store/tables/guests.ts'
import { until } from '../../../automation/scripted.ts'
import { onEach } from '../../../store/dialects.ts'
import { plannerOn } from '../plan-rig.ts'
import { createArgs, DISK, GUEST, node, type Rig, rigAt, VG, vgUuidOn } from '../rig.ts'

async function web1On(rig: Rig): Promise<void> {
  const made = await rig.automations.start({ recipe: 'create-guest', args: createArgs(), who: 'alice' })
  if (made.kind !== 'done') throw new Error(made.reason)
  await until(rig.automations, made.value.id, 'done')
  rig.asked.length = 0
}

onEach('a guest is forgotten by its typed name, and only when its host can run it no more; its disks are told of', async (t, place) => {
  const rig = await rigAt(t, place, [node('a')])
  await web1On(rig)
  const { deps, begin } = plannerOn(rig)
  const forget = (confirm = 'web1') => begin(planForget(deps, { ref: GUEST, confirm }))
  t.regex(await forget(), /a, where web1 lies, is up: hostless vm destroy web1/)
  rig.hosts.set('a', node('a', {}, 'lost'))
  t.regex(await forget(), /is lost: hostless host fence a --proof TEXT/)
  rig.hosts.set('a', node('a', {}, 'fenced'))
  t.regex(await forget('web2'), /say its name as it stands: "web2" is another/)
  t.truthy(await guestOf(rig.store.db, GUEST))
  t.is(await forget(), '')
  t.deepEqual([await guestOf(rig.store.db, GUEST), await rig.claims.of({ kind: 'guest', id: GUEST }), rig.asked], [undefined, [], []])
  t.is((await rig.automations.list(1))[0]?.title, `forget web1, and leave data/disk-${DISK} behind`)
})

onEach('destroyed with its disks kept, a guest is ended, and no disk is removed', async (t, place) => {
  const rig = await rigAt(t, place, [node('a')])
  await web1On(rig)
  const { deps, begin } = plannerOn(rig)
  t.is(await begin(planDestroy(deps, { ref: 'web1', disks: 'keep' })), '')
  t.deepEqual(rig.asked, ['destroy-guest a', 'forget-guest a'])
  t.is(await guestOf(rig.store.db, GUEST), undefined)
  t.is((await rig.automations.list(1))[0]?.title, `destroy web1 on a, and leave data/disk-${DISK} behind`)
})

const SPARE = '6b1f0000-0000-4000-8000-00000000000e'

/** What a move has left on b for the way back. */
const leftOn = (id: string, vg = 'data', guest = GUEST, state = 'stale') => ({
  ...{ uuid: VG.replace(/^a/, 'l'), name: `disk-${DISK}`, vg, vgUuid: vgUuidOn(id), active: false },
  tags: Object.entries({ disk: DISK, guest, generation: 1, epoch: 1, state }).map(([key, value]) => `hostless.${key}=${value}`),
})

onEach(
  'destroyed, a guest takes with it what its moves have left behind; not where a host is silent, nor anything of another',
  async (t, place) => {
    const others = [leftOn('c', 'data', SPARE), leftOn('c', 'data', GUEST, 'ready')]
    const hosts = [
      node('a'),
      node('b', { lvs: [leftOn('b')] } as never),
      node('c', { lvs: others } as never),
      node('d', { lvs: [leftOn('d')] } as never, 'lost'),
    ]
    const rig = await rigAt(t, place, hosts)
    await web1On(rig)
    const { deps, begin } = plannerOn(rig)
    t.is(await begin(planDestroy(deps, { ref: 'web1', disks: 'remove' })), '')
    t.deepEqual(rig.asked, ['destroy-guest a', 'remove-disk a', 'remove-disk b', 'forget-guest a'])
  },
)

onEach('what a move has left behind and its host does not remove keeps no guest from being destroyed', async (t, place) => {
  const rig = await rigAt(t, place, [node('a'), node('b', { lvs: [leftOn('b')] } as never)])
  await web1On(rig)
  const { deps, begin } = plannerOn(rig)
  let removals = 0
  rig.answer = ({ kind }) => {
    if (kind !== 'remove-disk') return 'done'
    removals += 1
    if (removals === 1) return 'done'
    return { kind: 'answered', answer: { kind: 'refused', cause: 'unable', reason: 'the LV is in use' } }
  }
  t.is(await begin(planDestroy(deps, { ref: 'web1', disks: 'remove' })), '')
  t.deepEqual([removals, await guestOf(rig.store.db, GUEST)], [2, undefined])
})
