// A guest that boots by a kernel of ours, on its way: what it boots by is on its new host before anything else of it, and not left behind there.

import { planMigrate } from '../../../../manager/automations/migrate/several.ts'
import { until } from '../../automation/scripted.ts'
import { onEach } from '../../store/dialects.ts'
import { plannerOn } from '../guests/plan-rig.ts'
import { createArgs, node, type Rig, rigAt } from '../guests/rig.ts'

const at = (address: string) => ({ addresses: [{ interface: 'xenbr0', address, prefix: 24 }] }) as never
const SPEC = JSON.stringify({ name: 'web1', memory: '1G', boot: { kernel: 'debian', cmdline: 'quiet' } })
const refused = { kind: 'answered', answer: { kind: 'refused', cause: 'unable', reason: 'VG data is full' } } as const

async function move(rig: Rig, as?: 'stopped') {
  const { deps } = plannerOn(rig)
  const to = deps.pool.hosts().find(({ id }) => id === 'b')
  const plan = await planMigrate(deps, { ref: 'web1', to, maxPauseMs: 2000, keepMs: 0, ...(as ? { as } : {}) })
  if (plan.kind !== 'done') throw new Error(plan.reason)
  rig.asked.length = 0
  const begun = await rig.automations.start({ ...plan.value, who: 'alice' })
  if (begun.kind !== 'done') throw new Error(begun.reason)
  await until(rig.automations, begun.value.id, 'failed')
}

onEach('the kernel comes before the copy of a disk, and goes again where the move does not come about', async (t, place) => {
  const rig = await rigAt(t, place, [node('a', at('10.77.0.21')), node('b', at('10.77.0.22'))])
  const made = await rig.automations.start({ recipe: 'create-guest', args: createArgs({ spec: SPEC }), who: 'alice' })
  if (made.kind !== 'done') throw new Error(made.reason)
  await until(rig.automations, made.value.id, 'done')
  const files: unknown[] = []
  rig.answer = (body) => {
    if (body.kind === 'bring-kernel') files.push((body as unknown as { readonly files: unknown }).files)
    return body.kind === 'make-copy' ? refused : 'done'
  }
  await move(rig)
  const order = ['bring-kernel b', 'make-copy b', 'leave-kernel b'].map((one) => rig.asked.indexOf(one))
  t.true(order[0] !== undefined && order[0] >= 0, rig.asked.join())
  t.deepEqual(
    order,
    order.toSorted((a, b) => a - b),
  )
  t.deepEqual(files, [{ kernel: { id: '6'.repeat(64), sizeBytes: 100 }, initrd: { id: '7'.repeat(64), sizeBytes: 200 } }])
  await move(rig, 'stopped')
  t.false(
    rig.asked.some((one) => one.includes('kernel')),
    'a start brings it',
  )
  rig.answer = (body) => (body.kind === 'bring-kernel' ? refused : 'done')
  await move(rig)
  t.false(rig.asked.includes('make-copy b'), 'nothing is copied for a guest that could not be started there')
})
