// Hosts that are not logged in to what they should be, or cannot be logged out: one connection is one cause, and one alarm. Pure.
import { groupBy } from '../group-by.ts'
import type { RaisedAlarm } from '../store/tables/alarms.ts'
import { sayNames } from '../wording.ts'
import type { WantedConnection } from './wanted.ts'

export interface FailedHost {
  readonly id: string
  readonly name: string
  readonly why: string
}

/** Of more ways to fail the commonest are told. */
const MOST_REASONS = 3

/** Undefined: none has failed. */
export function alarmOf(connection: WantedConnection, failed: readonly FailedHost[]): RaisedAlarm | undefined {
  const [first, ...others] = failed.toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
  if (!first) return undefined
  const all = [first, ...others]
  const what = `${connection.target ?? 'the targets'} at ${connection.portal}`
  const who = sayNames(all.map(({ name }) => name))
  const [are, they, stay] = others.length === 0 ? ['is', 'it', 'stays'] : ['are', 'they', 'stay']
  const text = connection.ending
    ? `${who} ${stay} logged in to ${what}: ${reasonsOf(all)}. It is tried again until nothing there uses it`
    : `${who} ${are} not logged in to ${what} as ${they} should be: ${reasonsOf(all)}. It is tried again by itself; check the target, or take the connection away (hostless storage disconnect ${connection.id})`
  return { kind: 'connection-failed', about: connection.id, hosts: all.map(({ id }) => id), text }
}

/** Who says what, where they do not say the same. */
function reasonsOf(failed: readonly FailedHost[]): string {
  const byReason = [...groupBy(failed, ({ why }) => why)].sort(([, a], [, b]) => b.length - a.length)
  const [only, ...others] = byReason
  if (only && others.length === 0) return only[0]
  const said = byReason.slice(0, MOST_REASONS).map(([why, hosts]) => `${sayNames(hosts.map(({ name }) => name))}: ${why}`)
  const left = byReason.slice(MOST_REASONS).reduce((sum, [, hosts]) => sum + hosts.length, 0)
  return [...said, ...(left > 0 ? [`${left} others for other reasons`] : [])].join('; ')
}
