// A site with two guests that are stopped, and what is asked of its manager: for tests of evacuations and of the way back.
import type { ExecutionContext } from 'ava'
import { planEvacuation } from '../../../../manager/automations/evacuate/plan.ts'
import { planOwn } from '../../../../manager/automations/own/plan.ts'
import type { Wish } from '../../../../manager/hosts/operator.ts'
import { until } from '../../automation/scripted.ts'
import type { storeAt } from '../../store/dialects.ts'
import { plannerOn } from '../guests/plan-rig.ts'
import { createArgs, node, rigAt } from '../guests/rig.ts'
import { web2 } from '../guests/web2.ts'

const at = (address: string) => ({ addresses: [{ interface: 'xenbr0', address, prefix: 24 }] }) as never
export const HOW = { maxPauseMs: 2000, keepMs: 0 }

/** Two guests on `a` that are stopped; `b` has room for so many more. */
export async function site(t: ExecutionContext, place: Parameters<typeof storeAt>[1], room = 2) {
  const rig = await rigAt(t, place, [node('a', at('10.77.0.21')), node('b', at('10.77.0.22'))])
  for (const args of [createArgs({ power: 'off' }), web2({ power: 'off' })]) {
    const made = await rig.automations.start({ recipe: 'create-guest', args, who: 'alice' })
    if (made.kind !== 'done') throw new Error(made.reason)
    await until(rig.automations, made.value.id, 'done')
  }
  const { deps } = plannerOn(rig, room)
  const wishes: (readonly [host: string, Wish])[] = []
  const host = deps.pool.hosts().find(({ id }) => id === 'a')
  if (!host) throw new Error('no host a')
  const change = async (id: string, [wish]: readonly Wish[]) => {
    if (wish) wishes.push([id, wish])
    return { kind: 'done', host } as const
  }
  rig.own.resolve({ automations: rig.automations, moves: deps.moves, plan: (request) => planOwn(deps, request), pool: { change } })
  const begin = async (others: 'leave' | 'restart' = 'leave') => {
    const plan = await planEvacuation(deps as never, { host, others, how: HOW })
    if (plan.kind !== 'done') throw new Error(plan.reason)
    const started = await rig.automations.start({ ...plan.value, who: 'alice' })
    if (started.kind !== 'done') throw new Error(started.reason)
    return started.value.id
  }
  const movesBegun = async () => (await rig.automations.list(100)).filter(({ recipe }) => recipe === 'migrate-guest')
  return { rig, deps, host, wishes, begin, movesBegun }
}
