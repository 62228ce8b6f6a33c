// Sees what has changed since it looked last, so that only that is judged; and lets guests live: they write to their disks, and a deaf one
// does not hear that it is to end.
import { type Domain, isAlive } from '../../../../../images/agent/simulator/state/domain.ts'
import { withDomain } from '../../../../../images/agent/simulator/state/domains.ts'
import { stampAt } from '../../../../../images/agent/simulator/state/io.ts'
import type { Site } from '../../../../../images/agent/simulator/state/site.ts'
import type { PoolDatabase } from './database.ts'
import type { Fault } from './faults.ts'
import type { End } from './invariants/end.ts'
import { ownStamp } from './invariants/hosts.ts'
import { domainsOf, isThere, type Ledger, ledgerOf, type Moment } from './invariants/moment.ts'
import type { Scenario } from './scenarios.ts'
import type { World } from './world.ts'
import { Writers } from './writers.ts'

export interface WatchOptions {
  readonly world: World
  readonly database: PoolDatabase
  readonly guests: Scenario['guests']
}

export interface Changed {
  readonly moment: Moment
  readonly hosts: boolean
  readonly ledger: boolean
  /** Of what was acknowledged to guests. */
  readonly lost: readonly string[]
}

/** Sectors that a guest writes of each of its disks, at its beginning and at its end. */
const WRITES = 8

export class Watch {
  readonly #options: WatchOptions
  readonly #begunBefore: ReadonlyMap<string, number>
  readonly #written = new Set<string>()
  readonly #writers: Writers | undefined
  #ledger: Ledger | undefined
  #commits = -1
  #seen: Site | undefined
  #wrote: Site | undefined

  constructor(options: WatchOptions) {
    this.#options = options
    this.#writers = options.guests === 'writing' ? new Writers() : undefined
    this.#begunBefore = nextDomids(options.world.site)
    for (const { host, domain } of domainsOf(options.world.site)) this.#written.add(keyOf(host, domain))
  }

  /** Of what was committed when it looked last. */
  ledger(): Ledger {
    this.#ledger ??= ledgerOf(this.#options.database)
    return this.#ledger
  }

  /** Not while a commit is under way. */
  look(acknowledged: readonly string[], commits: number): Changed {
    const { world } = this.#options
    const { site } = world
    const ledger = commits !== this.#commits
    if (ledger) this.#ledger = undefined
    this.#commits = commits
    const hosts = !this.#seen || isOther(this.#seen, site)
    this.#seen = site
    return { moment: this.#moment(site, acknowledged), hosts, ledger, lost: this.#hasMoved(site) ? (this.#writers?.lost(site) ?? []) : [] }
  }

  /** What guests do by themselves. */
  live(): void {
    const { world, guests } = this.#options
    const writers = this.#writers
    if (writers && this.#hasMoved(world.site)) {
      world.change((site) => writers.write(site))
      this.#wrote = world.site
    }
    for (const { host, domain } of domainsOf(world.site)) {
      const { ending, ...deaf } = domain
      if (guests === 'deaf' && ending) world.change((site) => withDomain(site, host, deaf))
      if (!isAlive(domain) || this.#written.has(keyOf(host, domain))) continue
      this.#written.add(keyOf(host, domain))
      world.change((site) => domain.disks.reduce((all, { device }) => wrote(all, host, device, domain), site))
    }
  }

  /** Whether anything but the time is otherwise than when guests wrote last: to write to the same twice shows nothing. */
  #hasMoved({ hosts, groups, media, cuts }: Site): boolean {
    const wrote = this.#wrote
    return wrote?.hosts !== hosts || wrote.groups !== groups || wrote.media !== media || wrote.cuts !== cuts
  }

  /** All guests. */
  crash(): void {
    const { world } = this.#options
    for (const { host, domain } of domainsOf(world.site))
      if (isThere(domain)) world.change((site) => withDomain(site, host, { ...domain, state: 'crashed' }))
  }

  end({ faults, acknowledged, ...more }: Pick<End, 'recipes' | 'journalOf' | 'acknowledged'> & { readonly faults: readonly Fault[] }): End {
    const { world } = this.#options
    const moment = this.#moment(world.site, acknowledged)
    const kept = moment.ledger.automations.flatMap(({ recipe, args }) => {
      const { guest, disks } = JSON.parse(args)
      return recipe === 'destroy-guest' && disks.length === 0 ? [String(guest.uuid)] : []
    })
    return {
      ...{ ...moment, ...more, faults, kept: new Set(kept), cordons: world.cordons, evacuating: world.evacuating },
      homes: this.#rows('homes') as unknown as End['homes'],
      moves: this.#rows('moves') as unknown as End['moves'],
      isKnown: faults.every(isKnown),
      isUnbroken: faults.every(isUnbroken),
      hasOneManager: faults.every(({ kind }) => kind !== 'commit' && kind !== 'killed at answer'),
      lost:
        this.#writers?.lostOfStopped(world.site, (vg, disk) => moment.ledger.disks.some((row) => row.id === disk && row.vg_uuid === vg)) ??
        [],
      begun: new Map([...nextDomids(world.site)].map(([host, next]) => [host, next - (this.#begunBefore.get(host) ?? 0)])),
    }
  }

  #rows(table: 'homes' | 'moves') {
    return this.#options.database.rows(`SELECT * FROM ${table}`)
  }

  #moment(site: Site, acknowledged: readonly string[]): Moment {
    const reports = new Map(this.#options.world.hosts.map(({ name, report }) => [name, report]))
    return { site, reports, ledger: this.ledger(), acknowledged }
  }
}

function isKnown(fault: Fault): boolean {
  switch (fault.kind) {
    case 'commit':
    case 'killed at answer':
    case 'hook':
      return true
    case 'request':
      return fault.fault === 'fails' || fault.fault === 'lost' || fault.fault === 'twice'
    case 'command':
    case 'abort':
    case 'crash':
    case 'stream':
    case 'between':
      return false
  }
}

function isUnbroken(fault: Fault): boolean {
  if (fault.kind === 'crash') return false
  if (fault.kind === 'stream' || fault.kind === 'between') return !fault.fault.endsWith('resets')
  return !(fault.kind === 'command' && fault.fault.startsWith('host dies')) && !(fault.kind === 'request' && fault.fault === 'resets')
}

function nextDomids(site: Site): ReadonlyMap<string, number> {
  return new Map([...site.hosts.values()].map(({ name, ram }) => [name, ram.nextDomid]))
}

/** Of what invariants are about: its domains and devices, and the groups. */
function isOther(before: Site, now: Site): boolean {
  if (before.groups !== now.groups) return true
  return [...now.hosts.values()].some(({ name, ram, power }) => {
    const old = before.hosts.get(name)
    return old?.power !== power || old.ram.domains !== ram.domains || old.ram.dm !== ram.dm
  })
}

function keyOf(host: string, { domid, since }: Domain): string {
  return `${host} ${domid} ${since}`
}

function wrote(site: Site, host: string, device: string, { uuid }: Domain): Site {
  const written = stampAt(site, host, device, WRITES, WRITES, ownStamp(uuid))
  return written.kind === 'done' ? written.value : site
}
