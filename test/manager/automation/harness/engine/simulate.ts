// One run of a recipe on a simulated clock, with what goes wrong in it. It runs the real runner over a store in memory and a made-up rack;
// what must hold says judge.ts.
import type { Log } from '../../../../../appliance/wire/log.ts'
import type { ChangeFeed, Clock } from '../../../../../manager/automation/ports.ts'
import type { Recipe } from '../../../../../manager/automation/recipe.ts'
import { Runner } from '../../../../../manager/automation/runner.ts'
import { type AutomationRecord, isOpen } from '../../../../../manager/automation/store/store.ts'
import { SimulatedClock } from '../clock.ts'
import { simulatedHooks } from '../hooks.ts'
import type { Life } from '../life.ts'
import { Managers, type Serving } from '../managers.ts'
import { People } from '../people.ts'
import { Random } from '../random.ts'
import { Agents } from './agents.ts'
import type { Fault } from './faults.ts'
import { brokenAtEnd, brokenJournal, brokenNow } from './judge.ts'
import { MemoryStore } from './memory-store.ts'
import { Rack } from './rack.ts'
import { DEPLOY } from './recipes.ts'

export interface Run {
  readonly broken: readonly string[]
  readonly requests: number
  readonly commits: number
  readonly states: readonly string[]
}

export interface Scenario {
  readonly seed: number
  readonly faults: readonly Fault[]
  /** Left out: DEPLOY. */
  readonly recipe?: Recipe
}

const HOSTS = ['node01', 'node02', 'node03'] as const
/** Milliseconds: what hangs is mended then; from then on everything has to come to an end within BOUND. */
const HEALING = 1_800_000
const BOUND = 3_600_000
const SILENT: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

export async function simulate(scenario: Scenario): Promise<Run> {
  const run = new Simulation(scenario)
  return run.run()
}

class Simulation {
  readonly #clock = new SimulatedClock()
  readonly #start = this.#clock.now()
  readonly #faults: readonly Fault[]
  readonly #rack = new Rack(HOSTS)
  readonly #store: MemoryStore
  readonly #agents: Agents
  readonly #recipe: Recipe
  readonly #broken: string[] = []
  readonly #managers: Managers
  readonly #people: People
  readonly #listeners = new Set<(topic: string, value: string) => void>()
  #ids = 0

  constructor({ seed, faults, recipe = DEPLOY }: Scenario) {
    const [random, clock] = [new Random(seed), this.#clock]
    this.#faults = faults
    this.#recipe = recipe
    this.#managers = new Managers({
      ...{ clock, random },
      nextLife: async () => this.#store.nextLife(),
      open: (life, own) => this.#open(life, own),
    })
    this.#people = new People({ clock, managers: this.#managers, broken: this.#broken })
    this.#store = new MemoryStore({
      clock,
      faultAt: (commit) => this.#find('commit', commit)?.fault,
      onFault: (fault, life) => (fault.startsWith('killed') ? this.#managers.kill(life) : void this.#managers.join()),
      isTaken: () => !this.#managers.isHealed && faults.some(({ kind }) => kind === 'claim'),
      onRecord: (record, journal) => void this.#broken.push(...brokenJournal(recipe, record, journal)),
    })
    this.#agents = new Agents({
      ...{ clock, random, rack: this.#rack },
      faultAt: (request) => this.#find('request', request)?.fault,
      onAsked: (id) => this.#asked(id),
      onAnswer: (life) => {
        if (this.#find('killed at answer', this.#agents.answers)) this.#managers.kill(life)
      },
      newestEpoch: () => this.#store.epoch,
      onChange: () => this.#tellGuests(),
    })
  }

  async run(): Promise<Run> {
    await this.#managers.join()
    this.#clock.after(0, () => this.#startAll())
    for (const fault of this.#faults) if (fault.kind === 'abort') this.#clock.after(fault.at, () => this.#abort())
    await this.#until(this.#start + HEALING)
    this.#managers.isHealed = true
    this.#agents.heal()
    const bound = this.#clock.now() + BOUND
    while (this.#clock.now() < bound && this.#openOnes().length > 0 && this.#broken.length === 0) {
      this.#helpAll()
      await this.#until(Math.min(bound, this.#clock.now() + 60_000))
    }
    this.#tick()
    const { requests, deaths } = this.#agents
    this.#broken.push(...brokenAtEnd({ store: this.#store, rack: this.#rack, recipe: this.#recipe, deaths }))
    const states = [...this.#store.rows.values()].map(({ record }) => record.state)
    return { broken: this.#broken, requests, commits: this.#store.commits, states }
  }

  async #until(time: number): Promise<void> {
    do {
      await new Promise(setImmediate)
      this.#tick()
      if (this.#broken.length > 0 || (this.#openOnes().length === 0 && this.#store.rows.size > 1)) break
    } while (this.#clock.step(time))
    await new Promise(setImmediate)
  }

  /** Two admins want one guest within a moment, one of them twice; a third deploys another guest beside. */
  #startAll(): void {
    const args = { guest: 'web1', host: 'node01', hosts: ['node01', 'node02'] }
    const ask = (who: string, key: string, given: object): void => this.#people.ask({ recipe: this.#recipe.name, args: given, who, key })
    ask('alice', 'k1', args)
    this.#clock.after(3, () => ask('bob', 'k2', args))
    this.#clock.after(10, () => ask('alice', 'k1', args))
    this.#clock.after(12, () => ask('carol', 'k1', { guest: 'web2', host: 'node02', hosts: ['node03', 'node01'] }))
  }

  #abort(): void {
    const [first] = this.#openOnes()
    if (first)
      void this.#managers
        .newest()
        ?.serving.abort(first.id, 'alice')
        .catch(() => undefined)
  }

  /** An operator looks at what needs one. */
  #helpAll(): void {
    this.#managers.beThere()
    for (const { id, state, reason } of this.#openOnes()) {
      if (state !== 'needs-operator') continue
      if (!/By hand: rack /.test(reason ?? '')) this.#broken.push(`I9: ${id} needs an operator without a command: ${reason}`)
      void this.#managers.newest()?.serving.retryUndo(id)
    }
  }

  #openOnes(): readonly AutomationRecord[] {
    return [...this.#store.rows.values()].map(({ record }) => record).filter(({ state }) => isOpen(state))
  }

  async #open(life: Life, clock: Clock): Promise<Serving> {
    const hook = this.#faults.find((one) => one.kind === 'hook')
    const runner = new Runner({
      store: this.#store.view(life),
      recipes: new Map([[this.#recipe.name, this.#recipe]]),
      clock,
      broker: {
        ask: (host, id, body, patience) => this.#agents.ask(life, host, id, body, patience),
        subscribe: (listener) =>
          this.#agents.subscribe((host) => {
            if (life.isAlive) listener(host)
          }),
      },
      feed: this.#feed(life),
      hooks: simulatedHooks(clock, hook?.kind === 'hook' ? hook.fault : undefined),
      newId: () => {
        this.#ids += 1
        return `a${this.#ids}`
      },
      log: SILENT,
    })
    void runner.open()
    return {
      start: (start) => runner.start(start),
      abort: (id, who) => runner.abort(id, who),
      retryUndo: (id) => runner.help(id, 'retry'),
    }
  }

  #feed(life: Life): ChangeFeed {
    return {
      current: (topic) => (this.#isEventDue() ? this.#known(topic) : undefined),
      subscribe: (listener) => {
        const hear = (topic: string, value: string): void => {
          if (life.isAlive) listener(topic, value)
        }
        this.#listeners.add(hear)
        return () => void this.#listeners.delete(hear)
      },
    }
  }

  #known(topic: string): string {
    const guest = topic.replace(/^guest /, '')
    return [...this.#rack.hosts.values()].some(({ guests }) => guests.has(guest)) ? 'running' : 'stopped'
  }

  #isEventDue(): boolean {
    return !this.#faults.some(({ kind }) => kind === 'event')
  }

  #tellGuests(): void {
    const fault = this.#faults.find((one) => one.kind === 'event')
    if (fault?.kind === 'event' && fault.fault === 'never') return
    const tell = (): void => {
      for (const guest of ['web1', 'web2']) for (const hear of [...this.#listeners]) hear(`guest ${guest}`, this.#known(`guest ${guest}`))
    }
    this.#clock.after(fault ? 30_000 : 1, tell)
  }

  #asked(id: string): void {
    const [automation = '', step = ''] = id.split('/')
    if (!this.#store.hasStarted(automation, step)) this.#broken.push(`I3: ${id} was asked for before it was written down`)
  }

  #tick(): void {
    this.#rack.look()
    this.#broken.push(
      ...this.#rack.broken.splice(0),
      ...this.#store.broken.splice(0),
      ...brokenNow(this.#store, this.#people.acknowledged()),
    )
  }

  #find<Kind extends 'request' | 'commit' | 'killed at answer'>(kind: Kind, at: number): (Fault & { readonly kind: Kind }) | undefined {
    if (this.#managers.isHealed) return undefined
    return this.#faults.find((fault): fault is Fault & { readonly kind: Kind } => fault.kind === kind && fault.at === at)
  }
}
