// A process full of simulated hosts: the agent's own code, many times. Ends with its parent.
import { machineClock } from '../../images/agent/exec.ts'
import { type Agent, startAgent } from '../../images/agent/main.ts'
import { makeMachine, type SimulatedHost, simulatedHost } from '../../images/agent/simulator.ts'
import { collectingLog } from '../appliance/wire/collecting-log.ts'
import type { Order, Told } from './fleet-messages.ts'

const fleet: { readonly host: SimulatedHost; readonly agent: Agent }[] = []

async function obey(order: Order): Promise<void> {
  switch (order.kind) {
    case 'start': {
      const { seed, address, boots, sampleSeconds } = order
      for (const { index, attempt, token, from } of boots) {
        const host = simulatedHost(makeMachine(seed, index), machineClock)
        const agent = await startAgent({
          host,
          agent: '0.1.0',
          sampleSeconds,
          boot: { attempt, token },
          findManager: async () => address,
          log: collectingLog().log,
          localAddress: from,
        })
        fleet.push({ host, agent })
      }
      return
    }
    case 'unplug':
      for (const { host } of fleet) {
        const machine = host.machine()
        host.become({
          ...machine,
          nics: machine.nics.map((nic, number) => (number === machine.nics.length - 1 ? { ...nic, up: false } : nic)),
        })
      }
      return
    case 'ask':
      tell({ kind: 'welcome', count: fleet.filter(({ agent }) => agent.link.isWelcome()).length })
  }
}

function tell(told: Told): void {
  process.send?.(told)
}

let work: Promise<void> = Promise.resolve()
process.on('message', (order: Order) => {
  work = order.kind === 'ask' ? obey(order) : work.then(() => obey(order))
})
process.on('disconnect', () => process.exit(0))
