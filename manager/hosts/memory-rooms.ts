// How much memory of each host is free, by claims. Read anew at most once a second: lists are asked for far more often than claims change.
import type { Claim } from '../claims/claim.ts'
import { memoryRoom, type Room } from '../claims/rooms.ts'
import { readClaim } from '../claims/row.ts'
import { groupBy } from '../group-by.ts'
import type { Inventory } from '../protocol/inventory.ts'
import type { Store } from '../store/database.ts'
import { claimsBelow } from '../store/tables/claims.ts'
import type { LiveHost } from './live-host.ts'

const FRESH = 1000
const SPACE = 'memory:'
const NONE: readonly Claim[] = []

export class MemoryRooms {
  readonly #db: Store['db']
  readonly #hosts: ReadonlyMap<string, LiveHost>
  readonly #elapsed: () => number
  /** By host: worked out from these. */
  readonly #made = new Map<string, { readonly inventory: Inventory; readonly claims: readonly Claim[]; readonly room: Room }>()
  #claims: { readonly at: number; readonly bySpace: ReadonlyMap<string, readonly Claim[]> } | undefined

  /** `elapsed`: milliseconds, by a clock that does not jump. */
  constructor(db: Store['db'], hosts: ReadonlyMap<string, LiveHost>, elapsed: () => number) {
    this.#db = db
    this.#hosts = hosts
    this.#elapsed = elapsed
  }

  /** By host id; undefined for one whose report is not there. */
  async look(): Promise<(host: string) => Room | undefined> {
    const bySpace = await this.#bySpace()
    return (host) => {
      const inventory = this.#hosts.get(host)?.inventory
      return inventory && this.#room(host, inventory, bySpace.get(`${SPACE}${host}`) ?? NONE)
    }
  }

  #room(host: string, inventory: Inventory, claims: readonly Claim[]): Room {
    const made = this.#made.get(host)
    if (made?.inventory === inventory && made.claims === claims) return made.room
    const room = memoryRoom(inventory, claims)
    this.#made.set(host, { inventory, claims, room })
    return room
  }

  async #bySpace(): Promise<ReadonlyMap<string, readonly Claim[]>> {
    const at = this.#elapsed()
    if (this.#claims && at - this.#claims.at < FRESH) return this.#claims.bySpace
    const bySpace = groupBy((await claimsBelow(this.#db, SPACE)).map(readClaim), ({ space }) => space)
    this.#claims = { at, bySpace }
    return bySpace
  }
}
