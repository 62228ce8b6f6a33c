// Tools that print JSON, read leniently: a member of the wrong kind is as good as missing, a row that is none costs only itself.
import { z } from 'zod'
import { few, tidy } from './accept.ts'
import type { Parsed } from './reading.ts'

/** Members of a row. Older versions of a tool print numbers and flags as strings. */
export const someText = z.string().optional().catch(undefined)
export const someNumber = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^-?\d+(\.\d+)?$/)
      .transform(Number),
  ])
  .optional()
  .catch(undefined)
export const someFlag = z
  .union([z.boolean(), z.enum(['0', '1', 'true', 'false']).transform((word) => word === '1' || word === 'true')])
  .optional()
  .catch(undefined)
export const someTexts = z
  .array(z.string().nullable())
  .catch([])
  .transform((texts) => texts.filter((text) => text !== null))
/** Read on by `readRows`. */
export const someRows = z.unknown().optional()
/** As `someRows`, of a list that is always there, if only empty: a report without it was cut short. */
export const neededRows = z.array(z.unknown())

/** What the text says by this schema. Whether an empty text is a fault is for its source to say. */
export function readJson<Schema extends z.ZodType>(text: string, schema: Schema): Parsed<z.output<Schema> | undefined> {
  if (text.trim() === '') return { value: undefined, reasons: [] }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return { value: undefined, reasons: [`it is no JSON: ${tidy(messageOf(error), 120) ?? ''}`] }
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return { value: parsed.data, reasons: [] }
  const issue = parsed.error.issues[0]
  return { value: undefined, reasons: [tidy(`unknown form: ${issue?.path.map(String).join('.')} ${issue?.message}`, 200) ?? ''] }
}

/** The rows of an array that are such rows. `what` they are: `disks`. Something that is missing has no rows. */
export function readRows<Schema extends z.ZodType>(value: unknown, schema: Schema, what: string): Parsed<readonly z.output<Schema>[]> {
  if (value === undefined || value === null) return { value: [], reasons: [] }
  if (!Array.isArray(value)) return { value: [], reasons: [`${what} are no list`] }
  const rows = value.map((row) => schema.safeParse(row))
  const reasons = rows.flatMap((row, index) => (row.success ? [] : [`row ${index + 1} of ${what} has an unknown form`]))
  return { value: rows.flatMap((row) => (row.success ? [row.data] : [])), reasons: few(reasons) }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
