// Hosts that are emptied: the plan, and the automation that carries it out.

import type { MoveHow } from '../../automations/evacuate/args.ts'
import { type AwayGuest, guestsAway, type HomeAsked, planHome, weighHome } from '../../automations/evacuate/home/plan.ts'
import { type EvacuationAsked, planEvacuation, weighEvacuation } from '../../automations/evacuate/plan.ts'
import { type EvacuationAsk, evacuations, type HomecomingAsk } from '../../contract/evacuations.ts'
import type { HostView } from '../../hosts/pool-change.ts'
import type { Done } from '../../outcome.ts'
import { hostsWithin } from '../rights/hosts-within.ts'
import { type Caller, done, type HandlersOf, missing } from './handlers.ts'
import { noHost } from './hosts.ts'
import { startAutomation } from './starting.ts'
import type { VmDeps } from './vms.ts'

export function evacuationHandlers({ pool, automations, guests: { plans, book } }: VmDeps): HandlersOf<typeof evacuations> {
  const deps = { ...plans, book }
  const askedFor = (
    { ref, host: wanted, others, maxPauseMs, keepMs, rateBytes, network }: EvacuationAsk,
    { who }: Caller,
  ): Done<EvacuationAsked> => {
    const [host, to] = [pool.find(ref), wanted === undefined ? undefined : pool.find(wanted)]
    if (!host) return missing(noHost(ref))
    if (wanted !== undefined && !to) return missing(noHost(wanted))
    return done({ host, to, among: hostsWithin(pool, who), others, how: howOf({ maxPauseMs, keepMs, rateBytes, network }) })
  }
  const askedHome = ({ refs, others, ...how }: HomecomingAsk, { who }: Caller): Done<HomeAsked> => {
    const homes = new Map<string, HostView>()
    for (const ref of refs) {
      const host = pool.find(ref)
      if (!host) return missing(noHost(ref))
      homes.set(host.id, host)
    }
    return done({ homes: [...homes.values()], among: hostsWithin(pool, who), others, how: howOf(how) })
  }
  return {
    async plan(input, by) {
      const asked = askedFor(input, by)
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
    async away({ ref }) {
      const host = pool.find(ref)
      return host ? done({ guests: (await guestsAway(deps, [host])).map(awayAnswer) }) : missing(noHost(ref))
    },
    async homePlan(input, by) {
      const asked = askedHome(input, by)
      if (asked.kind !== 'done') return asked
      const all = await weighHome(deps, asked.value)
      return done({
        guests: all.map(({ steps, refusals, diskBytes, memoryBytes, ...away }) => ({
          ...awayAnswer(away),
          ...{ diskBytes, memoryBytes },
          steps: steps.map(({ round, to, how }) => ({ round, to: { host: to.id, name: to.name }, how })),
          refusals: refusals.map((each) => ({ ...each })),
        })),
      })
    },
    bringHome: (input, by) =>
      startAutomation(automations, evacuations.bringHome, input, by, async () => {
        const asked = askedHome(input, by)
        return asked.kind === 'done' ? planHome(deps, asked.value) : asked
      }),
    start: (input, by) =>
      startAutomation(automations, evacuations.start, input, by, async () => {
        const asked = askedFor(input, by)
        return asked.kind === 'done' ? planEvacuation(deps, asked.value) : asked
      }),
  }
}

function howOf({ maxPauseMs, keepMs, rateBytes, network }: Omit<HomecomingAsk, 'refs' | 'others'>): MoveHow {
  return { maxPauseMs, keepMs, ...(rateBytes === undefined ? {} : { rateBytes }), ...(network === undefined ? {} : { network }) }
}

function awayAnswer({ uuid, name, home, on, was, leftAt }: AwayGuest) {
  return {
    ...{ uuid, guest: name, home: { host: home.id, name: home.name }, was, left: leftAt },
    ...(on ? { on: { host: on.id, name: on.name } } : {}),
  }
}
