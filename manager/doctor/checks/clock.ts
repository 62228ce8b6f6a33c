// Is the clock set by something? Certificates, leases and the audit log go by it. From `chronyc -c tracking` or `timedatectl show`.
import { type Judged, type Reading, unknown } from '../finding.ts'

export interface Clock {
  readonly by: 'chronyd' | 'the kernel'
  readonly isSynchronised: boolean
  /** How far it is off, s; undefined where that is not told. */
  readonly offset: number | undefined
}

/** `chronyc -c tracking`: fields by commas, of which the fifth is the offset of the system's clock and the last how far it may be trusted. */
export function parseTracking(text: string): Clock | undefined {
  const fields = text.trim().split(',')
  const offset = Number(fields[4])
  const leap = fields.at(-1) ?? ''
  if (fields.length < 14 || !Number.isFinite(offset) || leap === '') return undefined
  return { by: 'chronyd', isSynchronised: leap !== 'Not synchronised', offset }
}

/** `timedatectl show`: the kernel's own word, whoever sets its clock. */
export function parseTimedatectl(text: string): Clock | undefined {
  const said = /^NTPSynchronized=(yes|no)$/m.exec(text)?.[1]
  return said === undefined ? undefined : { by: 'the kernel', isSynchronised: said === 'yes', offset: undefined }
}

/** s: what nobody notices, and what breaks what depends on time. */
const OFF = { warning: 1, failed: 60 }

export function judgeClock(seen: Reading<Clock>): readonly Judged[] {
  if (seen.kind === 'unread') return [unknown('clock', seen)]
  const { by, isSynchronised, offset } = seen.value
  const mend = 'apt-get install chrony, and let it reach an NTP server (chronyc sources)'
  if (!isSynchronised) return [{ subject: 'clock', result: 'warning', seen: `nothing sets it, says ${by}`, mend }]
  const off = Math.abs(offset ?? 0)
  const said = offset === undefined ? `synchronised, says ${by}` : `synchronised, says ${by}: ${off.toFixed(3)} s off`
  if (off < OFF.warning) return [{ subject: 'clock', result: 'ok', seen: said }]
  return [
    { subject: 'clock', result: off < OFF.failed ? 'warning' : 'failed', seen: said, mend: 'chronyc makestep; look at chronyc sources' },
  ]
}
