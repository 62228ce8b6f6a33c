// Whether a start that names an Idempotency-Key is a new one. Keys are each caller's own. Pure.
import { createHash } from 'node:crypto'

export interface RequestKey {
  readonly who: string
  /** As the header has it. */
  readonly key: string
}

/** Characters of a key. */
export const MOST_KEY = 255

export type Repeat =
  | { readonly kind: 'new' }
  /** Nothing new is started. */
  | { readonly kind: 'same'; readonly automation: string }
  | { readonly kind: 'other'; readonly automation: string }

/** `known`: who has used this key before. */
export function repeatOf(body: string, known: { readonly automation: string; readonly body: string } | undefined): Repeat {
  if (!known) return { kind: 'new' }
  return { kind: known.body === body ? 'same' : 'other', automation: known.automation }
}

/** What is kept of a key: of one length, and nobody else's. */
export function hashOfKey({ who, key }: RequestKey): string {
  return hash(JSON.stringify([who, key]))
}

/** Of what was asked for and with what; the order of members says nothing. */
export function hashOfBody(what: string, body: unknown): string {
  return hash(JSON.stringify([what, ordered(body)]))
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(members.map(([name, member]) => [name, ordered(member)]))
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
