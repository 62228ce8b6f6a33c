// Hosts that are emptied: the plan, and the automation that carries it out.
import { type EvacuationAsked, planEvacuation, weighEvacuation } from '../../automations/evacuate/plan.ts'
import { type EvacuationAsk, evacuations } from '../../contract/evacuations.ts'
import type { Done } from '../../outcome.ts'
import { done, type HandlersOf, missing } from './handlers.ts'
import { noHost } from './hosts.ts'
import { startAutomation } from './starting.ts'
import type { VmDeps } from './vms.ts'

export function evacuationHandlers({ pool, automations, guests: { plans, book } }: VmDeps): HandlersOf<typeof evacuations> {
  const deps = { ...plans, book }
  const askedFor = ({ ref, host: wanted, others, maxPauseMs, keepMs, rateBytes, network }: EvacuationAsk): Done<EvacuationAsked> => {
    const [host, to] = [pool.find(ref), wanted === undefined ? undefined : pool.find(wanted)]
    if (!host) return missing(noHost(ref))
    if (wanted !== undefined && !to) return missing(noHost(wanted))
    const how = { maxPauseMs, keepMs, ...(rateBytes === undefined ? {} : { rateBytes }), ...(network === undefined ? {} : { network }) }
    return done({ host, to, others, how })
  }
  return {
    async plan(input) {
      const asked = askedFor(input)
      if (asked.kind !== 'done') return asked
      const guests = await weighEvacuation(deps, asked.value)
      return done({
        host: asked.value.host.name,
        guests: guests.map(({ way, to, refusals, ...one }) => ({
          ...one,
          ...(way === undefined ? {} : { way }),
          ...(to ? { to: { host: to.id, name: to.name } } : {}),
          refusals: refusals.map((each) => ({ ...each })),
        })),
      })
    },
    start: (input, by) =>
      startAutomation(automations, evacuations.start, input, by, async () => {
        const asked = askedFor(input)
        return asked.kind === 'done' ? planEvacuation(deps, asked.value) : asked
      }),
  }
}
