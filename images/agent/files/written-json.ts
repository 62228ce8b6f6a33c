// What this agent, or the one before it, has written down as JSON. Pure.
import type { z } from 'zod'

/** Undefined: there is none, or it is not of this form: damaged, or of a version that knows other things. */
export function readWritten<Value>(schema: z.ZodType<Value>, text: string | undefined): Value | undefined {
  if (text === undefined) return undefined
  try {
    return schema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
