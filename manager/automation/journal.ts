// What is written down of an automation, in the order in which it happened: a replay is a fold over it. Append only; nothing in it changes.
import { z } from 'zod'
import type { JournaledEffect } from './effect.ts'
import { CAUSES, type Cause } from './failure.ts'

export type StepAnswer =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly cause: Cause; readonly reason: string }

export type JournalEntry =
  /** Before anybody acts on it. `at`: milliseconds since the epoch. */
  | { readonly kind: 'started'; readonly step: string; readonly at: number; readonly effect: JournaledEffect }
  /** `effect`: of what is answered by being written down, and was not begun before. */
  | {
      readonly kind: 'answered'
      readonly step: string
      readonly at: number
      readonly answer: StepAnswer
      readonly effect?: JournaledEffect
    }
  | { readonly kind: 'abort'; readonly at: number; readonly who: string }
  /** Somebody wants it to go on with a recipe of another version. */
  | { readonly kind: 'adopted'; readonly at: number; readonly who: string; readonly version: number }
  /** Its recipe cannot be replayed, and somebody wants what it has done to be taken back without it. */
  | { readonly kind: 'unwind'; readonly at: number; readonly who: string }

const at = z.number()
const tagged = z.object({ kind: z.string() })
const effect = z.custom<JournaledEffect>((value) => tagged.safeParse(value).success)

const stepAnswer = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('value'), value: z.unknown() }),
  z.object({ kind: z.literal('failed'), cause: z.enum(CAUSES), reason: z.string() }),
])

const entry = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('started'), step: z.string(), at, effect }),
  z.object({ kind: z.literal('answered'), step: z.string(), at, answer: stepAnswer, effect: effect.exactOptional() }),
  z.object({ kind: z.literal('abort'), at, who: z.string() }),
  z.object({ kind: z.literal('adopted'), at, who: z.string(), version: z.number() }),
  z.object({ kind: z.literal('unwind'), at, who: z.string() }),
])

const commit = z.array(entry)

export function encodeEntries(entries: readonly JournalEntry[]): string {
  return JSON.stringify(entries)
}

/** Throws on what we have not written. */
export function decodeEntries(text: string): readonly JournalEntry[] {
  return commit.parse(JSON.parse(text))
}
