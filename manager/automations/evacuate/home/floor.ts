// Hosts with what is free of each while guests go from one to another: what a move needs is taken of its target before its source has
// anything back. Pure.

/** Of a host, by what it is of: `memory`, `vcpus`, `guests`, `vg UUID`, `apart GROUP`. What is not there is none. */
export type Amounts = ReadonlyMap<string, number>

export interface HomingHost {
  readonly id: string
  readonly free: Amounts
}

export interface HomingGuest {
  readonly uuid: string
  /** Id of the host that it is on, and of the one that it goes home to. */
  readonly on: string
  readonly home: string
  /** `restart`: it runs, and cannot go live; `stopped`: it has no memory, and has to have room for it all the same. */
  readonly way: 'live' | 'stopped' | 'restart'
  /** By the id of each host that nothing but room speaks against: all that it takes of it when it runs. Its own and its home are among them. */
  readonly takes: ReadonlyMap<string, Amounts>
}

/** Of a host: whether what leaves it gives its space back at once, or keeps it, to go back to. */
export type Space = 'freed' | 'kept'

export interface Lack {
  readonly what: string
  readonly free: number
  readonly needed: number
}

const NONE: Amounts = new Map()

export class Floor {
  readonly #space: Space
  readonly #free: Map<string, Map<string, number>>
  readonly #on: Map<string, string>
  /** That were stopped for the others. */
  readonly #halted: Set<string>

  constructor(space: Space, from: readonly HomingHost[] | Floor, guests: readonly HomingGuest[] = []) {
    this.#space = space
    if (from instanceof Floor) {
      this.#free = new Map([...from.#free].map(([id, free]) => [id, new Map(free)]))
      this.#on = new Map(from.#on)
      this.#halted = new Set(from.#halted)
      return
    }
    this.#free = new Map(from.map(({ id, free }) => [id, new Map(free)]))
    this.#on = new Map(guests.map(({ uuid, on }) => [uuid, on]))
    this.#halted = new Set()
  }

  copy(): Floor {
    return new Floor(this.#space, this)
  }

  on({ uuid, on }: HomingGuest): string {
    return this.#on.get(uuid) ?? on
  }

  isHome(guest: HomingGuest): boolean {
    return this.on(guest) === guest.home
  }

  isHalted({ uuid }: HomingGuest): boolean {
    return this.#halted.has(uuid)
  }

  /** What a host has too little of for it; undefined: it may not go there at all. */
  lacks(guest: HomingGuest, host: string): readonly Lack[] | undefined {
    const needs = guest.takes.get(host)
    const free = this.#free.get(host)
    if (!needs || !free) return undefined
    return [...needs].flatMap(([what, needed]) => {
      const left = free.get(what) ?? 0
      return needed <= left || needed === 0 ? [] : [{ what, free: left, needed }]
    })
  }

  fits(guest: HomingGuest, host: string): boolean {
    return this.lacks(guest, host)?.length === 0
  }

  /** It is on its way there: it has both hosts, until it has left the one that it was on; what is stopped has to find room for its memory, too. */
  take(guest: HomingGuest, host: string): void {
    this.#change(host, guest.takes.get(host) ?? NONE, -1)
  }

  arrive(guest: HomingGuest, host: string): void {
    const from = this.on(guest)
    const left = [...this.#held(guest)].filter(([what]) => this.#space === 'freed' || !what.startsWith('vg '))
    this.#change(from, new Map(left), 1)
    this.#on.set(guest.uuid, host)
    if (guest.way === 'stopped') this.#change(host, memoryOf(guest, host), 1)
    // It is started where it has come to.
    this.#halted.delete(guest.uuid)
  }

  /** It runs nowhere until it has come to another host: its memory is free meanwhile, its disks are not. */
  halt(guest: HomingGuest): void {
    const on = this.on(guest)
    this.#change(on, memoryOf(guest, on), 1)
    this.#halted.add(guest.uuid)
  }

  /** Of the host that it is on. */
  #held(guest: HomingGuest): Amounts {
    const all = guest.takes.get(this.on(guest)) ?? NONE
    return guest.way === 'stopped' || this.isHalted(guest) ? new Map([...all].filter(([what]) => what !== MEMORY)) : all
  }

  #change(host: string, amounts: Amounts, sign: 1 | -1): void {
    const free = this.#free.get(host)
    for (const [what, amount] of amounts) free?.set(what, (free.get(what) ?? 0) + sign * amount)
  }
}

export const MEMORY = 'memory'

function memoryOf(guest: HomingGuest, host: string): Amounts {
  return new Map([[MEMORY, guest.takes.get(host)?.get(MEMORY) ?? 0]])
}
