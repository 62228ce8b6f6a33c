// One run of a recipe on a simulated clock, with what goes wrong in it, and what must hold at every tick and at the end. It runs the real
// runner; managers that are killed leave what they had asked for to the hosts, and the store to the next one.
import type { Log } from '../../../../../appliance/wire/log.ts'
import { Advance } from '../../../../../manager/automation/advance.ts'
import type { JournalEntry } from '../../../../../manager/automation/journal.ts'
import type { ChangeFeed, Clock, Hooks } from '../../../../../manager/automation/ports.ts'
import type { Recipe } from '../../../../../manager/automation/recipe.ts'
import { Runner } from '../../../../../manager/automation/runner.ts'
import { type AutomationRecord, isOpen } from '../../../../../manager/automation/store/store.ts'
import { SimulatedClock } from '../clock.ts'
import { Random } from '../random.ts'
import { Agents } from './agents.ts'
import type { Fault } from './faults.ts'
import { type Life, MemoryStore } from './memory-store.ts'
import { Rack } from './rack.ts'
import { DEPLOY, disk, outcomeOfDeploy } from './recipes.ts'

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
  readonly #random: Random
  readonly #faults: readonly Fault[]
  readonly #rack = new Rack(HOSTS)
  readonly #store: MemoryStore
  readonly #agents: Agents
  readonly #recipe: Recipe
  readonly #broken: string[] = []
  /** By who and key. */
  readonly #acknowledged = new Map<string, string>()
  readonly #listeners = new Set<(topic: string, value: string) => void>()
  readonly #managers: { readonly life: Life; readonly runner: Runner }[] = []
  #ids = 0
  #isHealed = false

  constructor({ seed, faults, recipe = DEPLOY }: Scenario) {
    this.#random = new Random(seed)
    this.#faults = faults
    this.#recipe = recipe
    this.#store = new MemoryStore({
      clock: this.#clock,
      faultAt: (commit) => this.#find('commit', commit)?.fault,
      onFault: (fault, life) => (fault.startsWith('killed') ? this.#kill(life) : this.#join()),
      isTaken: () => !this.#isHealed && faults.some(({ kind }) => kind === 'claim'),
      onRecord: (record, journal) => this.#look(record, journal),
    })
    this.#agents = new Agents({
      clock: this.#clock,
      rack: this.#rack,
      random: this.#random,
      faultAt: (request) => this.#find('request', request)?.fault,
      onAsked: (id) => this.#asked(id),
      onAnswer: (life) => {
        if (this.#find('killed at answer', this.#agents.answers)) this.#kill(life)
      },
      newestEpoch: () => this.#store.epoch,
      onChange: () => this.#tellGuests(),
    })
  }

  async run(): Promise<Run> {
    this.#join()
    this.#clock.after(0, () => this.#startAll())
    for (const fault of this.#faults) if (fault.kind === 'abort') this.#clock.after(fault.at, () => this.#abort())
    await this.#until(this.#start + HEALING)
    this.#isHealed = true
    this.#agents.heal()
    const bound = this.#clock.now() + BOUND
    while (this.#clock.now() < bound && this.#openOnes().length > 0 && this.#broken.length === 0) {
      this.#helpAll()
      await this.#until(Math.min(bound, this.#clock.now() + 60_000))
    }
    this.#end()
    const { requests } = this.#agents
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
    void this.#ask('alice', args, 'k1')
    this.#clock.after(3, () => void this.#ask('bob', args, 'k2'))
    this.#clock.after(10, () => void this.#ask('alice', args, 'k1'))
    this.#clock.after(12, () => void this.#ask('carol', { guest: 'web2', host: 'node02', hosts: ['node03', 'node01'] }, 'k1'))
  }

  async #ask(who: string, args: object, key: string): Promise<void> {
    const runner = this.#newest()?.runner
    if (!runner) return void this.#clock.after(2000, () => void this.#ask(who, args, key))
    const lasts = { isOver: false }
    // Of a manager that has ended nobody hears: the same again, under the same key.
    this.#clock.after(20_000, () => {
      if (!lasts.isOver && !this.#isHealed) void this.#ask(who, args, key)
    })
    const started = await runner.start({ recipe: this.#recipe.name, args, who, key }).catch(() => undefined)
    if (!started || (started.kind === 'refused' && runner.stale !== undefined)) return
    lasts.isOver = true
    if (started.kind === 'done') this.#acknowledge(`${who} ${key}`, started.value.id)
    else if (
      started.kind === 'refused' &&
      runner.stale === undefined &&
      !(started.code === 'locked' && /held by automation/.test(started.reason))
    )
      this.#broken.push(`${who} was refused without a word of who holds it: ${started.reason}`)
  }

  #acknowledge(key: string, id: string): void {
    const before = this.#acknowledged.get(key)
    if (before !== undefined && before !== id) this.#broken.push(`the key ${key} has started ${before} and ${id}`)
    this.#acknowledged.set(key, id)
  }

  #abort(): void {
    const runner = this.#newest()?.runner
    const [first] = this.#openOnes()
    if (runner && first) void runner.abort(first.id, 'alice').catch(() => undefined)
  }

  /** An operator looks at what needs one. */
  #helpAll(): void {
    const newest = this.#newest()
    if (!newest) return void this.#join()
    for (const { id, state, reason } of this.#openOnes()) {
      if (state !== 'needs-operator') continue
      if (!/By hand: rack /.test(reason ?? '')) this.#broken.push(`I9: ${id} needs an operator without a command: ${reason}`)
      void newest.runner.help(id, 'retry')
    }
  }

  #newest(): { readonly life: Life; readonly runner: Runner } | undefined {
    return this.#managers.findLast(({ life, runner }) => life.isAlive && runner.stale === undefined)
  }

  #openOnes(): readonly AutomationRecord[] {
    return [...this.#store.rows.values()].map(({ record }) => record).filter(({ state }) => isOpen(state))
  }

  #kill(life: Life): void {
    if (this.#isHealed) return
    life.isAlive = false
    this.#clock.after(this.#random.whole(100, 5000), () => {
      if (!this.#newest()) this.#join()
    })
  }

  #join(): void {
    const life = this.#store.nextLife()
    const clock: Clock = {
      now: () => this.#clock.now(),
      after: (milliseconds, action) =>
        this.#clock.after(milliseconds, () => {
          if (life.isAlive) action()
        }),
    }
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
      hooks: this.#hooks(life),
      newId: () => {
        this.#ids += 1
        return `a${this.#ids}`
      },
      log: SILENT,
    })
    this.#managers.push({ life, runner })
    void runner.open()
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

  #hooks(life: Life): Hooks {
    const fault = this.#faults.find((one) => one.kind === 'hook')
    return {
      run: ({ when }) => {
        let settle: (answer: HookAnswer) => void = () => undefined
        const ended = new Promise<HookAnswer>((resolve) => {
          settle = resolve
        })
        const [after, answer] = resolvedHook(when, fault?.kind === 'hook' ? fault.fault : undefined)
        this.#clock.after(after, () => {
          if (life.isAlive) settle(answer)
        })
        return { ended, kill: () => settle({ kind: 'failed', cause: 'unknown', reason: 'it was killed' }) }
      },
    }
  }

  #asked(id: string): void {
    const [automation = '', step = ''] = id.split('/')
    if (!this.#store.hasStarted(automation, step)) this.#broken.push(`I3: ${id} was asked for before it was written down`)
  }

  /** The journal alone gives what the manager that wrote it holds in memory: so any other one goes on in the same way. */
  #look(record: AutomationRecord, journal: readonly JournalEntry[]): void {
    const { id, args, seed } = record
    const run = () => this.#recipe.of(args).run()
    const replayed = new Advance({ automation: id, seed, run })
    for (const entry of journal) replayed.feed(entry)
    if (replayed.divergence) this.#broken.push(`I8: ${id} cannot be replayed: ${JSON.stringify(replayed.divergence)}`)
    const ends = replayed.outcome?.kind
    // What the answer of a claim leads to is written down with the next commit.
    const isClaim = journal.at(-1)?.kind === 'answered' && ends === 'failed'
    if (ends !== undefined && ends !== record.state && !isClaim) this.#broken.push(`I8: ${id} is ${record.state}, its journal says ${ends}`)
    if (replayed.pending().some(({ effect }) => effect.kind === 'operator') && record.state !== 'needs-operator')
      this.#broken.push(`I9: ${id} waits for an operator in silence`)
  }

  #tick(): void {
    this.#rack.look()
    this.#broken.push(...this.#rack.broken.splice(0), ...this.#store.broken.splice(0))
    for (const id of this.#acknowledged.values())
      if (!this.#store.rows.has(id)) this.#broken.push(`I3: ${id} was acknowledged, and is gone`)
    const exclusive = this.#store.locks().filter(({ access }) => access === 'exclusive')
    if (new Set(exclusive.map(({ key }) => key)).size < exclusive.length) this.#broken.push('two automations hold one guest')
    for (const [id, times] of this.#store.claims) if (times > 1) this.#broken.push(`${id} has claimed ${times} times`)
  }

  #end(): void {
    this.#tick()
    for (const { id, state, reason } of this.#openOnes()) this.#broken.push(`I8: ${id} is ${state} an hour after all is well: ${reason}`)
    if (this.#store.locks().length > 0) this.#broken.push('I8: locks are held after the end')
    if (this.#store.claims.size > 0) this.#broken.push('I8: claims are held after the end')
    if (this.#agents.deaths === 0) for (const id of this.#rack.doubled()) this.#broken.push(`${id} was done twice`)
    for (const host of HOSTS) {
      const { disks, marks, guests } = this.#rack.host(host)
      if (marks.size > 0) this.#broken.push(`I8: ${host} is still marked by ${[...marks].join()}`)
      this.#compare(`disks of ${host}`, disks, this.#expectedDisks(host))
      if (this.#agents.deaths === 0) this.#compare(`guests of ${host}`, guests, this.#expectedGuests(host))
    }
    for (const { record } of this.#store.rows.values()) {
      const said = `${record.reason ?? ''}`
      if ((record.state === 'failed' || record.state === 'aborted') && said === '')
        this.#broken.push(`${record.id} has ended without a reason`)
    }
  }

  #compare(what: string, found: ReadonlySet<string>, expected: ReadonlySet<string>): void {
    const [is, should] = [[...found].sort().join(), [...expected].sort().join()]
    if (is !== should) this.#broken.push(`I8: the ${what} are (${is}), and should be (${should})`)
  }

  #expectedDisks(host: string): ReadonlySet<string> {
    return new Set(
      this.#done().flatMap(({ args, chosen }) => [
        ...(args.host === host ? [disk(args.guest, 'root'), disk(args.guest, 'data')] : []),
        ...(chosen === host ? [disk(args.guest, 'seed')] : []),
      ]),
    )
  }

  #expectedGuests(host: string): ReadonlySet<string> {
    return new Set(this.#done().flatMap(({ args }) => (args.host === host ? [args.guest] : [])))
  }

  #done(): readonly { readonly args: { readonly guest: string; readonly host: string }; readonly chosen: string }[] {
    return [...this.#store.rows.values()].flatMap(({ record }) => {
      if (record.state !== 'done') return []
      const run = () => this.#recipe.of(record.args).run()
      const replayed = new Advance({ automation: record.id, seed: record.seed, run })
      for (const entry of this.#store.journalOf(record.id)) replayed.feed(entry)
      const { outcome } = replayed
      if (outcome?.kind !== 'done') return []
      const { guest, host } = record.args as { guest: string; host: string }
      return [{ args: { guest, host }, chosen: outcomeOfDeploy.parse(outcome.value).chosen }]
    })
  }

  #find<Kind extends 'request' | 'commit' | 'killed at answer'>(kind: Kind, at: number): (Fault & { readonly kind: Kind }) | undefined {
    if (this.#isHealed) return undefined
    return this.#faults.find((fault): fault is Fault & { readonly kind: Kind } => fault.kind === kind && fault.at === at)
  }
}

type HookAnswer = Awaited<ReturnType<Hooks['run']>['ended']>

const resolved = (answer: HookAnswer): HookAnswer => answer

function resolvedHook(when: 'before' | 'after', fault: 'vetoes' | 'hangs' | 'warns' | undefined): readonly [number, HookAnswer] {
  const [fine, warned] = [resolved({ kind: 'value', value: {} }), resolved({ kind: 'value', value: { warning: 'it does not like this' } })]
  switch (fault) {
    case undefined:
      return [10, fine]
    case 'warns':
      return [10, when === 'after' ? warned : fine]
    case 'vetoes':
      return [10, when === 'before' ? { kind: 'failed', cause: 'vetoed', reason: 'not today' } : warned]
    case 'hangs':
      return [60_000, when === 'before' ? { kind: 'failed', cause: 'vetoed', reason: 'it took too long' } : warned]
  }
}
