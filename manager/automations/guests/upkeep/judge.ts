// How a guest that was brought to run stands with its host, by when that has booted and what it reports: it runs, is to be started again,
// has ended by itself, or stays down. Pure.
import { type Guest as Domain, sayStaysDown } from '../../../protocol/guests.ts'
import type { Inventory } from '../../../protocol/inventory.ts'
import { uncountedOf } from '../../../protocol/unread.ts'

export interface Brought {
  readonly uuid: string
  readonly name: string
  /** When it was brought to run; this and all times are milliseconds since the epoch. */
  readonly since: number
}

export interface Reporting {
  /** When it has enrolled after its boot. */
  readonly booted: number
  /** Of its last report. */
  readonly reported: number
  readonly inventory: Pick<Inventory, 'guests' | 'problems'>
}

export type Judged =
  | { readonly kind: 'runs' }
  /** Its host has booted since, and with that its domain has gone. */
  | { readonly kind: 'to start' }
  /** Its domain has gone, in this boot: its agent may just be starting it again. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'stays down'; readonly why: string }
  /** Not by this report. */
  | { readonly kind: 'unknown' }

export function judge({ uuid, name, since }: Brought, { booted, reported, inventory }: Reporting): Judged {
  if (reported <= booted || uncountedOf(inventory, ['guests']).length > 0) return { kind: 'unknown' }
  const domain: Domain | undefined = inventory.guests.find((one) => one.uuid === uuid)
  const told = inventory.problems.find(({ section, reason }) => section === 'guests' && reason.includes(sayStaysDown(name, '')))
  if (domain?.restarts?.stays === 'down' || (told && !domain)) return { kind: 'stays down', why: told?.reason ?? 'it ended too often' }
  if (domain) return { kind: 'runs' }
  return since < booted ? { kind: 'to start' } : { kind: 'gone' }
}

export interface Waiting {
  readonly uuid: string
  readonly name: string
  readonly order: number
}

export interface Started {
  readonly order: number
}

/**
 * Which of them are started now: those of the lowest order first, at most `most` at once with those that are being started; a higher order
 * waits until the lower one has been.
 */
export function nextToStart<One extends Waiting>(waiting: readonly One[], open: readonly Started[], most: number): readonly One[] {
  const lowest = Math.min(...[...waiting, ...open].map(({ order }) => order))
  const turn = waiting.filter(({ order }) => order === lowest).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return turn.slice(0, Math.max(0, most - open.length))
}
