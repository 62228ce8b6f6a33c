// Was a database written by a newer hostless than this one?
import { type Judged, type Reading, unknown } from '../finding.ts'

export interface SeenSchema {
  /** `/var/lib/hostless/manager.db`. */
  readonly place: string
  /** Undefined: there is none yet. */
  readonly version: number | undefined
  /** The newest that this hostless knows. */
  readonly known: number
  /** Whether a copy is kept before it is upgraded. */
  readonly isCopied: boolean
}

export function judgeSchemas(seen: readonly (Reading<SeenSchema> & { readonly subject: string })[]): readonly Judged[] {
  return seen.map((one) => (one.kind === 'unread' ? unknown(one.subject, one) : judgeSchema(one.value)))
}

function judgeSchema({ place: subject, version, known, isCopied }: SeenSchema): Judged {
  if (version === undefined) return { subject, result: 'ok', seen: 'not there yet: made at the first start' }
  if (version > known) {
    const mend = 'start the newer hostless, or restore a backup of before (hostless restore FILE)'
    return { subject, result: 'failed', seen: `schema ${version}, and this hostless knows up to ${known}`, mend }
  }
  if (version === known) return { subject, result: 'ok', seen: `schema ${version}, the newest` }
  return { subject, result: 'ok', seen: `schema ${version}: upgraded to ${known} at the next start${isCopied ? ', a copy is kept' : ''}` }
}
