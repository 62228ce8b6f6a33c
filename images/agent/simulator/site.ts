// A site that is run: one state that changes, the hosts as agents see them, and a clock. The thin shell over apply: it waits where commands
// take their time, orders faults, and tells followers what their kernels tell.
import { type Backend, type Clock, type Command, type Follow, fileText, type Host, type Ran, wholeText } from '../backend.ts'
import type { ConsoleMeans } from '../consoles/channel.ts'
import type { Devices } from '../content/source.ts'
import { pause } from '../pause.ts'
import type { Files, World } from '../requests/world.ts'
import type { Relays } from '../streams/relays.ts'
import { apply } from './apply.ts'
import { JumpingClock } from './clock.ts'
import { type Ended, SimulatorGap, type Waiting } from './commands/command.ts'
import { simulatedConsoles } from './consoles.ts'
import { simulatedDevices } from './devices.ts'
import { Faults } from './faults.ts'
import type { Machine } from './machine/machine.ts'
import { simulatedRelays } from './relays.ts'
import { fileOf, namesIn } from './show/files.ts'
import { withMachine } from './state/from-machine.ts'
import { becomeMachine, powerOff, powerOn } from './state/power.ts'
import { emptySite, type HostState, hostOf, type Site, withRam } from './state/site.ts'
import { advance, hasWork, settle } from './state/time.ts'
import { told } from './tell.ts'

export interface SiteOptions {
  readonly seed?: string
  /** Without one it jumps on as commands take their time. */
  readonly clock?: Clock
  /** What is done with what the simulator does not know: a test shall fail, a host of a load test says that there is no such program. */
  readonly gaps?: 'thrown' | 'missing'
  /** Seconds after which a backend stops a command that hangs. */
  readonly limitSeconds?: number
}

export interface SimulatedHost extends Host {
  readonly name: string
  readonly files: Files
  /** What the content of disks is written to. */
  readonly devices: Devices
  readonly consoles: Pick<ConsoleMeans, 'logs' | 'terminals'>
  readonly relays: Relays
  readonly faults: Faults
  /** The machine as it is now. */
  readonly machine: () => Machine
  readonly state: () => HostState
  /** What requests are done with; `collect` is the observation's. */
  world(collect?: World['collect']): World
  /** Is told of every command before it is done. */
  listen(onCommand: (command: Command) => void): void
  /** It becomes another one (a cable is pulled, a guest ends), and its kernel tells what changed. */
  become(machine: Machine): void
  /** The power goes: RAM is lost, disks stay. */
  die(): void
  boot(): void
}

/** While nothing waits for time, a waiting command is looked at again after each change. */
const LOOK = 100

export class SimulatedSite {
  readonly #clock: Clock
  readonly #start: number
  readonly #options: SiteOptions
  readonly #waiting: { readonly machine: Machine; readonly name: string }[] = []
  readonly #followers = new Set<{ readonly host: string; readonly program: string; readonly tell: (line: string) => void }>()
  readonly #watchers = new Set<() => void>()
  #site: Site

  constructor(options: SiteOptions = {}) {
    this.#options = options
    this.#clock = options.clock ?? new JumpingClock()
    this.#start = this.#clock.steady()
    this.#site = emptySite(options.seed ?? 'site')
  }

  /** As it is now. Machines that nobody has looked at yet come into being here. */
  get state(): Site {
    for (const { machine, name } of this.#waiting.splice(0)) this.#site = withMachine(this.#site, machine, name)
    const now = this.#clock.steady() - this.#start
    if (now > this.#site.now) this.#set(advance(this.#site, now))
    return this.#site
  }

  change(act: (site: Site) => Site): void {
    this.#set(settle(act(this.state)))
  }

  /** Time goes by, on a clock that jumps. */
  pass(milliseconds: number): void {
    if (this.#clock instanceof JumpingClock) this.#clock.advance(milliseconds)
    this.change((site) => site)
  }

  host(machine: Machine, name = machine.name): SimulatedHost {
    this.#waiting.push({ machine, name })
    const faults = new Faults()
    const listeners: ((command: Command) => void)[] = []
    const state = (): HostState => hostOf(this.state, name)
    const backend: Backend = {
      run: async (command) => {
        for (const listener of listeners) listener(command)
        return this.#run(name, command, faults)
      },
      read: async (path) => wholeText(await backend.readFile(path)),
      readFile: async (path) => fileText(state().power === 'off' ? undefined : fileOf(this.state, state(), path)),
      list: async (path) => (state().power === 'off' ? [] : namesIn(this.state, state(), path)),
    }
    const files: Files = {
      write: async (path, content, mode) => {
        const text = typeof content === 'string' ? content : Buffer.from(content).toString('latin1')
        this.change((site) => withRam(site, name, { files: new Map(hostOf(site, name).ram.files).set(path, { text, mode }) }))
      },
      remove: async (path) =>
        this.change((site) => withRam(site, name, { files: new Map([...hostOf(site, name).ram.files].filter(([one]) => one !== path)) })),
    }
    const follow: Follow = ([program], tell) => {
      const follower = { host: name, program, tell }
      this.#followers.add(follower)
      return () => this.#followers.delete(follower)
    }
    return {
      name,
      backend,
      follow,
      files,
      devices: simulatedDevices(
        () => this.state,
        (act) => this.change(act),
        name,
      ),
      consoles: simulatedConsoles(
        () => hostOf(this.state, name).ram,
        (path, text) =>
          this.change((site) => withRam(site, name, { files: new Map(hostOf(site, name).ram.files).set(path, { text, mode: 0o600 }) })),
      ),
      relays: simulatedRelays({
        ...{ site: () => this.state, change: (act) => this.change(act), host: name },
        steady: () => this.#clock.steady(),
        changed: (milliseconds) =>
          this.#clock instanceof JumpingClock ? pause(this.#waitingClock(), Math.min(milliseconds, LOOK)) : this.#changed(milliseconds),
      }),
      faults,
      clock: this.#clock,
      machine: () => this.#waiting.find((one) => one.name === name)?.machine ?? state().machine,
      state,
      world: (collect = async () => undefined) => ({ backend, files, clock: this.#waitingClock(), collect }),
      listen: (onCommand) => void listeners.push(onCommand),
      become: (next) => this.change((site) => becomeMachine(site, name, next)),
      die: () => this.change((site) => powerOff(site, name)),
      boot: () => this.change((site) => powerOn(site, name)),
    }
  }

  /** Who waits on a clock that jumps lets the time go by; whoever else acts meanwhile has his turn first. */
  #waitingClock(): World['clock'] {
    const clock = this.#clock
    if (!(clock instanceof JumpingClock)) return clock
    return {
      steady: () => clock.steady(),
      after: (milliseconds, action) => {
        const stop = clock.after(milliseconds, action)
        const due = clock.steady() + milliseconds
        void Promise.resolve().then(() => this.pass(Math.max(0, due - clock.steady())))
        return stop
      },
    }
  }

  async #run(name: string, command: Command, faults: Faults): Promise<Ran> {
    const fault = faults.take(command)
    switch (fault?.kind) {
      case 'fails':
        return { kind: 'ended', exitCode: fault.code ?? 1, stdout: '', stderr: fault.stderr ?? 'it is broken' }
      case 'missing':
        return { kind: 'missing' }
      case 'says':
        return fault.ran
      case 'hangs':
        return this.#hang()
      case 'late':
        await this.#pass(fault.milliseconds)
        return this.#apply(name, command)
      case 'answer-lost':
        await this.#apply(name, command)
        return this.#hang()
      case 'dies':
        if (fault.when === 'after') await this.#apply(name, command)
        this.change((site) => powerOff(site, name))
        return GONE
      case undefined:
        return this.#apply(name, command)
    }
  }

  async #apply(name: string, command: Command): Promise<Ran> {
    const { state } = this
    if (hostOf(state, name).power === 'off') return GONE
    let applied: ReturnType<typeof apply>
    try {
      applied = apply(state, name, command, state.now)
    } catch (error) {
      if (error instanceof SimulatorGap && this.#options.gaps === 'missing') return { kind: 'missing' }
      throw error
    }
    this.#set(applied.site)
    switch (applied.kind) {
      case 'missing':
        return { kind: 'missing' }
      case 'ended':
        await this.#pass(applied.takes)
        return answerOf(applied)
      case 'waiting':
        return this.#await(name, applied)
    }
  }

  /** Until it has come about, the host dies, or the backend has no more patience. */
  async #await(name: string, { look }: Waiting): Promise<Ran> {
    for (;;) {
      if (hostOf(this.state, name).power === 'off') return GONE
      const ended = look(this.state)
      if (ended) {
        this.#set(settle(ended.site))
        return answerOf(ended)
      }
      if (this.#clock instanceof JumpingClock && hasWork(this.state)) {
        // Whoever else acts meanwhile has his turn first.
        await Promise.resolve()
        this.#clock.advance(LOOK)
      } else await this.#changed(LOOK)
    }
  }

  /** The next change, of whatever; or the time of the next look. */
  #changed(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.#clock.after(milliseconds, done)
      const watchers = this.#watchers
      function done(): void {
        watchers.delete(done)
        stop()
        resolve()
      }
      watchers.add(done)
    })
  }

  async #hang(): Promise<Ran> {
    const seconds = this.#options.limitSeconds ?? 60
    await this.#pass(seconds * 1000)
    return { kind: 'stopped', stdout: '', reason: `stopped after ${seconds} s` }
  }

  /** On a clock that somebody else moves, commands take no time. */
  async #pass(milliseconds: number): Promise<void> {
    if (this.#clock instanceof JumpingClock) this.#clock.advance(milliseconds)
  }

  #set(next: Site): void {
    const before = this.#site
    this.#site = next
    if (before === next) return
    for (const host of new Set([...this.#followers].map((one) => one.host))) {
      if (!before.hosts.has(host)) continue
      const lines = told(before, next, host)
      for (const follower of this.#followers)
        if (follower.host === host) for (const { program, line } of lines) if (program === follower.program) follower.tell(line)
    }
    for (const watcher of [...this.#watchers]) watcher()
  }
}

/** The agent is gone with its host: nobody hears this. */
const GONE: Ran = { kind: 'stopped', stdout: '', reason: 'ended with its host' }

function answerOf({ code, stdout, stderr }: Ended): Ran {
  return { kind: 'ended', exitCode: code, stdout, stderr }
}
