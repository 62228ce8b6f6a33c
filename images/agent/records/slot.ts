// One copy of a record, as it lies in its slot: a line with a sequence number, a length and a SHA-256, then so many characters of JSON, then
// zeros. All ASCII, so that dd's output is the same as text. A copy that was torn, flipped or cut is damaged, never another record. Pure.
import { createHash } from 'node:crypto'

export const SLOT_BYTES = 64 << 10

export type Slot =
  /** Nothing but zeros. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'copy'; readonly seq: number; readonly json: string }
  | { readonly kind: 'damaged'; readonly why: string }

export interface Copy {
  /** From 1 on: of two copies the greater is the newer. */
  readonly seq: number
  /** ASCII. */
  readonly json: string
}

const NOTHING = '\0'.repeat(SLOT_BYTES)
const FORMAT = 'hostless-guest 1'
const HEAD = /^hostless-guest 1 ([1-9]\d{0,14}) ([1-9]\d{0,4}) ([0-9a-f]{64})\n/

/** Throws where it does not fit: who calls has capped it. */
export function encodeSlot({ seq, json }: Copy): string {
  const text = `${FORMAT} ${seq} ${json.length} ${digestOf(seq, json)}\n${json}`
  if (text.length > SLOT_BYTES || !/^[\x20-\x7e\n]*$/.test(text)) throw new Error(`a record of ${json.length} characters does not fit`)
  return text.padEnd(SLOT_BYTES, '\0')
}

export function decodeSlot(text: string): Slot {
  if (text === NOTHING) return { kind: 'empty' }
  const [head = '', seq, length, digest] = HEAD.exec(text) ?? []
  if (seq === undefined || digest === undefined) return damaged('it does not begin as a record')
  const json = text.slice(head.length, head.length + Number(length))
  if (json.length < Number(length)) return damaged(`it ends after ${json.length} of ${length} characters`)
  if (digest !== digestOf(Number(seq), json)) return damaged('its checksum is another one')
  return { kind: 'copy', seq: Number(seq), json }
}

function digestOf(seq: number, json: string): string {
  return createHash('sha256').update(`${FORMAT} ${seq} ${json.length}\n${json}`).digest('hex')
}

function damaged(why: string): Slot {
  return { kind: 'damaged', why }
}
