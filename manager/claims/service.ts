// Claims in the store: taken and released within the transaction of what justifies them. Two transactions see each other's, as the store
// lets one write at a time: what is decided is decided on all that was committed. Decisions are in arbitrate.ts.
import type { Inventory } from '../protocol/inventory.ts'
import type { Store, Transaction } from '../store/database.ts'
import type { ClaimsTable } from '../store/schema.ts'
import { addClaims, claimedGuests, claimsIn, claimsOf, removeClaims } from '../store/tables/claims.ts'
import { inventoryOf } from '../store/tables/inventories.ts'
import { arbitrate, looksOf } from './arbitrate.ts'
import { type Claim, type Holder, type KnownHost, spaceOf, type Thing } from './claim.ts'
import type { Need } from './needs.ts'
import { type Refusal, sayRefusal } from './refusal.ts'
import { readClaim } from './row.ts'
import { lostGuests } from './writers.ts'

export type Taken =
  | { readonly kind: 'taken'; readonly claims: readonly Claim[] }
  /** Nothing was taken. `code` and `reason`: of all refusals, for programs and people. */
  | {
      readonly kind: 'refused'
      readonly code: Refusal['code']
      readonly reason: string
      readonly refusals: readonly Refusal[]
    }

/** What claims rest on of the pool. */
export interface Reports {
  /** `inventory`: whether there is one. */
  hosts(): readonly (Omit<KnownHost, 'inventory'> & { readonly inventory?: unknown })[]
  /** Of what is in memory. */
  knownInventory(id: string): Inventory | undefined
}

export class Claims {
  readonly #db: Store['db']
  readonly #reports: Reports

  constructor(db: Store['db'], reports: Reports) {
    this.#db = db
    this.#reports = reports
  }

  /** All of it or nothing. What the holder had of the parts that the needs name is replaced: to ask twice is to ask once. */
  async take(transaction: Transaction, holder: Holder, needs: readonly Need[]): Promise<Taken> {
    const hosts = await this.#hosts(transaction)
    const [others, own] = [await claimsIn(transaction, looksOf(holder, needs, hosts)), await claimsOf(transaction, holder.kind, holder.id)]
    const claimed = await claimedGuests(transaction, lostGuests(needs, hosts))
    const verdict = arbitrate(holder, needs, {
      hosts,
      claims: [...new Map([...own, ...others].map((row) => [keyOf(row), row])).values()].map(readClaim),
      claimed,
    })
    if (verdict.kind === 'refused') return refusedBy(verdict.refusals)
    await removeClaims(transaction, holder.kind, holder.id, [...new Set(needs.map(({ part }) => part))])
    await addClaims(transaction, merged(verdict.claims).map(rowOf))
    return verdict
  }

  /** `parts`: of it alone; left out: all that it holds. */
  async release(transaction: Transaction, holder: Pick<Holder, 'kind' | 'id'>, parts?: readonly string[]): Promise<void> {
    await removeClaims(transaction, holder.kind, holder.id, parts)
  }

  async of(holder: Pick<Holder, 'kind' | 'id'>): Promise<readonly Claim[]> {
    return (await claimsOf(this.#db, holder.kind, holder.id)).map(readClaim)
  }

  async on(thing: Thing): Promise<readonly Claim[]> {
    return (await claimsIn(this.#db, [{ space: spaceOf(thing) }])).map(readClaim)
  }

  /** A manager that has just started has not all of the reports in memory yet: that must not pass for hosts that use nothing. */
  async #hosts(transaction: Transaction): Promise<ReadonlyMap<string, KnownHost>> {
    const hosts = new Map<string, KnownHost>()
    for (const { id, name, trust, presence, service, power, inventory: reported } of this.#reports.hosts()) {
      const known = this.#reports.knownInventory(id)
      const inventory = known ?? (reported === undefined ? undefined : await inventoryOf(transaction, id))
      hosts.set(id, { id, name, trust, presence, service, power, inventory })
    }
    return hosts
  }
}

function refusedBy(refusals: readonly Refusal[]): Taken {
  // What is not known weighs most: nobody must take it for a lack that goes away by itself.
  const code = refusals.find((one) => one.code === 'unread')?.code ?? refusals[0]?.code ?? 'unknown'
  return { kind: 'refused', code, reason: refusals.map(sayRefusal).join('; '), refusals }
}

export function rowOf({ holder, part, guest, space, mode, start, length, item }: Claim): ClaimsTable {
  return {
    holder_kind: holder.kind,
    holder: holder.id,
    holder_name: holder.name,
    part,
    guest: guest ?? null,
    space,
    mode,
    start,
    length,
    item,
  }
}

/** What one part needs twice of one thing is one row: amounts add up. */
function merged(claims: readonly Claim[]): readonly Claim[] {
  const rows = new Map<string, Claim>()
  for (const claim of claims) {
    const key = keyOf(rowOf(claim))
    const known = rows.get(key)
    rows.set(key, known && claim.mode === 'amount' ? { ...claim, length: known.length + claim.length } : claim)
  }
  return [...rows.values()]
}

function keyOf({ holder_kind, holder, part, space, start, item }: ClaimsTable): string {
  return JSON.stringify([holder_kind, holder, part, space, start, item])
}
