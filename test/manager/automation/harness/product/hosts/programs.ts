// The programs of a simulated host as its agent starts them: those that change it take their time, and go wrong as ordered. Who has died
// hears nothing any more.
import type { Allowance, Backend, Command, Ran } from '../../../../../../images/agent/backend.ts'
import type { SimulatedHost } from '../../../../../../images/agent/simulator/site.ts'
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
  dmsetup: /^dmsetup (create|remove|load|resume)/,
  xl: /^xl (create|destroy|pause|unpause|shutdown|reboot)/,
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
    const { host, next, onAgentDies, onHostDies } = this.#options
    if (!CHANGES[command[0]]?.test(command.join(' '))) return host.backend.run(command)
    if (signal?.aborted) return STOPPED
    const fault = next(host.name, command)
    const isWanted = await this.#pass(fault === 'hangs' ? PATIENCE : undefined, signal)
    if (!mortal.isAlive) return STOPPED
    if (!isWanted || fault === 'hangs') return STOPPED
    switch (fault) {
      case undefined:
        return host.backend.run(command)
      case 'fails':
        return { kind: 'ended', exitCode: 5, stdout: '', stderr: 'it is broken' }
      case 'agent dies before':
        onAgentDies()
        // A program of a job goes on without its agent.
        return mortal.isAlive ? host.backend.run(command) : STOPPED
      case 'host dies before':
        onHostDies()
        return STOPPED
      case 'silent':
        await host.backend.run(command)
        await this.#pass(PATIENCE, signal)
        return STOPPED
      case 'agent dies after': {
        const ran = await host.backend.run(command)
        onAgentDies()
        return ran
      }
      case 'host dies after':
        await host.backend.run(command)
        onHostDies()
        return STOPPED
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

const STOPPED: Ran = { kind: 'stopped', stdout: '', reason: 'stopped before its end' }
