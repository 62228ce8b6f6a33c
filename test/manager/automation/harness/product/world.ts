// All that is there in a simulated run: the site with its hosts, the manager's database, and what goes on between them. A run begins from
// what was kept of another, so that a guest is not made anew for each.

import { bareMachine } from '../../../../../images/agent/simulator/machine/bare.ts'
import { SimulatedSite } from '../../../../../images/agent/simulator/site.ts'
import { addDisk, addLun } from '../../../../../images/agent/simulator/state/furnish.ts'
import { type HostState, type Site, withMedium } from '../../../../../images/agent/simulator/state/site.ts'
import { streamsDue } from '../../../../../images/agent/simulator/state/streams.ts'
import type { KnownHost } from '../../../../../manager/claims/claim.ts'
import { Claims } from '../../../../../manager/claims/service.ts'
import type { Guest } from '../../../../../manager/protocol/guests.ts'
import type { Inventory } from '../../../../../manager/protocol/inventory.ts'
import { imageOf, managerWith, type TestImage } from '../../../../images/agent/disks.ts'
import { hostIn } from '../../../hosts/conditions.ts'
import type { SimulatedClock } from '../clock.ts'
import type { Random } from '../random.ts'
import type { Kept, PoolDatabase } from './database.ts'
import type { CommandFault } from './faults.ts'
import { LUN, LUN_BYTES } from './guests.ts'
import { PoolHost } from './hosts/host.ts'
import type { Wire } from './hosts/wire.ts'

export const HOSTS = ['a', 'b'] as const
/** What was on all disks before. */
export const OLD = 'another tenant'

/** What a run can begin from. */
export interface Snapshot {
  readonly site: Site
  readonly reports: ReadonlyMap<string, Inventory>
  readonly rows: Kept
}

export interface WorldOptions {
  readonly database: PoolDatabase
  readonly clock: SimulatedClock
  readonly random: Random
  readonly wire: Wire
  readonly from: Snapshot
  readonly nextCommand: (host: string) => CommandFault | undefined
  readonly epoch: () => number
}

const IMAGE = imageOf([0], 4096)
const MACHINES = HOSTS.map((_, index) => bareMachine(index))

export class World {
  readonly image: TestImage = IMAGE
  readonly hosts: readonly PoolHost[]
  readonly claims: Claims
  /** Why no guest is to come, by host: of the manager's store, which none of them loses. */
  readonly cordons = new Map<string, string>()
  readonly evacuating = new Set<string>()
  readonly #options: WorldOptions
  readonly #site: SimulatedSite
  #wakes = 0

  constructor(options: WorldOptions) {
    const { clock, random, wire, from, nextCommand, epoch, database } = options
    this.#options = options
    const steady = { wall: () => clock.now(), steady: () => clock.now(), after: clock.after }
    this.#site = new SimulatedSite({ clock: steady })
    const machines = HOSTS.map((name, index) => this.#site.host(MACHINES[index] ?? bareMachine(index), name))
    this.#site.change(() => from.site)
    const images = managerWith(IMAGE)
    this.hosts = machines.map(
      (host) =>
        new PoolHost({
          ...{ host, clock, random, images, nextCommand },
          handlers: (own) => wire.handlers(own),
          onUp: (name) => wire.isUp(name),
          newestEpoch: epoch,
          report: from.reports.get(host.name),
        }),
    )
    wire.connect(this.hosts)
    const known = (): readonly KnownHost[] => this.hosts.map((one) => this.#known(one))
    this.claims = new Claims(database.store.db, { hosts: known, knownInventory: (id) => this.host(id)?.report })
  }

  get site(): Site {
    return this.#site.state
  }

  change(act: (site: Site) => Site): void {
    this.#site.change(act)
  }

  host(name: string): PoolHost | undefined {
    return this.hosts.find((one) => one.name === name)
  }

  reportOf(name: string): Inventory {
    const host = this.host(name)
    if (!host) throw new Error(`no host ${name}`)
    return host.report
  }

  epoch(): number {
    return this.#options.epoch()
  }

  /** Something happens when streams have something to do, whoever looks. */
  wake(): void {
    const { site } = this
    const due = Math.min(...streamsDue(site))
    if (due <= site.now || due === this.#wakes || due === Number.POSITIVE_INFINITY) return
    this.#wakes = due
    this.#options.clock.after(due - site.now, () => undefined)
  }

  /** As the store has it; undefined: it has no such guest. */
  powerOf(guest: string): string | undefined {
    const row = this.#options.database.rows('SELECT uuid, power FROM guests').find(({ uuid }) => uuid === guest)
    return row && String(row.power)
  }

  /** Where its disks lie, by the store. */
  hostOf(guest: string): string | undefined {
    const row = this.#options.database.rows('SELECT uuid, host FROM guests').find(({ uuid }) => uuid === guest)
    return row && String(row.host)
  }

  /** Of its disks, by the store. */
  generationOf(guest: string): number {
    const row = this.#options.database.rows('SELECT guest, generation FROM guest_disks').find((one) => one.guest === guest)
    return Number(row?.generation ?? 1)
  }

  keep(): Snapshot {
    return {
      site: fromNow(this.site),
      reports: new Map(this.hosts.map(({ name, report }) => [name, report])),
      rows: this.#options.database.keep(),
    }
  }

  #known({ name, isUp, report }: PoolHost): KnownHost {
    return { id: name, name, ...hostIn(isUp && this.#options.wire.reaches(name) ? 'up' : 'lost'), inventory: report }
  }
}

export function domainOfReport({ guests }: Inventory, guest: string): Guest['state'] | undefined {
  return guests.find(({ uuid }) => uuid === guest)?.state
}

/** The first with room for two guests and for what the VG remembers of them. */
const BYTES = [72 << 20, 64 << 20]

/** Two hosts with a VG each on a disk that another tenant has used, another such disk, and such a LUN of both. */
export async function emptySite(): Promise<Site> {
  const site = new SimulatedSite()
  for (const [index, name] of HOSTS.entries()) {
    const host = site.host(MACHINES[index] ?? bareMachine(index), name)
    site.change((now) =>
      ['vda', 'vdb'].reduce(
        (all, disk, at) => addDisk(all, name, disk, 'virtio', { bytes: BYTES[at] ?? 0, serial: `${name}-${at + 1}` }),
        now,
      ),
    )
    site.change((now) =>
      [...now.media.values()].reduce(
        (all, medium) => withMedium(all, { ...medium, content: [{ at: 0, end: medium.sectors, stamp: OLD }] }),
        now,
      ),
    )
    const ran = await host.backend.run(['vgcreate', 'data', `/dev/vda`])
    if (ran.kind !== 'ended' || ran.exitCode !== 0) throw new Error(JSON.stringify(ran))
  }
  site.change((now) => {
    const seen = addLun(now, HOSTS, 'sdb', { bytes: LUN_BYTES, wwid: LUN })
    const lun = seen.media.get(LUN)
    return lun ? withMedium(seen, { ...lun, content: [{ at: 0, end: lun.sectors, stamp: OLD }] }) : seen
  })
  return { ...fromNow(site.state), latency: LATENCY }
}

/** Milliseconds from one relay to the other. */
export const LATENCY = 3

/** The same at the time 0: what has begun has begun before. */
function fromNow(site: Site): Site {
  const { now } = site
  const hosts = [...site.hosts.values()].map((host): HostState => {
    const domains = host.ram.domains.map(({ since, ending, ...domain }) => ({
      ...{ ...domain, since: since - now },
      ...(ending ? { ending: { ...ending, at: ending.at - now } } : {}),
    }))
    return { ...host, since: host.since - now, ram: { ...host.ram, domains } }
  })
  return { ...site, now: 0, hosts: new Map(hosts.map((host) => [host.name, host])) }
}
