// Where a guest can start: all hosts by placement, with what claims and reports leave of each.

import type { Claim } from '../claims/claim.ts'
import { guestMemory } from '../claims/needs.ts'
import type { Room } from '../claims/rooms.ts'
import { readClaim } from '../claims/row.ts'
import type { CpuFeatures } from '../cpu/host.ts'
import { groupBy } from '../group-by.ts'
import type { Pool } from '../hosts/service.ts'
import { isOn, type Network } from '../networks/network.ts'
import type { Networks } from '../networks/service.ts'
import { Board, type Standing } from '../placement/board.ts'
import { type Picture, type PlacementNeeds, type PlacementRules, placementHost, USUAL_RULES } from '../placement/picture.ts'
import { type HostVerdict, rank } from '../placement/place.ts'
import { type Reason, sayReason } from '../placement/reason.ts'
import type { GuestSpec } from '../protocol/guest-spec.ts'
import type { Store } from '../store/database.ts'
import { claimsBelow } from '../store/tables/claims.ts'
import { allGuests } from '../store/tables/guests.ts'
import { type GivenCpu, givenCpu } from './cpu.ts'
import { guestRecord } from './guest.ts'

export interface WhereOptions {
  readonly store: Pick<Store, 'db'>
  readonly pool: Pick<Pool, 'hosts' | 'knownInventory' | 'matrix' | 'cpu'>
  readonly networks: Pick<Networks, 'list'>
}

export interface Places {
  /** The best first. */
  readonly fits: readonly { readonly host: string; readonly name: string }[]
  readonly refused: readonly {
    readonly host: string
    readonly name: string
    readonly reasons: readonly string[]
    /** Of the reasons, in their order, for programs. */
    readonly codes: readonly (Reason['kind'] | 'unreported')[]
  }[]
}

export interface Ground {
  places(wanted: Wanted): Promise<Places>
  /** On the host of this id, for all that is asked from now on. */
  put(host: string, needs: PlacementNeeds): void
  /** Of each host that has reported. */
  rooms(): readonly HostRoom[]
}

/** What is free of a host, with what was put on it. What could not be read is not free. */
export interface HostRoom {
  readonly id: string
  readonly memoryBytes: number
  readonly vcpus: number
  readonly guests: number
  /** Bytes, by each name that a VG has there. */
  readonly vgs: ReadonlyMap<string, number>
}

export interface Wanted {
  readonly spec: GuestSpec
  /** Of a guest whose disks are there: their host alone, and no more space. */
  readonly placed?: { readonly uuid: string; readonly host: string }
  /** Of a guest that is to go to another host, with all of its disks. */
  readonly moving?: {
    readonly from: string
    readonly disks: PlacementNeeds['space']
    /** `live`: it runs, with this CPU; undefined: that is not known, and all that its host gives is meant. */
    readonly cpu: { readonly kind: 'live'; readonly features: CpuFeatures | undefined } | { readonly kind: 'anew' }
  }
  /** Ids of the hosts that are asked about. */
  readonly among?: ReadonlySet<string>
}

export class Where {
  readonly #options: WhereOptions

  constructor(options: WhereOptions) {
    this.#options = options
  }

  async places(wanted: Wanted): Promise<Places> {
    return (await this.ground()).places(wanted)
  }

  /** What a guest is given of the CPU of this host; undefined where that is not known. */
  async cpuOn(host: string, { cpu }: Pick<GuestSpec, 'cpu'>): Promise<GivenCpu | undefined> {
    const { pool } = this.#options
    const [matrix, { levels }] = [await pool.matrix(), await pool.cpu()]
    return givenCpu(cpu, matrix.cpuOf(host), levels)
  }

  /** The hosts as they stand now, to plan for several guests: what is put on one is gone for the next. */
  async ground(): Promise<Ground> {
    const [picture, known] = [await this.picture(), await this.#options.networks.list()]
    const board = new Board(picture, USUAL_RULES)
    return {
      places: async (wanted) => this.#placesOn({ picture, board, known }, wanted),
      put(host, needs) {
        const standing = board.standings.find((one) => one.host.id === host)
        if (standing) board.put(standing, needs)
      },
      rooms: () => board.standings.map(roomOf),
    }
  }

  #placesOn(
    { picture, board, known }: { readonly picture: Picture; readonly board: Board; readonly known: readonly Network[] },
    wanted: Wanted,
  ): Places {
    const { pool } = this.#options
    const needs = needsOf(wanted, known, (network) => this.#attached(network))
    const verdicts = rank(picture, needs, rulesOf(wanted), board)
    const reported = new Set(picture.hosts.map(({ id }) => id))
    const silent = pool.hosts().filter(({ id, trust }) => trust !== 'rejected' && !reported.has(id))
    return {
      fits: verdicts.flatMap((one) => (one.kind === 'fits' ? [{ host: one.host.id, name: one.host.name }] : [])),
      refused: [
        ...verdicts.flatMap((one) => (one.kind === 'fits' ? [] : [refusedBy(one, picture)])),
        ...silent.map(({ id, name }) => ({
          host: id,
          name,
          reasons: [`${name} has not reported what it has`],
          codes: ['unreported' as const],
        })),
      ],
    }
  }

  /** The hosts that have reported, as they stand. */
  async picture(): Promise<Picture> {
    const { pool, store } = this.#options
    const matrix = await pool.matrix()
    const [rows, ...claims] = await Promise.all([
      allGuests(store.db),
      ...['memory:', 'dom0-memory:', 'vg:'].map((prefix) => claimsBelow(store.db, prefix)),
    ])
    const bySpace: ReadonlyMap<string, readonly Claim[]> = groupBy(claims.flat().map(readClaim), ({ space }) => space)
    const placed = groupBy(
      rows.map((row) => guestRecord(row, [])),
      ({ host }) => host ?? '',
    )
    const hosts = pool.hosts().flatMap((view) => {
      const { id, name, trust, presence, service, power, groups, cordon } = view
      const inventory = pool.knownInventory(id)
      if (!inventory || trust === 'rejected') return []
      const there = placed.get(id) ?? []
      return placementHost({
        host: { id, name, trust, presence, service, power, inventory },
        ...{ groups, cordon: cordon?.reason, cpu: matrix.cpuOf(id), claims: bySpace },
        placed: there.map(({ uuid, spec }) => ({ uuid, vcpus: spec.vcpus, groups: spec.groups })),
      })
    })
    return { hosts, reach: matrix }
  }

  #attached(network: Network | undefined): ReadonlySet<string> {
    const { pool } = this.#options
    const there = pool.hosts().filter(({ id }) => network && isOn(network, id, pool.knownInventory(id)) === 'yes')
    return new Set(there.map(({ id }) => id))
  }
}

function roomOf(standing: Standing): HostRoom {
  const { host, memoryPut, vcpus, guests } = standing
  const { vcpusPerThread, mostGuests } = USUAL_RULES
  const free = (room: Room): number => (room.kind === 'room' ? room.free : 0)
  return {
    id: host.id,
    memoryBytes: free(host.memory) - memoryPut,
    vcpus: (host.threads ?? 0) * vcpusPerThread - vcpus,
    guests: mostGuests - guests,
    vgs: new Map([...host.vgs].map(([vg, { room }]) => [vg, free(room) - standing.spacePut(vg)])),
  }
}

function refusedBy(one: HostVerdict & { readonly kind: 'against' }, { reach }: Picture): Places['refused'][number] {
  const reasons = one.reasons.map((reason) => sayReason(one.host, reason, reach))
  return { host: one.host.id, name: one.host.name, reasons, codes: one.reasons.map(({ kind }) => kind) }
}

function rulesOf({ placed, among }: Wanted): PlacementRules {
  if (placed) return { ...USUAL_RULES, among: new Set([placed.host]), home: placed.host }
  return among ? { ...USUAL_RULES, among } : USUAL_RULES
}

function needsOf(
  { spec, placed, moving }: Wanted,
  networks: readonly Network[],
  attached: (network: Network | undefined) => ReadonlySet<string>,
): PlacementNeeds {
  const names = [...new Set(spec.nics.map(({ network }) => network))]
  return {
    memoryBytes: memoryNeeded(spec),
    dom0Bytes: 0,
    // Of a guest that is placed its vCPUs are counted there already.
    vcpus: placed ? 0 : spec.vcpus,
    space: placed ? [] : (moving?.disks ?? spaceOf(spec)),
    ...{ networks: [], storage: [] },
    attach: names.map((network) => ({ network, hosts: attached(networks.find(({ name }) => name === network)) })),
    cpu: cpuNeeds(moving),
  }
}

function cpuNeeds(moving: Wanted['moving']): PlacementNeeds['cpu'] {
  if (moving?.cpu.kind !== 'live') return { kind: 'start', type: 'pvh' }
  const { features } = moving.cpu
  return { kind: 'move', guest: { type: 'pvh', ...(features ? { features } : {}) }, from: moving.from }
}

/** With the least that a seed takes: how large it is says who makes it. */
function spaceOf({ disks, seed }: GuestSpec): PlacementNeeds['space'] {
  const thick = disks.flatMap(({ pool, size, thinPool }) => (thinPool === undefined ? [{ vg: pool, bytes: size }] : []))
  const [first] = disks
  return seed && first?.thinPool === undefined && first ? [...thick, { vg: first.pool, bytes: 1 }] : thick
}

/** All that it may take of its host. */
export function memoryNeeded({ memory, maxMemory = memory, vcpus, maxVcpus = vcpus }: GuestSpec): number {
  return guestMemory({ memoryBytes: maxMemory, vcpus: maxVcpus })
}
