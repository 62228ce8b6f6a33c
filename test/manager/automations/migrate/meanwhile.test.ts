// What is asked for of a guest while it moves: its disks are the move's.
import { planChange } from '../../../../manager/automations/guests/plans/change.ts'
import { planMigrate } from '../../../../manager/automations/migrate/several.ts'
import { guestChange } from '../../../../manager/protocol/guest-change.ts'
import { until } from '../../automation/scripted.ts'
import { onEach } from '../../store/dialects.ts'
import { plannerOn } from '../guests/plan-rig.ts'
import { createArgs, node, rigAt } from '../guests/rig.ts'

const at = (address: string) => ({ addresses: [{ interface: 'xenbr0', address, prefix: 24 }] }) as never

onEach('a disk that is to come, to go or to grow while its guest moves is refused, with the automation that has it', async (t, place) => {
  const rig = await rigAt(t, place, [node('a', at('10.77.0.21')), node('b', at('10.77.0.22'))])
  const { deps } = plannerOn(rig)
  const made = await rig.automations.start({ recipe: 'create-guest', args: createArgs(), who: 'alice' })
  if (made.kind !== 'done') return t.fail(made.reason)
  await until(rig.automations, made.value.id, 'done')
  const changes = [
    { addDisks: [{ size: '1G', pool: 'data' }] },
    { growDisks: [{ vdev: 'xvda', size: '9G' }] },
    { removeDisks: ['xvda'] },
  ].map((change) => guestChange.parse(change))
  rig.answer = () => 'silence'
  const planned = await planMigrate(deps, { ref: 'web1', maxPauseMs: 2000, keepMs: 0 })
  if (planned.kind !== 'done') return t.fail(planned.reason)
  const moving = await rig.automations.start({ ...planned.value, who: 'alice' })
  if (moving.kind !== 'done') return t.fail(moving.reason)
  const said = new RegExp(`^guest web1 is held by automation ${moving.value.id} \\(migrate web1 from a to b, started by alice\\)`)
  for (const change of changes) {
    const refused = await planChange(deps, { ref: 'web1', change })
    t.like(refused, { kind: 'refused', code: 'locked' })
    t.regex(refused.kind === 'refused' ? refused.reason : '', said)
  }
})
