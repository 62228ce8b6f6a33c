// What happens to live moves from without: each thing that their streams do is counted, and what is ordered for it strikes between it and
// the next one.
import { cut, heal } from '../../../../../images/agent/simulator/state/power.ts'
import type { Site } from '../../../../../images/agent/simulator/state/site.ts'
import { killRelay, killXl } from '../../../../../images/agent/simulator/state/streams.ts'
import type { SimulatedClock } from '../clock.ts'
import type { Random } from '../random.ts'
import type { Fault, StreamFault } from './faults.ts'
import { HOSTS, LATENCY, type World } from './world.ts'

export interface StrikesOptions {
  readonly world: World
  readonly clock: SimulatedClock
  readonly random: Random
  readonly faults: readonly Fault[]
}

/** Milliseconds: how long a link is cut or slow, and how slow. */
const AWAY = [200, 120_000] as const
const SLOW = [500, 5500] as const

export class Strikes {
  /** How many things streams have done. */
  streams = 0
  readonly #options: StrikesOptions
  #seen = ''
  #hosts: Site['hosts'] | undefined
  #isHealed = false

  constructor(options: StrikesOptions) {
    this.#options = options
    const { faults, clock } = options
    for (const fault of faults) if (fault.kind === 'between') clock.after(fault.at, () => this.#between(fault.fault))
  }

  /** After whatever has happened. */
  look(): void {
    const { world, faults } = this.#options
    const { hosts } = world.site
    if (hosts === this.#hosts) return
    this.#hosts = hosts
    const now = sayStreams(world.site)
    if (now === this.#seen) return
    this.#seen = now
    this.streams += 1
    for (const fault of faults) if (fault.kind === 'stream' && fault.at === this.streams) this.#strike(fault.fault)
  }

  /** Nothing strikes any more, and hosts reach each other. */
  heal(): void {
    this.#isHealed = true
    this.#mend()
  }

  #strike(fault: StreamFault): void {
    const { world, clock, random } = this.#options
    const stream = newest(world.site)
    if (!stream || this.#isHealed) return
    const { from, to, migration } = stream
    switch (fault) {
      case 'link cut':
        this.#between('cut')
        break
      case 'link slow':
        world.change((site) => ({ ...site, latency: random.whole(...SLOW) }))
        clock.after(random.whole(...AWAY), () => world.change((site) => ({ ...site, latency: LATENCY })))
        break
      case 'relay of S dies':
        world.change((site) => killRelay(site, from, migration))
        break
      case 'relay of T dies':
        world.change((site) => killRelay(site, to, migration))
        break
      case 'xl of S dies':
        world.change((site) => killXl(site, from, migration))
        break
      case 'xl of T dies':
        world.change((site) => killXl(site, to, migration))
        break
      case 'agent of S dies':
        world.host(from)?.killAgent()
        break
      case 'agent of T dies':
        world.host(to)?.killAgent()
        break
      case 'S resets':
        world.host(from)?.reset()
        break
      case 'T resets':
        world.host(to)?.reset()
    }
  }

  #between(fault: Extract<Fault, { readonly kind: 'between' }>['fault']): void {
    if (this.#isHealed) return
    const { world, clock, random } = this.#options
    if (fault !== 'cut') {
      world.host(fault === 'a resets' ? 'a' : 'b')?.reset()
      return
    }
    world.change((site) => cut(site, ...HOSTS))
    clock.after(random.whole(...AWAY), () => this.#mend())
  }

  #mend(): void {
    this.#options.world.change((site) => ({ ...heal(site, ...HOSTS), latency: LATENCY }))
  }
}

/** The newest one of which anything is there: S and T. */
function newest(site: Site): { readonly from: string; readonly to: string; readonly migration: string } | undefined {
  const all = [...site.hosts.values()].flatMap(({ name, ram }) =>
    ram.streams.map(({ end, migration, began }) => ({ name, end, migration, began })),
  )
  const last = all.sort((one, other) => one.began - other.began).at(-1)
  if (!last) return undefined
  const other = HOSTS.find((name) => name !== last.name) ?? last.name
  const [from, to] = last.end === 'source' ? [last.name, other] : [other, last.name]
  return { from, to, migration: last.migration }
}

function sayStreams(site: Site): string {
  return [...site.hosts.values()]
    .flatMap(({ name, ram }) =>
      ram.streams.map(({ migration, machine, lives, arriving, does }) =>
        [name, migration, machine.phase, lives, arriving.length, does !== undefined].join(' '),
      ),
    )
    .join()
}
