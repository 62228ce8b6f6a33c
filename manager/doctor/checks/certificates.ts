// From when to when the certificate of the manager's authority holds. That of ours has no end, as hosts may have any clock; one that was
// put in its place may.
import { type Judged, type Reading, unknown } from '../finding.ts'

export interface Certificate {
  readonly file: string
  /** ms since the epoch. */
  readonly from: number
  readonly until: number
}

const DAY = 24 * 3600_000
/** ms: long enough to get another one. */
const SOON = 30 * DAY

/** Undefined: there is none yet. */
export function judgeCertificate(seen: Reading<Certificate | undefined>, now: number): readonly Judged[] {
  if (seen.kind === 'unread') return [unknown('manager-ca.pem', seen)]
  if (!seen.value) return [{ subject: 'manager-ca.pem', result: 'ok', seen: 'not there yet: the manager makes it at its first start' }]
  const { file, from, until } = seen.value
  const day = (time: number) => new Date(time).toISOString().slice(0, 10)
  const mend = `restore ${file} and manager-ca.key from a backup (hostless restore FILE); the manager makes one without an end where there are none`
  if (now < from)
    return [{ subject: file, result: 'failed', seen: `holds from ${day(from)} on, and it is ${day(now)}`, mend: 'set the clock' }]
  if (now > until) return [{ subject: file, result: 'failed', seen: `has ended on ${day(until)}`, mend }]
  if (until - now < SOON) return [{ subject: file, result: 'warning', seen: `ends on ${day(until)}`, mend }]
  return [{ subject: file, result: 'ok', seen: `holds until ${day(until)}` }]
}
