// Orders to boot something else than the pool once: how long they hold, why one is not given, and what history says of them. Pure.
import type { Refused } from '../outcome.ts'
import { ONCE_NAMES, type OnceKind, type OnceOrder, sayOnce } from '../protocol/once.ts'
import type { StoredOrder } from '../store/tables/once-orders.ts'

/** From the order to the boot that follows it, ms: nobody expects a host to do so on an order of last week. */
export const ORDER_LIFE = 24 * 3600_000

export const endOf = ({ at }: Pick<StoredOrder, 'at'>): number => at + ORDER_LIFE

export const isOver = (order: Pick<StoredOrder, 'at'>, now: number): boolean => now >= endOf(order)

/** As appliances are told. */
export function toldOrder({ id, what, at }: StoredOrder): OnceOrder {
  return { id, what, until: endOf({ at }) }
}

/** An appliance that has told of itself since this manager started. */
export interface ToldAppliance {
  readonly address: string
  readonly version: string
  /** Missing: it knows of no such orders. */
  readonly tools?: readonly string[] | undefined
}

export interface OrderFacts {
  readonly host: { readonly name: string; readonly trust: string }
  readonly what: OnceKind
  /** That its last boot was from; undefined: not known, or it has not told of itself. */
  readonly own: ToldAppliance | undefined
  readonly all: readonly ToldAppliance[]
}

/** Undefined: it may be given. Where no appliance has told of itself yet, the host's console says what is missing when it boots. */
export function refusedOrder({ host, what, own, all }: OrderFacts): Refused | undefined {
  if (host.trust === 'rejected') {
    const reason = `an admin has rejected ${host.name}, and it is not booted at all: hostless host approve ${host.name} lets it boot again`
    return { kind: 'refused', code: 'rejected', reason }
  }
  const asked = own ? [own] : all
  if (asked.length === 0) return undefined
  const where = asked.map(({ address }) => address).join(', ')
  const able = asked.filter(({ tools }) => tools !== undefined)
  if (able.length === 0) {
    const versions = [...new Set(asked.map(({ version }) => version))].join(', ')
    const reason = `the appliance ${where} (version ${versions}) does not know of such orders and would boot the pool: upgrade it first`
    return { kind: 'refused', code: 'appliance-too-old', reason }
  }
  if (what !== 'memtest' || able.some(({ tools }) => tools?.includes('memtest'))) return undefined
  const reason = `the appliance ${where} has no memtest86+: apt-get install memtest86+ there, and ask again after half a minute`
  return { kind: 'refused', code: 'no-memtest', reason }
}

export const saidOrdered = (what: OnceKind): string => `boots ${sayOnce(what)}, at its next boot within 24 h`

export const saidTakenBack = ({ what }: StoredOrder): string => `boots the pool at its next boot: ${sayOnce(what)}, is taken back`

export const saidFollowed = ({ what, who }: StoredOrder): string => `boots ${sayOnce(what)}, now, as ${who} has ordered`

export const saidOver = ({ what, who }: StoredOrder): string =>
  `boots the pool at its next boot: it did not boot within 24 h of when ${who} ordered ${ONCE_NAMES[what]}`
