// What a section of a report is to both ends. Each stands beside the schemas of what it tells: a section more is an entry there.
import type { z } from 'zod'

export interface SectionSpec<Schema extends z.ZodType = z.ZodType> {
  readonly schema: Schema
  /** What it is where nobody has read it. */
  readonly empty: z.output<Schema>
  /**
   * The version of the protocol that has brought it; left out: the first. Reports of older agents, and those that were stored then, are
   * as if it had been there, and empty; a manager of an older version takes no report with a problem of it.
   */
  readonly since?: number
}

export function section<Schema extends z.ZodType>(
  schema: Schema,
  empty: z.output<Schema>,
  more: { readonly since?: number } = {},
): SectionSpec<Schema> {
  return { schema, empty, ...more }
}
