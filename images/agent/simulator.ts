// A host that is not there: the agent's own code over a made-up machine with a state of its own, so that thousands of hosts play on one
// computer and what is ordered happens. Alone in its site, or with others (simulator/site.ts).
import type { Clock } from './backend.ts'
import type { Machine } from './simulator/machine/machine.ts'
import { type SimulatedHost, SimulatedSite } from './simulator/site.ts'

export { type Machine, makeMachine } from './simulator/machine/machine.ts'
export type { SimulatedHost } from './simulator/site.ts'

/** Its state comes into being when somebody first asks it something. */
export function simulatedHost(machine: Machine, clock: Clock): SimulatedHost {
  return new SimulatedSite({ seed: machine.seed, clock, gaps: 'missing' }).host(machine)
}
