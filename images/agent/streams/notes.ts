// What two relays tell each other beside xl's stream. The words of the two xl are told as notes, too, and said to the other xl in its own
// octets: so none of them is passed on by chance. Pure.
import { z } from 'zod'
import { migrationId, streamCause } from '../../../manager/protocol/requests/streams.ts'
import { record, uuid, word } from '../../../manager/protocol/values.ts'

const hello = record({ note: z.literal('hello'), migration: migrationId, guest: uuid })
/** This end gives the stream up. */
const dropped = record({ note: z.literal('dropped'), cause: streamCause, reason: word(512) })
/** It is there. */
const beat = record({ note: z.literal('beat') })

const ofSource = z.discriminatedUnion('note', [
  hello,
  dropped,
  beat,
  record({ note: z.literal('suspended') }),
  /** Its xl has the word and has given the guest up: it will not go on here by itself. */
  record({ note: z.literal('given-up') }),
])

const ofTarget = z.discriminatedUnion('note', [
  hello,
  dropped,
  beat,
  /** Its xl reads. */
  record({ note: z.literal('ready') }),
  /** The guest is whole and paused. */
  record({ note: z.literal('held') }),
  /** The word is passed on. */
  record({ note: z.literal('word') }),
  /** 0: the guest goes on there. Another one: it does not, and nothing of it is left there. */
  record({ note: z.literal('report'), code: z.int().min(0).max(255) }),
])

export type NoteOfSource = z.output<typeof ofSource>
export type NoteOfTarget = z.output<typeof ofTarget>

export function encode(note: NoteOfSource | NoteOfTarget): string {
  return JSON.stringify(note)
}

/** Undefined: it is none. */
export function noteOfSource(text: string): NoteOfSource | undefined {
  return ofSource.safeParse(parsed(text)).data
}

export function noteOfTarget(text: string): NoteOfTarget | undefined {
  return ofTarget.safeParse(parsed(text)).data
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
