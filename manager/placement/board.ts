// The hosts while guests are placed on them one after the other: what was put on one is gone for the next. It is what placement changes;
// the picture stays as it was.
import { disksByVg, spaceTaken } from './disks.ts'
import { mayPlace } from './fixed-rules.ts'
import type { Picture, PlacementHost, PlacementNeeds, PlacementRules } from './picture.ts'

/** One host, with what was put on it since. */
export class Standing {
  readonly host: PlacementHost
  /** Groups of hosts that siblings are spread over, which it is in. */
  readonly domains: readonly string[]
  memoryPut = 0
  dom0Put = 0
  vcpus: number
  guests: number
  #spacePut: Map<string, number> | undefined
  #siblingsPut: Map<string, number> | undefined

  constructor(host: PlacementHost, spread: string | undefined) {
    this.host = host
    this.vcpus = host.vcpus
    this.guests = host.guests
    this.domains = spread === undefined ? [] : host.groups.filter((group) => group.startsWith(spread))
  }

  spacePut(vg: string): number {
    return this.#spacePut?.get(vg) ?? 0
  }

  siblings(group: string): number {
    return (this.host.siblings.get(group) ?? 0) + (this.#siblingsPut?.get(group) ?? 0)
  }

  put(needs: PlacementNeeds): void {
    const { memoryBytes, dom0Bytes, vcpus, apart } = needs
    this.memoryPut += memoryBytes
    this.dom0Put += dom0Bytes
    this.vcpus += vcpus
    this.guests += 1
    for (const { vg, sizes, there } of disksByVg(needs)) {
      const place = there?.has(this.host.id) ? undefined : this.host.vgs.get(vg)
      this.#spacePut ??= new Map()
      if (place) this.#spacePut.set(vg, this.spacePut(vg) + spaceTaken(place, sizes))
    }
    if (!apart) return
    this.#siblingsPut ??= new Map()
    this.#siblingsPut.set(apart.group, (this.#siblingsPut.get(apart.group) ?? 0) + 1)
  }
}

export class Board {
  readonly standings: readonly Standing[]
  /** How far a host is to be filled, as a share of its memory. */
  readonly fullest: number
  readonly #spread: string | undefined
  /** By group of guests, then by group of hosts. */
  readonly #siblings = new Map<string, Map<string, number>>()

  constructor({ hosts }: Pick<Picture, 'hosts'>, { spread, headroom }: PlacementRules) {
    this.#spread = spread
    this.standings = hosts.map((host) => new Standing(host, spread))
    this.fullest = headroom === 'keep' ? fullestOf(hosts) : 1
  }

  /** Guests of this group on hosts that share a group with this one: the most, where it shares several. */
  siblingsAround(standing: Standing, group: string): number {
    if (this.#spread === undefined) return 0
    const counts = this.#countsOf(group)
    let most = 0
    for (const domain of standing.domains) most = Math.max(most, counts.get(domain) ?? 0)
    return standing.domains.length === 0 ? standing.siblings(group) : most
  }

  put(standing: Standing, needs: PlacementNeeds): void {
    if (needs.apart && this.#spread !== undefined) {
      const counts = this.#countsOf(needs.apart.group)
      for (const domain of standing.domains) counts.set(domain, (counts.get(domain) ?? 0) + 1)
    }
    standing.put(needs)
  }

  #countsOf(group: string): Map<string, number> {
    const known = this.#siblings.get(group)
    if (known) return known
    const counts = new Map<string, number>()
    for (const standing of this.standings) {
      const there = standing.siblings(group)
      if (there > 0) for (const domain of standing.domains) counts.set(domain, (counts.get(domain) ?? 0) + there)
    }
    this.#siblings.set(group, counts)
    return counts
  }
}

/**
 * Were all filled so far, those of the largest host would have room on the others: with shares s = largest / all, the others have
 * s × (all - largest) free, which is the (1 - s) × largest that it has.
 */
function fullestOf(hosts: readonly PlacementHost[]): number {
  let [largest, all] = [0, 0]
  for (const host of hosts) {
    const { cordon, memory } = host
    if (!mayPlace(host, cordon) || memory.kind !== 'room') continue
    largest = Math.max(largest, memory.capacity)
    all += memory.capacity
  }
  // Alone it has nobody to fall back on.
  return all > largest ? 1 - largest / all : 1
}
