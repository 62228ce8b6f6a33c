// What a simulated program is: a function from the state of the site to another state and what it says. Pure; a command that cannot be
// done here at all is a SimulatorGap, so that no handler passes by something that the simulator would ignore.
import type { HostState, Site } from '../state/site.ts'
import { hostOf } from '../state/site.ts'

export interface Context {
  readonly site: Site
  /** The host that it runs on. */
  readonly host: string
  readonly program: string
  readonly args: readonly string[]
}

export type Program = (context: Context) => Outcome

export type Outcome = Ended | Waiting

export interface Ended {
  readonly kind: 'ended'
  readonly site: Site
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** Milliseconds from its start to its answer. */
  readonly takes: number
}

/** It goes on until something has come about that time or another host brings. */
export interface Waiting {
  readonly kind: 'waiting'
  readonly site: Site
  /** Undefined as long as it goes on. */
  readonly look: (site: Site) => Ended | undefined
}

/** The simulator does not know this. It is a fault of the simulator or of who calls it, never an answer of the tool. */
export class SimulatorGap extends Error {
  constructor(command: readonly string[], what: string) {
    super(`the simulator does not know ${what} of: ${command.join(' ')}`)
    this.name = 'SimulatorGap'
  }
}

export function said({ site }: Pick<Context, 'site'>, stdout: string, takes = 0): Ended {
  return { kind: 'ended', site, code: 0, stdout, stderr: '', takes }
}

export function did(site: Site, takes = 0, stdout = ''): Ended {
  return { kind: 'ended', site, code: 0, stdout, stderr: '', takes }
}

export function failed({ site }: Pick<Context, 'site'>, code: number, stderr: string, takes = 0): Ended {
  return { kind: 'ended', site, code, stdout: '', stderr: stderr === '' ? '' : `${stderr}\n`, takes }
}

export function gap({ program, args }: Context, what: string): never {
  throw new SimulatorGap([program, ...args], what)
}

export function here({ site, host }: Context): HostState {
  return hostOf(site, host)
}
