// Guests that move between the lab's hosts while their manager is killed.

import { CONTRACT } from '../../../manager/contract/contract.ts'
import type { Move } from '../../../manager/contract/migrations.ts'
import { managerPid, type Operator } from '../operator.ts'
import type { Rack } from '../rack.ts'
import { GUEST_MS } from './console.ts'

/** Under emulation a guest stands still for seconds: what the lab shows is that nothing is lost. */
export const MOVING = ['--max-pause', '60s'] as const

const DETAIL = CONTRACT.automations.show.output

/** Of the move that is under way; rejects when there is none. */
export async function moveUnderWay(operator: Operator): Promise<string> {
  const { automations } = await operator.get('/automations', CONTRACT.automations.list.output)
  const found = automations.find(({ recipe, state }) => recipe === 'migrate-guest' && state === 'running')
  if (!found) throw new Error('no guest is being moved')
  return found.id
}

/** Kills the manager once its disk goes over, the mirror fills or the memory goes over; resolves when the move has ended. Rejects where it did not end well. */
export async function killManagerInMove(rack: Rack, operator: Operator, id: string): Promise<void> {
  const path = `/automations/${id}`
  const phases = new Set(['seed', 'sync', 'memory'])
  await operator.until('its disk to go over', path, DETAIL, ({ phase }) => phase !== undefined && phases.has(phase), GUEST_MS)
  process.kill(await managerPid(rack), 'SIGKILL')
  const { state, reason } = await operator.until('the move to end', path, DETAIL, (detail) => detail.state !== 'running', GUEST_MS)
  if (state !== 'done') throw new Error(`the move whose manager was killed is ${state}: ${reason}`)
}

/** The newest that has ended. */
export async function lastMove(operator: Operator): Promise<Move> {
  const { moves } = await operator.get('/migrations', CONTRACT.migrations.list.output)
  const [last] = moves
  if (!last) throw new Error('no move has ended')
  return last
}
