// The programs of a simulated host as its agent starts them: those that change it take their time, and go wrong as ordered. Who has died
// hears nothing any more.
import type { Allowance, Backend, Command, Ran } from '../../../../../../images/agent/backend.ts'
import type { SimulatedHost } from '../../../../../../images/agent/simulator/site.ts'
import type { StreamPlaces } from '../../../../../../images/agent/streams/places.ts'
import type { Relays } from '../../../../../../images/agent/streams/relays.ts'
import type { Asked, Status } from '../../../../../../images/agent/streams/status.ts'
import type { SimulatedClock } from '../../clock.ts'
import type { Random } from '../../random.ts'
import type { CommandFault } from '../faults.ts'

export interface ProgramsOptions {
  readonly host: SimulatedHost
  readonly clock: SimulatedClock
  readonly random: Random
  /** The next one that changes a host begins. */
  readonly next: (host: string, command: Command) => CommandFault | undefined
  readonly onAgentDies: () => void
  readonly onHostDies: () => void
}

/** What an agent or a boot is alive for. */
export interface Mortal {
  readonly isAlive: boolean
}

const CHANGES: { readonly [program: string]: RegExp } = {
  lvcreate: /./,
  lvchange: /./,
  lvremove: /./,
  lvextend: /./,
  vgcreate: /./,
  vgextend: /./,
  vgremove: /./,
  vgchange: /./,
  pvremove: /./,
  blkdiscard: /./,
  dd: /./,
  wipefs: /--all/,
  dmsetup: /^dmsetup (create|remove|load|resume|clear|suspend)/,
  drbdmeta: /create-md|apply-al|set-gi/,
  drbdsetup: /^drbdsetup (?!events2|show|status|get-gi)/,
  sh: /./,
  'hostless-seed': /./,
  xl: /^xl (create|destroy|pause|unpause|shutdown|reboot|rename|resume|sched-credit2 .*-c)/,
}

interface Changing<Said> {
  readonly command: Command
  readonly mortal: Mortal
  readonly signal?: AbortSignal | undefined
  readonly act: () => Promise<Said>
  /** What is heard of it when it fails, and when it is stopped before its end. */
  readonly failed: Said
  readonly stopped: Said
}

/** Seconds that a program has which hangs. */
const PATIENCE = 60_000

export class Programs {
  readonly #options: ProgramsOptions

  constructor(options: ProgramsOptions) {
    this.#options = options
  }

  /** As one that is alive or not starts them. */
  for(mortal: Mortal): Backend {
    const { backend } = this.#options.host
    const heard = mortalCalls(mortal)
    return {
      run: heard((command: Command, allowance?: Allowance) => this.run(command, mortal, allowance?.signal)),
      read: heard(backend.read),
      readFile: heard(backend.readFile),
      list: heard(backend.list),
    }
  }

  async run(command: Command, mortal: Mortal, signal?: AbortSignal): Promise<Ran> {
    const { backend } = this.#options.host
    if (!CHANGES[command[0]]?.test(command.join(' '))) return backend.run(command)
    return this.#change({ command, mortal, signal, act: () => backend.run(command), failed: BROKEN, stopped: STOPPED })
  }

  /** Relays are programs of their own: what they are told goes wrong as what changes a host does. */
  relays(mortal: Mortal): Relays {
    const { relays } = this.#options.host
    const heard = mortalCalls(mortal)
    const begin = (act: () => Promise<void>): Promise<void> =>
      this.#change({ command: ['relay'], mortal, act, failed: undefined, stopped: undefined })
    return {
      ...{ identity: relays.identity, pinOf: relays.pinOf, seed: relays.seed },
      receive: heard((places: StreamPlaces) => begin(() => relays.receive(places))),
      send: heard((places: StreamPlaces, domid: number) => begin(() => relays.send(places, domid))),
      ask: heard((places: StreamPlaces, asked: Asked) => {
        const act = (): Promise<Status | undefined> => relays.ask(places, asked)
        if (asked.ask === 'look') return act()
        return this.#change({ command: ['relay'], mortal, act, failed: undefined, stopped: undefined })
      }),
    }
  }

  async #change<Said>({ command, mortal, signal, act, failed, stopped }: Changing<Said>): Promise<Said> {
    const { host, next, onAgentDies, onHostDies } = this.#options
    if (signal?.aborted) return stopped
    const fault = next(host.name, command)
    const isWanted = await this.#pass(fault === 'hangs' ? PATIENCE : undefined, signal)
    if (!mortal.isAlive) return stopped
    if (!isWanted || fault === 'hangs') return stopped
    switch (fault) {
      case undefined:
        return act()
      case 'fails':
        return failed
      case 'agent dies before':
        onAgentDies()
        // A program of a job goes on without its agent.
        return mortal.isAlive ? act() : stopped
      case 'host dies before':
        onHostDies()
        return stopped
      case 'silent':
        await act()
        await this.#pass(PATIENCE, signal)
        return stopped
      case 'agent dies after': {
        const ran = await act()
        onAgentDies()
        return ran
      }
      case 'host dies after':
        await act()
        onHostDies()
        return stopped
    }
  }

  /** False when nobody wants it any more. */
  #pass(milliseconds: number | undefined, signal: AbortSignal | undefined): Promise<boolean> {
    const { clock, random } = this.#options
    return new Promise((resolve) => {
      const stop = clock.after(milliseconds ?? random.whole(5, 400), () => {
        signal?.removeEventListener('abort', unwanted)
        resolve(true)
      })
      const unwanted = (): void => {
        stop()
        resolve(false)
      }
      signal?.addEventListener('abort', unwanted, { once: true })
    })
  }
}

/** Of one that has died nothing is done any more, and it hears of nothing. */
export function mortalCalls(mortal: Mortal) {
  return <Given extends readonly unknown[], Answer>(act: (...given: Given) => Promise<Answer>) =>
    (...given: Given): Promise<Answer> =>
      new Promise((resolve, reject) => {
        if (!mortal.isAlive) return
        act(...given).then(
          (answer) => mortal.isAlive && resolve(answer),
          (error: unknown) => mortal.isAlive && reject(error),
        )
      })
}

const BROKEN: Ran = { kind: 'ended', exitCode: 5, stdout: '', stderr: 'it is broken' }
const STOPPED: Ran = { kind: 'stopped', stdout: '', reason: 'stopped before its end' }
