// A host of a site that takes guests: the agent's own link, desk and requests over a simulated machine, which outlive the manager.
import type { ExecutionContext } from 'ava'
import { collect } from '../../../../images/agent/collect.ts'
import { openImages } from '../../../../images/agent/content/images.ts'
import { machineClock } from '../../../../images/agent/exec.ts'
import type { Jobs } from '../../../../images/agent/jobs/job.ts'
import { openDesk } from '../../../../images/agent/requests/desk.ts'
import { handlersOf } from '../../../../images/agent/requests/handlers.ts'
import { bareMachine } from '../../../../images/agent/simulator/machine/bare.ts'
import { SimulatedSite } from '../../../../images/agent/simulator/site.ts'
import { addDisk } from '../../../../images/agent/simulator/state/furnish.ts'
import { SECTION_NAMES, type SectionName } from '../../../../manager/protocol/inventory.ts'
import { managerWith } from '../../../images/agent/disks.ts'
import { macOf, pushBoot, type Site, startTestAgent } from '../../site.ts'

export interface GuestHost {
  readonly machine: SimulatedSite
  /** What it was asked, by kind. */
  readonly asked: string[]
  /** Domids by name. */
  domains(): Readonly<Record<string, number>>
}

/** `site`: the manager that is there now. */
export async function guestHost(t: ExecutionContext, site: () => Site, index: number): Promise<GuestHost> {
  const machine = new SimulatedSite()
  const host = machine.host(bareMachine(index))
  machine.change((now) => addDisk(now, host.name, 'vdb', 'virtio', { bytes: 256 << 20, serial: `S${index}` }))
  const asked: string[] = []
  const report = async (names: readonly SectionName[]) => {
    const { sections, problems } = await collect(host.backend, names)
    const revision = agent.change(sections, problems)
    return { revision, problems: [...problems] }
  }
  const handlers = handlersOf({
    observation: { collect: report, properties: { set: async () => ({ count: 0 }) } as never },
    world: host.world(report),
    images: openImages({ source: managerWith(), devices: host.devices, clock: host.clock }),
  })
  // Programs of jobs end with the agent, which does not end here.
  const jobs: Jobs = {
    begin: async () => (_step, command) => host.backend.run(command),
    end: async () => undefined,
    forget: async () => undefined,
  }
  const desk = openDesk(handlers, { clock: machineClock, jobs })
  const agent = startTestAgent(
    t,
    async () => site().address,
    await pushBoot(site(), macOf(index)),
    { macs: [macOf(index)] },
    {
      answer: async ({ request: { id, request } }) => {
        asked.push(request.kind)
        return { kind: 'answer', id, answer: await desk.answer(id, request) }
      },
    },
  )
  await report(SECTION_NAMES)
  return {
    machine,
    asked,
    domains: () => Object.fromEntries(host.state().ram.domains.map(({ name, domid }) => [name, domid])),
  }
}
