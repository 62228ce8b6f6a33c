// Simulated hosts as the tests of requests want them: one bare machine, furnished, with what was run on it and collected written down.
import type { Command } from '../../../images/agent/backend.ts'
import type { World } from '../../../images/agent/requests/world.ts'
import { bareMachine } from '../../../images/agent/simulator/machine/bare.ts'
import { type SimulatedHost, SimulatedSite } from '../../../images/agent/simulator/site.ts'
import { addTarget } from '../../../images/agent/simulator/state/furnish.ts'
import { silence } from '../../../images/agent/simulator/state/power.ts'
import type { Session, Site } from '../../../images/agent/simulator/state/site.ts'

export interface Watched {
  readonly site: SimulatedSite
  readonly host: SimulatedHost
  readonly world: World
  readonly commands: readonly Command[]
  /** The sections of each time, joined. */
  readonly collected: readonly string[]
  runs(program: string): readonly Command[]
  sessions(): readonly Session[]
  file(path: string): string | undefined
  mode(path: string): number | undefined
  /** All that is in files. */
  texts(): string
  /** Nobody answers at this portal; or again somebody does. */
  silence(portal: string, how: 'silent' | 'answering'): void
}

export function watchedHost(furnish: (site: Site, host: string) => Site = (site) => site, index = 0): Watched {
  const site = new SimulatedSite()
  const host = site.host(bareMachine(index))
  const commands: Command[] = []
  const collected: string[] = []
  host.listen((command) => commands.push(command))
  site.change((now) => furnish(now, host.name))
  return {
    site,
    host,
    world: host.world(async (names) => collected.push(names.join())),
    commands,
    collected,
    runs: (program) => commands.filter(([name]) => name === program),
    sessions: () => host.state().ram.sessions,
    file: (path) => host.state().ram.files.get(path)?.text,
    mode: (path) => host.state().ram.files.get(path)?.mode,
    texts: () => [...host.state().ram.files.values()].map(({ text }) => text).join(),
    silence: (portal, how) => site.change((now) => silence(now, portal, how)),
  }
}

export interface TargetGiven {
  readonly name: string
  readonly portals: readonly string[]
  readonly chap?: { readonly user: string; readonly password: string }
  /** Of its one LUN. */
  readonly wwid?: string
}

/** A host that reaches these targets, and is logged in to none. */
export function hostWithTargets(targets: readonly TargetGiven[]): Watched {
  return watchedHost((site) =>
    targets.reduce(
      (all, { wwid, ...target }) => addTarget(all, { ...target, luns: [{ bytes: 1 << 26, ...(wwid === undefined ? {} : { wwid }) }] }),
      site,
    ),
  )
}
