// A host of a simulated run: the machine in its site, and the agent that runs there with the product's own desk, handlers and keeper. Agents
// die and start anew; a reset takes all that is in RAM.
import { randomUUID } from 'node:crypto'
import type { Log } from '../../../../../../appliance/wire/log.ts'
import type { Clock, Command } from '../../../../../../images/agent/backend.ts'
import { collect, EMPTY_INVENTORY, update } from '../../../../../../images/agent/collect.ts'
import { type Connection, hear, NEW_CONNECTION } from '../../../../../../images/agent/connection.ts'
import { openImages } from '../../../../../../images/agent/content/images.ts'
import type { Source } from '../../../../../../images/agent/content/source.ts'
import { type Keeper, keepGuests } from '../../../../../../images/agent/guests/keeper.ts'
import { openKernels } from '../../../../../../images/agent/kernels/kernels.ts'
import { newLedger } from '../../../../../../images/agent/ledger.ts'
import { type Desk, openDesk } from '../../../../../../images/agent/requests/desk.ts'
import { handlersOf } from '../../../../../../images/agent/requests/handlers.ts'
import type { Handlers } from '../../../../../../images/agent/requests/task.ts'
import type { World } from '../../../../../../images/agent/requests/world.ts'
import type { SimulatedHost } from '../../../../../../images/agent/simulator/site.ts'
import type { Inventory, SectionName } from '../../../../../../manager/protocol/inventory.ts'
import { type ManagerMessage, PROTOCOL_VERSION } from '../../../../../../manager/protocol/messages.ts'
import type { AnswerBody, RequestBody } from '../../../../../../manager/protocol/requests.ts'
import { uuid } from '../../../../../../manager/protocol/values.ts'
import type { SimulatedClock } from '../../clock.ts'
import type { Random } from '../../random.ts'
import type { CommandFault } from '../faults.ts'
import { KeptJobs } from './jobs.ts'
import { mortalCalls, Programs } from './programs.ts'

export interface HostOptions {
  readonly host: SimulatedHost
  readonly clock: SimulatedClock
  readonly random: Random
  readonly images: Source
  /** What is otherwise than the product has it: what goes wrong with requests. */
  readonly handlers: (own: Handlers) => Partial<Handlers>
  readonly nextCommand: (host: string) => CommandFault | undefined
  /** An agent is there again. */
  readonly onUp: (host: string) => void
  readonly newestEpoch: () => number
  readonly report: Inventory | undefined
}

/** What claims look at. */
export const REPORTED: readonly SectionName[] = [
  ...(['memory', 'xen', 'bridges', 'blockDevices', 'multipaths', 'partitions', 'fileSystems', 'pvs', 'vgs', 'lvs', 'nfsMounts'] as const),
  ...(['guests', 'drbd'] as const),
]

interface Mortal {
  isAlive: boolean
}

interface Agent extends Mortal {
  readonly boot: Boot
  readonly desk: Desk
  readonly keeper: Keeper
  /** By epoch of the manager. */
  readonly connections: Map<number, Connection>
  /** Whoever waits for a word of it. */
  readonly waiting: Set<() => void>
  readonly collect: (names: readonly SectionName[]) => Promise<void>
}

interface Boot extends Mortal {
  readonly jobs: KeptJobs
  /** The greatest that its agents have heard. */
  epoch: number | undefined
}

export type Delivered = AnswerBody | 'lost'

/** Milliseconds that an agent and a host are away: a guest reboots in less than an agent may take. */
const RESTARTS = [2000, 20_000] as const
const BOOTS = 60_000
const SILENT: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }
const LEDGER = newLedger(uuid.parse(randomUUID()))

export class PoolHost {
  readonly name: string
  report: Inventory
  readonly #options: HostOptions
  readonly #programs: Programs
  readonly #clock: Clock
  #boot: Boot
  #agent: Agent | undefined

  constructor(options: HostOptions) {
    const { host, clock, random, nextCommand, report } = options
    this.#options = options
    this.name = host.name
    this.report = report ?? EMPTY_INVENTORY
    this.#clock = { wall: () => clock.now(), steady: () => clock.now(), after: clock.after }
    this.#programs = new Programs({
      ...{ host, clock, random, next: nextCommand },
      onAgentDies: () => this.killAgent(),
      onHostDies: () => this.reset(),
    })
    this.#boot = this.#newBoot()
    this.#agent = this.#start()
  }

  get isUp(): boolean {
    return this.#agent !== undefined
  }

  /** The greatest of a manager that this boot has heard. */
  get epoch(): number | undefined {
    return this.#boot.epoch
  }

  /** Reads what is reported. */
  async look(names: readonly SectionName[] = REPORTED): Promise<void> {
    await this.#agent?.collect(names)
  }

  /** As a person does it there. */
  async byHand(command: Command): Promise<void> {
    await this.#options.host.backend.run(command)
  }

  /** A message of a manager, which is of this epoch: its answer, or the end of the connection. */
  async hear(epoch: number, message: ManagerMessage & { readonly kind: 'request' | 'cancel' }): Promise<Delivered | undefined> {
    const agent = this.#agent
    if (!agent) return 'lost'
    if (!agent.connections.has(epoch)) {
      const welcomed = this.#heard(agent, NEW_CONNECTION, { kind: 'welcome', version: PROTOCOL_VERSION, epoch })
      if (welcomed.doing.some(({ kind }) => kind === 'close')) return 'lost'
      agent.connections.set(epoch, welcomed.connection)
    }
    const { doing, connection } = this.#heard(agent, agent.connections.get(epoch) ?? NEW_CONNECTION, message)
    agent.connections.set(epoch, connection)
    for (const one of doing) {
      if (one.kind === 'cancel') agent.desk.cancel(one.id)
      if (one.kind === 'send' && one.message.kind === 'answer') return one.message.answer
      if (one.kind === 'request') return this.#answered(agent, one.request.id, one.request.request)
    }
    return undefined
  }

  killAgent(): void {
    if (!this.#agent) return
    const { clock, random } = this.#options
    this.#end()
    const boot = this.#boot
    clock.after(random.whole(...RESTARTS), () => {
      if (boot.isAlive && !this.#agent) this.#come()
    })
  }

  /** Its RAM is lost, its disks stay; it boots, and its agent hears the newest manager first. */
  reset(): void {
    if (!this.#boot.isAlive) return
    const { host, clock, newestEpoch } = this.#options
    this.#boot.isAlive = false
    this.#end()
    host.die()
    clock.after(BOOTS, () => {
      host.boot()
      this.#boot = this.#newBoot()
      this.#boot.epoch = newestEpoch()
      this.#come()
    })
  }

  #come(): void {
    this.#agent = this.#start()
    void this.look().then(() => this.#options.onUp(this.name))
  }

  #end(): void {
    const agent = this.#agent
    if (!agent) return
    this.#agent = undefined
    agent.isAlive = false
    for (const lost of agent.waiting) lost()
  }

  #newBoot(): Boot {
    const boot: Boot = {
      isAlive: true,
      epoch: undefined,
      jobs: new KeptJobs((command, signal) => this.#programs.run(command, boot, signal)),
    }
    return boot
  }

  #start(): Agent {
    const { host, images: source, handlers } = this.#options
    const life: Mortal = { isAlive: true }
    const mortal = mortalCalls(life)
    const clock: Clock = {
      ...this.#clock,
      after: (milliseconds, action) => this.#clock.after(milliseconds, () => life.isAlive && action()),
    }
    const boot = this.#boot
    const backend = this.#programs.for(life)
    const collectNow = async (names: readonly SectionName[]): Promise<void> => {
      const read = await collect(backend, names)
      this.report = update(this.report, read).inventory
      if (names.includes('guests')) keeper.look()
    }
    const files = { write: mortal(host.files.write), remove: mortal(host.files.remove) }
    const devices = { open: mortal(host.devices.open) }
    const images = openImages({ source, devices, clock })
    const world: World = { backend, clock, collect: collectNow, files, kernels: openKernels({ backend, files }, images) }
    const observation = {
      collect: async (names: readonly SectionName[]) => {
        await collectNow(names)
        return { revision: 1, problems: this.report.problems.filter(({ section }) => names.includes(section)) }
      },
      properties: { set: () => undefined },
    }
    const desk = openDesk(handlers(handlersOf({ observation, world, images, relays: this.#programs.relays(life) })), {
      clock,
      jobs: boot.jobs.seenBy(life),
    })
    desk.resume(boot.jobs.all())
    const keeper = keepGuests({ world, desk, clock, log: SILENT })
    return Object.assign(life, { boot, desk, keeper, connections: new Map(), waiting: new Set<() => void>(), collect: collectNow })
  }

  #heard(agent: Agent, connection: Connection, message: ManagerMessage) {
    const heard = hear(connection, LEDGER, agent.boot.epoch, message)
    agent.boot.epoch = heard.epoch
    return heard
  }

  #answered(agent: Agent, id: string, request: RequestBody): Promise<Delivered> {
    return new Promise((resolve) => {
      const lost = (): void => resolve('lost')
      agent.waiting.add(lost)
      void agent.desk.answer(id, request).then((answer) => {
        agent.waiting.delete(lost)
        resolve(agent.isAlive ? answer : 'lost')
      })
    })
  }
}
