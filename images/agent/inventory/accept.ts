// From what a parser found to records of the protocol: each is checked alone, so that one odd device costs itself and not the section.
import type { z } from 'zod'
import { mend, worse } from './mend.ts'
import { lacksIn, type Parsed, type Reason } from './reading.ts'

/** What a parser may offer for a record: optional members may be undefined. */
export type Candidate<Value> = Value extends readonly (infer Item)[]
  ? readonly Candidate<Item>[]
  : Value extends object
    ? { [Key in keyof Value]: Record<never, never> extends Pick<Value, Key> ? Candidate<Value[Key]> | undefined : Candidate<Value[Key]> }
    : Value

/** More of one kind than these are only counted: a broken tool must not fill the report. */
const REASONS_OF_ONE_KIND = 4
const LONGEST_REASON = 300
const LONGEST_NAME = 120

/** Those of the candidates that are records. `what` names one in a reason: `disk sda`. At most `limit` are taken. */
export function acceptAll<Schema extends z.ZodType>(
  schema: Schema,
  candidates: readonly Candidate<z.input<Schema>>[],
  what: (candidate: Candidate<z.input<Schema>>) => string,
  limit: number = Number.POSITIVE_INFINITY,
): Parsed<readonly z.output<Schema>[]> {
  const value: z.output<Schema>[] = []
  const reasons: Reason[] = []
  for (const candidate of candidates.slice(0, limit)) {
    const accepted = accept(schema, candidate, what(candidate))
    if (accepted.value !== undefined) value.push(accepted.value)
    reasons.push(...accepted.reasons)
  }
  if (candidates.length > limit) reasons.unshift(`there are ${candidates.length}; only the first ${limit} are reported`)
  return { value, reasons: few(reasons) }
}

/**
 * The record without what is not as it should be: optional members, items of its lists, and what is beyond the limit of a list, each
 * of them alone and at any depth. Undefined when that does not make it one.
 */
export function accept<Schema extends z.ZodType>(
  schema: Schema,
  candidate: Candidate<z.input<Schema>>,
  what: string,
): Parsed<z.output<Schema> | undefined> {
  const { value, faults, lacks } = mend(schema, withoutUndefined(candidate))
  if (value !== undefined && faults.length === 0) return { value, reasons: [] }
  // However long the name is, what is wrong with it is said.
  const name = tidy(what, LONGEST_NAME) ?? 'one without a name'
  const said = `${faults.join('; ')}${value === undefined ? '' : ' (left out)'}`
  const text = `${name}: ${tidy(said, LONGEST_REASON - name.length) ?? 'wrong'}`
  return { value, reasons: [value === undefined ? text : { text, lacks }] }
}

/** The first few, and how many more there were: the least among those is told as it is. */
export function few(reasons: readonly Reason[]): readonly Reason[] {
  const more = reasons.slice(REASONS_OF_ONE_KIND)
  if (more.length <= 1) return reasons
  const lacks = more.map(lacksIn).reduce(worse)
  const text = `and ${more.length} more like these`
  return [...reasons.slice(0, REASONS_OF_ONE_KIND), lacks === 'items' ? text : { text, lacks }]
}

/**
 * Text for people: what cannot be printed becomes U+FFFD, blanks at the ends go, and so does what is beyond `limit` UTF-16 units.
 * Undefined when nothing is left. Not for names that others refer to: a changed name would be another one.
 */
export function tidy(text: string | undefined, limit: number): string | undefined {
  if (text === undefined) return undefined
  const printable = text
    .slice(0, limit * 2)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .replace(/[\p{Cf}\p{Cs}]/gu, '\ufffd')
    .trim()
  const cut = printable.slice(0, limit).replace(/[\ud800-\udbff]$/, '')
  return cut === '' ? undefined : cut.trimEnd()
}

/** A whole number from 0 on, written in decimal digits and nothing else; undefined where it is none or too large to be exact. */
export function whole(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,16}$/.test(text.trim())) return undefined
  const value = Number(text.trim())
  return Number.isSafeInteger(value) ? value : undefined
}

function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]) => [key, withoutUndefined(member)]),
  )
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
