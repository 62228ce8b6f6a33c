// One command on one host of a site: another state, and what the tool says. Pure: the same state, command and time give the same.
import type { Command } from '../backend.ts'
import { type Outcome, SimulatorGap } from './commands/command.ts'
import { programOf } from './commands/table.ts'
import { hostOf, type Site } from './state/site.ts'
import { advance, settle } from './state/time.ts'

export type Applied = Outcome | { readonly kind: 'missing'; readonly site: Site }

/** `now`: milliseconds of the simulated clock. Throws a SimulatorGap at what it does not know. */
export function apply(site: Site, host: string, [name, ...args]: Command, now: number): Applied {
  const current = advance(site, now)
  if (hostOf(current, host).power === 'off') throw new SimulatorGap([name, ...args], 'a command on a host that is off')
  const program = programOf(name)
  if (!program) return { kind: 'missing', site: current }
  const outcome = program({ site: current, host, program: name, args })
  return { ...outcome, site: settle(outcome.site) }
}
