// A process full of simulated hosts, many times the agent's own link. What they report is read from a few simulated machines, once for all
// of a kind, so that a thousand cost little before the first of them is connected. Ends with its parent.
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { collect, EMPTY_INVENTORY, update } from '../../images/agent/collect.ts'
import { machineClock } from '../../images/agent/exec.ts'
import { newLedger, record } from '../../images/agent/ledger.ts'
import { type Link, startLink } from '../../images/agent/link/runner.ts'
import { type Desk, openDesk } from '../../images/agent/requests/desk.ts'
import { changingHandlers } from '../../images/agent/requests/handlers.ts'
import { type Machine, makeMachine, simulatedHost } from '../../images/agent/simulator.ts'
import type { Inventory, Problem, SectionName, Sections } from '../../manager/protocol/inventory.ts'
import type { Sample } from '../../manager/protocol/sample.ts'
import { mac as macAddress, uuid } from '../../manager/protocol/values.ts'
import { collectingLog } from '../appliance/wire/collecting-log.ts'
import type { Order, Told } from './fleet-messages.ts'

const KINDS = 8
/** Hosts that are on their way in: what all want at once, none gets in time. */
const AT_ONCE = 64

interface SimulatedAgent {
  readonly link: Link
  /** Its last NIC loses its link. */
  unplug(): void
}

const fleet: SimulatedAgent[] = []

async function start({ seed, address, boots, sampleSeconds }: Order & { readonly kind: 'start' }): Promise<void> {
  const kinds = await Promise.all(Array.from({ length: KINDS }, (_, index) => readOnce(makeMachine(seed, index))))
  for (const { index, attempt, token, from } of boots) {
    while (fleet.filter(({ link }) => !link.isWelcome()).length >= AT_ONCE) await delay(20)
    const machine = makeMachine(seed, index)
    const inventory = asOf(machine, kinds[index % KINDS] ?? EMPTY_INVENTORY)
    const run = uuid.parse(randomUUID())
    const link = startLink({
      agent: '0.1.0',
      boot: { attempt, token },
      claims: { systemUuid: uuid.parse(machine.systemUuid), macs: inventory.nics.map(({ mac }) => mac) },
      findManager: async () => address,
      ledger: record(newLedger(run), { kind: 'inventory', run, revision: 1, inventory }),
      answer: async ({ request: { id, request } }) => ({ kind: 'answer', id, answer: await deskFor().answer(id, request) }),
      log: collectingLog().log,
      random: Math.random,
      localAddress: from,
    })
    let revision = 1
    const tell = (sections: Partial<Sections>, problems: readonly Problem[]): void => {
      const base = revision
      revision += 1
      link.tell({ kind: 'delta', run, base, revision, sections, problems })
    }
    // Few of a fleet are asked for anything: the world of one comes into being with the first request.
    let desk: Desk | undefined
    const deskFor = (): Desk => {
      desk ??= openWorld(machine, tell)
      return desk
    }
    fleet.push({
      link,
      unplug() {
        const nics = inventory.nics.map((nic, number) => (number === inventory.nics.length - 1 ? { ...nic, link: 'down' as const } : nic))
        tell({ nics }, inventory.problems)
      },
    })
  }
  setInterval(() => {
    for (const { link } of fleet) link.tell({ kind: 'sample', sample: idleSample(sampleSeconds) })
  }, sampleSeconds * 1000)
}

async function readOnce(machine: Machine): Promise<Inventory> {
  return update(EMPTY_INVENTORY, await collect(simulatedHost(machine, machineClock).backend)).inventory
}

/** What a manager orders of this host happens, and is told. */
function openWorld(machine: Machine, tell: (sections: Partial<Sections>, problems: readonly Problem[]) => void): Desk {
  const { backend, world } = simulatedHost(machine, machineClock)
  const report = async (names: readonly SectionName[]): Promise<void> => {
    const { sections, problems } = await collect(backend, names)
    tell(sections, problems)
  }
  return openDesk(
    { ...changingHandlers(world(report)), 'set-properties': async () => ({ kind: 'properties-set', count: 0 }) },
    { clock: machineClock },
  )
}

/** The reading of another machine of its kind, with what no two of them share. */
function asOf({ systemUuid, serial, nics }: Machine, reading: Inventory): Inventory {
  return {
    ...reading,
    dmi: { ...reading.dmi, systemUuid: uuid.parse(systemUuid), serial },
    nics: reading.nics.flatMap(({ permanentMac: _, ...nic }, number) => {
      const own = nics[number]
      return own ? [{ ...nic, mac: macAddress.parse(own.mac), link: 'up' as const }] : []
    }),
    iscsi: { sessions: [] },
  }
}

function idleSample(seconds: number): Sample {
  const levels = { cpus: 0.1, threads: 8, dom0Cpus: 0.1, freeBytes: 1e9, totalBytes: 2e9, dom0AvailableBytes: 1e9 }
  return { at: Date.now(), milliseconds: seconds * 1000, host: { ...levels, disks: [], nics: [] }, guests: [] }
}

async function obey(order: Order): Promise<void> {
  switch (order.kind) {
    case 'start':
      return start(order)
    case 'unplug':
      for (const agent of fleet) agent.unplug()
      return
    case 'ask':
      tell({ kind: 'welcome', count: fleet.filter(({ link }) => link.isWelcome()).length })
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
