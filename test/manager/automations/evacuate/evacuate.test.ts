import { planEvacuation, weighEvacuation } from '../../../../manager/automations/evacuate/plan.ts'
import { until } from '../../automation/scripted.ts'
import { onEach } from '../../store/dialects.ts'
import { plannerOn } from '../guests/plan-rig.ts'
import { HOW, site } from './site.ts'

onEach('an evacuation cordons, moves what fits, and says by name what stays; the cordon stays, too', async (t, place) => {
  const { rig, deps, host, wishes, begin, movesBegun } = await site(t, place, 1)
  const leaves = await weighEvacuation(deps as never, { host, others: 'leave', how: HOW })
  t.deepEqual(
    leaves.map(({ guest, way, to, refusals }) => [guest, way, to?.name, refusals.map(({ code }) => code)]),
    [
      ['web1', 'stopped', 'b', []],
      ['web2', undefined, undefined, ['memory']],
    ],
  )
  // What waits to claim counts; once one has claimed it is claims that say so, which the rig's hosts do not look at.
  rig.answer = ({ kind }) => (kind === 'make-copy' ? 'silence' : 'done')
  const id = await begin()
  while ((await movesBegun()).length === 0) await new Promise(setImmediate)
  t.deepEqual(wishes[0], ['a', { kind: 'cordon', reason: `evacuated by automation ${id}`, unless: 'cordoned', to: 'evacuate' }])
  const [first] = await movesBegun()
  t.is(first?.who, 'alice')
  t.like(await rig.automations.start({ recipe: 'evacuate-host', args: (await rig.automations.find(id))?.args, who: 'bob' }), {
    kind: 'refused',
    code: 'locked',
  })
  t.is(wishes.length, 1)
})

onEach('one that is aborted takes back its cordon, and the moves that are under way; none begins any more', async (t, place) => {
  const { rig, wishes, begin, movesBegun } = await site(t, place)
  rig.answer = ({ kind }) => (kind === 'make-copy' ? 'silence' : 'done')
  const id = await begin()
  while ((await movesBegun()).length < 2) await new Promise(setImmediate)
  while (!rig.asked.some((asked) => asked === 'make-copy b')) await new Promise(setImmediate)
  t.is((await rig.automations.abort(id, 'bob')).kind, 'done')
  await until(rig.automations, id, 'aborted')
  t.deepEqual(
    (await movesBegun()).map(({ state, reason }) => [state, reason]),
    [1, 2].map(() => ['aborted', `automation ${id} has aborted it`]),
  )
  t.deepEqual(wishes.at(-1), ['a', { kind: 'uncordon', of: `evacuated by automation ${id}` }])
  for (const guest of ['web1', 'web2']) t.is((await plannerOn(rig).deps.book.find(guest))?.record.host, 'a')
})

onEach('when all have gone it is done: a host without guests is so at once', async (t, place) => {
  const { rig, deps, wishes, begin, movesBegun } = await site(t, place)
  const id = await begin()
  await until(rig.automations, id, 'done')
  t.deepEqual(wishes.at(-1), ['a', { kind: 'evacuated' }])
  t.deepEqual(
    (await movesBegun()).map(({ state }) => state),
    ['done', 'done'],
  )
  for (const guest of ['web1', 'web2']) t.is((await deps.book.find(guest))?.record.host, 'b')
  const again = await begin()
  await until(rig.automations, again, 'done')
  t.is((await movesBegun()).length, 2)
})

onEach('what stays is said by name, and the cordon with it', async (t, place) => {
  const { rig, wishes, begin, movesBegun } = await site(t, place)
  rig.hosts.delete('b')
  const id = await begin()
  await until(rig.automations, id, 'failed')
  t.is((await rig.automations.find(id))?.reason, '2 of 2 stay on a: web1: there is no other host; web2: there is no other host')
  t.deepEqual(
    wishes.map(([, { kind }]) => kind),
    ['cordon', 'evacuated'],
  )
  t.deepEqual(await movesBegun(), [])
})

onEach('who may choose among some hosts alone moves guests to none of the others, to its end', async (t, place) => {
  const { rig, deps, host, begin } = await site(t, place)
  const to = async (among: ReadonlySet<string>) =>
    (await weighEvacuation(deps as never, { host, among, others: 'leave', how: HOW })).map((leave) => leave.to?.id)
  t.deepEqual(await to(new Set(['a', 'b'])), ['b', 'b'])
  t.deepEqual(await to(new Set(['a'])), [undefined, undefined])
  const plan = await planEvacuation(deps as never, { host, among: new Set(['a']), others: 'leave', how: HOW })
  if (plan.kind !== 'done') return t.fail(plan.reason)
  const started = await rig.automations.start({ ...plan.value, who: 'rick' })
  if (started.kind !== 'done') return t.fail(started.reason)
  await until(rig.automations, started.value.id, 'failed')
  t.regex((await rig.automations.find(started.value.id))?.reason ?? '', /^2 of 2 stay on a: web1: there is no other host/)
  t.is((await begin()).length > 0, true, 'another has no such limit')
})
