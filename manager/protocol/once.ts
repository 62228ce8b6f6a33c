// What a host boots once instead of the pool: the orders that appliances get with the plan, and what they tell of those that they have
// followed. Append-only as messages.ts is.
import { z } from 'zod'
import { count, mac, record, word } from './values.ts'

export const ONCE_KINDS = ['local', 'memtest', 'shell'] as const
export type OnceKind = (typeof ONCE_KINDS)[number]

/** For people. */
export const ONCE_NAMES: Readonly<Record<OnceKind, string>> = { local: 'local disk', memtest: 'memtest86+', shell: 'iPXE shell' }

/** `memtest86+, once`: how a boot of it went. */
export const sayOnce = (kind: OnceKind): string => `${ONCE_NAMES[kind]}, once`

/** 16 characters of base32: another with each order, so that one is never taken for the next. */
const orderId = z.string().regex(/^[a-z2-7]{16}$/, 'is no id of an order')

/**
 * Of one host. `what`: a kind, or one that a later manager knows and this appliance does not: it is not followed, and the plan holds all
 * the same. `until`: milliseconds since the epoch; a boot that begins later is of the pool.
 */
export const onceOrder = record({ id: orderId, what: word(16), until: count })

/** An order that an appliance has followed, and by which boot attempt: its script has left, or the appliance died just then. */
export const onceFollowed = record({
  id: orderId,
  attempt: z.string().regex(/^[a-z2-7]{16}$/, 'is no attempt id'),
  mac,
  what: word(16),
  /** Milliseconds since the epoch, by the appliance's clock. */
  at: count,
})

export function onceKind(text: string): OnceKind | undefined {
  return ONCE_KINDS.find((kind) => kind === text)
}

export type OnceOrder = z.output<typeof onceOrder>
export type OnceFollowed = z.output<typeof onceFollowed>

/** `up`, or `memtest86+, once`. */
export function sayOutcome({ outcome, once }: { readonly outcome: string; readonly once?: OnceKind | undefined }): string {
  return outcome === 'once' && once ? sayOnce(once) : outcome
}
