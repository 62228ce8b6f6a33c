// One run of the product's recipes: the real service over the real store and claims, asking the real agent's desk and handlers on simulated
// hosts, on a clock that jumps; with what goes wrong in it. What must hold say the invariants.
import type { Log } from '../../../../../appliance/wire/log.ts'
import type { Clock } from '../../../../../manager/automation/ports.ts'
import type { Recipe } from '../../../../../manager/automation/recipe.ts'
import { openAutomations } from '../../../../../manager/automation/service.ts'
import { automationClaims } from '../../../../../manager/automation/store/claiming.ts'
import { OneByOne } from '../../../../../manager/automations/migrate/one-by-one.ts'
import { ownLater, withOwn } from '../../../../../manager/automations/own/broker.ts'
import { RECIPES } from '../../../../../manager/automations/recipes.ts'
import { SimulatedClock } from '../clock.ts'
import { simulatedHooks } from '../hooks.ts'
import type { Life } from '../life.ts'
import { Managers, type Serving } from '../managers.ts'
import { People } from '../people.ts'
import { Random } from '../random.ts'
import { Lives, type PoolDatabase } from './database.ts'
import type { Fault, Size } from './faults.ts'
import { Wire } from './hosts/wire.ts'
import { OF_AUTOMATIONS } from './invariants/automations.ts'
import { OF_CLAIMS } from './invariants/claims.ts'
import { AT_END } from './invariants/end.ts'
import { OF_HOSTS } from './invariants/hosts.ts'
import { endWhatStandsStill } from './operator.ts'
import { ownDoings } from './own.ts'
import type { Scenario } from './scenarios.ts'
import { Strikes } from './strikes.ts'
import { Watch } from './watch.ts'
import { type Snapshot, World } from './world.ts'

export interface Run extends Size {
  readonly broken: readonly string[]
  readonly states: readonly string[]
  readonly end: Snapshot
}

export interface Given {
  readonly seed: number
  readonly scenario: Scenario
  readonly faults: readonly Fault[]
  readonly database: PoolDatabase
  readonly from: Snapshot
  /** Milliseconds from its beginning: it is left as it is then. */
  readonly until?: number
}

/** Milliseconds: what hangs is mended then; from then on everything has to come to an end within BOUND. */
const HEALING = 1_800_000
const BOUND = 3_600_000
/** Between two looks of an operator, and of agents. */
const LOOK = 60_000
const SILENT: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }
const BY_NAME: ReadonlyMap<string, Recipe> = new Map(RECIPES.map((recipe) => [recipe.name, recipe]))

export function simulate(given: Given): Promise<Run> {
  given.database.putBack(given.from.rows)
  return new Simulation(given).run()
}

class Simulation {
  readonly #given: Given
  readonly #clock = new SimulatedClock()
  readonly #start = this.#clock.now()
  readonly #broken: string[] = []
  readonly #wire: Wire
  readonly #lives: Lives
  readonly #managers: Managers
  readonly #people: People
  readonly #world: World
  readonly #watch: Watch
  readonly #strikes: Strikes
  #ids = 0
  #keys = 0
  #wishes = 0
  #commands = 0
  #isHealed = false

  constructor(given: Given) {
    this.#given = given
    const { seed, database, from, scenario } = given
    const [random, clock] = [new Random(seed), this.#clock]
    this.#lives = new Lives({
      ...{ database, clock },
      faultAt: (commit) => this.#find('commit', commit)?.fault,
      onFault: (fault, life) => (fault.startsWith('killed') ? this.#managers.kill(life) : void this.#managers.join()),
    })
    this.#managers = new Managers({
      ...{ clock, random },
      nextLife: () => this.#lives.next(),
      open: (life, own) => this.#open(life, own),
    })
    this.#people = new People({ clock, managers: this.#managers, broken: this.#broken })
    this.#wire = new Wire({
      ...{ clock, random, broken: this.#broken },
      faultAt: (request) => this.#find('request', request)?.fault,
      onAnswer: (answer, life) => {
        if (this.#find('killed at answer', answer)) this.#managers.kill(life)
      },
    })
    this.#world = new World({
      ...{ database, clock, random, from, wire: this.#wire },
      nextCommand: () => {
        this.#commands += 1
        return this.#find('command', this.#commands)?.fault
      },
      epoch: () => this.#lives.epoch,
    })
    this.#watch = new Watch({ world: this.#world, database, guests: scenario.guests })
    this.#strikes = new Strikes({ world: this.#world, clock, random, faults: given.faults })
  }

  async run(): Promise<Run> {
    const { scenario, faults, database } = this.#given
    if (this.#given.from.reports.size === 0) for (const host of this.#world.hosts) await host.look()
    await this.#managers.join()
    for (const fault of faults) {
      if (fault.kind === 'abort') this.#clock.after(fault.at, () => this.#abort())
      if (fault.kind === 'crash') this.#clock.after(fault.at, () => this.#crash())
    }
    const most = this.#start + (this.#given.until ?? HEALING)
    for (const step of scenario.steps) {
      if (this.#broken.length > 0 || this.#clock.now() >= most) break
      for (const { after, who, recipe, args } of step(this.#world)) {
        this.#wishes += 1
        this.#keys += 1
        const key = `k${this.#keys}`
        this.#clock.after(after, () => {
          this.#wishes -= 1
          this.#people.ask({ recipe, args, who, key })
        })
      }
      await this.#until(most)
    }
    const size = {
      requests: this.#wire.requests,
      commands: this.#commands,
      commits: this.#lives.commits,
      streams: this.#strikes.streams,
      lasts: this.#clock.now() - this.#start,
    }
    if (this.#given.until === undefined) await this.#bringToEnd()
    else for (const host of this.#world.hosts) await host.look(['guests', 'vgs', 'lvs'])
    const states = database.rows('SELECT state FROM automations').map(({ state }) => String(state))
    return { ...size, broken: this.#broken, states, end: this.#world.keep() }
  }

  /** All is well from now on: it has to come to its end. */
  async #bringToEnd(): Promise<void> {
    const isStuck = !this.#isIdle() || this.#wire.isStuck
    this.#isHealed = true
    this.#managers.isHealed = true
    this.#strikes.heal()
    if (isStuck) this.#wire.heal()
    const bound = this.#clock.now() + BOUND
    do {
      await this.#helpAll()
      await this.#until(Math.min(bound, this.#clock.now() + LOOK), 'to then')
      for (const host of this.#world.hosts) await host.look(['guests', 'vgs', 'lvs'])
      await this.#until(Math.min(bound, this.#clock.now() + LOOK), 'to then')
    } while (this.#clock.now() < bound && !this.#isIdle() && this.#broken.length === 0)
    if (this.#broken.length > 0) return
    const { faults, database } = this.#given
    const end = this.#watch.end({
      faults,
      recipes: BY_NAME,
      acknowledged: this.#people.acknowledged(),
      journalOf: (automation) =>
        database
          .rows('SELECT automation, json FROM automation_journal ORDER BY automation, seq')
          .flatMap((row) => (row.automation === automation ? [String(row.json)] : [])),
    })
    for (const holds of AT_END) this.#broken.push(...holds(end))
  }

  async #until(time: number, how: 'to its end' | 'to then' = 'to its end'): Promise<void> {
    do {
      await this.#settle()
      if (this.#tick() === 'otherwise') await this.#settle()
      if (this.#broken.length > 0 || (how === 'to its end' && this.#isIdle())) break
    } while (this.#clock.step(time))
    await this.#settle()
  }

  /** Whatever goes on without time. */
  async #settle(): Promise<void> {
    do await new Promise(setImmediate)
    while (this.#lives.writing > 0)
  }

  #isIdle(): boolean {
    return this.#wishes === 0 && this.#people.waiting === 0 && this.#watch.ledger().automations.every(({ ended }) => ended !== null)
  }

  /** Whether anything is otherwise by what guests do, or by what strikes. */
  #tick(): 'as it was' | 'otherwise' {
    const changed = this.#watch.look(this.#people.acknowledged(), this.#lives.commits)
    if (changed.hosts) for (const holds of OF_HOSTS) this.#broken.push(...holds(changed.moment))
    if (changed.hosts || changed.ledger) for (const holds of OF_CLAIMS) this.#broken.push(...holds(changed.moment))
    if (changed.ledger) for (const holds of OF_AUTOMATIONS) this.#broken.push(...holds(changed.moment))
    this.#broken.push(...changed.lost)
    const before = this.#world.site
    this.#watch.live()
    this.#strikes.look()
    this.#world.wake()
    return this.#world.site === before ? 'as it was' : 'otherwise'
  }

  #abort(): void {
    const [first] = this.#openOnes()
    void this.#managers
      .newest()
      ?.serving.abort(first ?? '', 'alice')
      .catch(() => undefined)
  }

  /** Agents hear of it, as xenstore tells them. */
  #crash(): void {
    if (this.#isHealed) return
    this.#watch.crash()
    for (const host of this.#world.hosts) void host.look(['guests'])
  }

  /** An operator looks at what needs one. */
  async #helpAll(): Promise<void> {
    this.#managers.beThere()
    await endWhatStandsStill(this.#world, this.#watch.ledger())
    for (const id of this.#openOnes()) void this.#managers.newest()?.serving.retryUndo(id)
  }

  #openOnes(): readonly string[] {
    return this.#watch.ledger().automations.flatMap(({ id, ended }) => (ended === null ? [id] : []))
  }

  async #open(life: Life, clock: Clock): Promise<Serving> {
    const own = ownLater()
    const hook = this.#given.faults.find((one) => one.kind === 'hook')
    const automations = await openAutomations({
      ...{ store: this.#lives.viewOf(life), recipes: RECIPES, epoch: life.epoch, clock },
      claims: automationClaims(this.#world.claims),
      broker: withOwn(this.#wire.broker(life), own.promise),
      feed: { current: () => undefined, subscribe: () => () => undefined },
      hooks: simulatedHooks(clock, hook?.kind === 'hook' ? hook.fault : undefined),
      newId: () => {
        this.#ids += 1
        return `a${this.#ids}`
      },
      log: SILENT,
      mostOf: () => 1,
    })
    own.resolve({ automations, moves: new OneByOne(), ...ownDoings(this.#world) })
    return {
      start: (start) => automations.start(start),
      abort: (id, who) => automations.abort(id, who),
      retryUndo: (id) => automations.retryUndo(id, 'retry'),
    }
  }

  #find<Kind extends 'request' | 'command' | 'commit' | 'killed at answer'>(
    kind: Kind,
    at: number,
  ): (Fault & { readonly kind: Kind }) | undefined {
    if (this.#isHealed) return undefined
    return this.#given.faults.find((fault): fault is Fault & { readonly kind: Kind } => fault.kind === kind && fault.at === at)
  }
}
