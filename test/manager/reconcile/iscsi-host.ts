// A host of a site with open-iscsi on it, made of the agent's own requests and a machine of the tests.
import type { ExecutionContext } from 'ava'
import { collect } from '../../../images/agent/collect.ts'
import { machineClock } from '../../../images/agent/exec.ts'
import { openDesk } from '../../../images/agent/requests/desk.ts'
import { changingHandlers } from '../../../images/agent/requests/handlers.ts'
import type { RequestBody } from '../../../manager/protocol/requests.ts'
import type { Watched } from '../../images/agent/simulated.ts'
import { macOf, pushBoot, type Site, startTestAgent, until } from '../site.ts'

/** It reports its sessions as they change; `asked` is what it was asked. */
export async function iscsiHost(t: ExecutionContext, site: Site, index: number, machine: Watched) {
  const asked: RequestBody[] = []
  const report = async () => {
    const { sections, problems } = await collect(machine.world.backend, ['iscsi'])
    agent.change(sections, problems)
  }
  const desk = openDesk(
    {
      ...changingHandlers({ ...machine.world, collect: report }),
      'set-properties': async () => ({ kind: 'properties-set', count: 0 }),
    },
    { clock: machineClock },
  )
  const agent = startTestAgent(
    t,
    async () => site.address,
    await pushBoot(site, macOf(index)),
    { macs: [macOf(index)] },
    {
      answer: async ({ request: { id, request } }) => {
        asked.push(request)
        return { kind: 'answer', id, answer: await desk.answer(id, request) }
      },
    },
  )
  const { pool } = site.manager
  const { id } = await until('its host', () =>
    pool.hosts().find(({ connection, inventory, macs }) => connection && inventory && macs.some(({ mac }) => mac === macOf(index))),
  )
  return { agent, id, asked }
}
