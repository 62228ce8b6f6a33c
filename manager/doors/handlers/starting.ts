// How an operation starts an automation: once, however often its request comes, and with what its recipe takes.
import type { AskedFor } from '../../automation/runner.ts'
import type { Automations } from '../../automation/service.ts'
import type { StartedAutomation } from '../../contract/automations.ts'
import type { Operation } from '../../contract/operation.ts'
import type { Done } from '../../outcome.ts'
import { type Caller, done, missing } from './handlers.ts'

export interface Plan {
  /** Its name. */
  readonly recipe: string
  readonly args: unknown
}

export type Starter = Pick<Automations, 'start' | 'before' | 'find'>

/**
 * `input`: what came in. `plan` may look at the world: it is not asked where the same request has come before, with the same
 * Idempotency-Key.
 */
export async function startAutomation(
  automations: Starter,
  { http }: Pick<Operation, 'http'>,
  input: unknown,
  { who, start = {} }: Caller,
  plan: () => Promise<Done<Plan>>,
): Promise<Done<StartedAutomation>> {
  const asked: AskedFor = { what: http, body: input }
  const before = start.key === undefined ? undefined : await automations.before({ who: who.user, key: start.key }, asked)
  if (before) return shown(automations, before)
  const planned = await plan()
  if (planned.kind !== 'done') return planned
  const { recipe, args } = planned.value
  return shown(automations, await automations.start({ recipe, args, who: who.user, asked, ...start }))
}

async function shown(automations: Pick<Automations, 'find'>, started: Done<{ readonly id: string }>): Promise<Done<StartedAutomation>> {
  return started.kind === 'done' ? standing(automations, started.value.id) : started
}

/** As it is now. */
export async function standing(automations: Pick<Automations, 'find'>, id: string): Promise<Done<StartedAutomation>> {
  const record = await automations.find(id)
  return record ? done({ automation: { id, title: record.title, state: record.state } }) : missing(`automation ${id}`)
}
