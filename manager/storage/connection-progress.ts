// How far a host is with a wanted connection, by what it has reported. Pure.
import { mayBeAsked } from '../enrolment/standing.ts'
import type { HostView } from '../hosts/pool-change.ts'
import type { Inventory } from '../protocol/inventory.ts'
import { sayUnread, unreadOf } from '../protocol/unread.ts'
import { hasSession, isMeantFor, type WantedConnection } from './wanted.ts'

export interface Progress {
  readonly state: 'connected' | 'waiting' | 'failed' | 'ending'
  readonly why: string
}

export function keyOf(connection: string, host: string): string {
  return `${connection} ${host}`
}

/** Undefined where the connection is none of the host's business. `failure`: of the last try. */
export function progressOf(
  connection: WantedConnection,
  host: HostView,
  inventory: Inventory | undefined,
  failure: string | undefined,
): Progress | undefined {
  const has = inventory !== undefined && hasSession(connection, inventory.iscsi)
  const unread = has ? undefined : sessionsUnread(inventory)
  const mayHave = has || (unread !== undefined && mayBeAsked(host))
  if (!(connection.ending ? mayHave : has || isMeantFor(connection, host))) return undefined
  if (failure !== undefined) return { state: 'failed', why: failure }
  if (has) return connection.ending ? { state: 'ending', why: 'it still has a session' } : { state: 'connected', why: 'it has a session' }
  if (unread !== undefined) return { state: connection.ending ? 'ending' : 'waiting', why: unread }
  return { state: 'waiting', why: host.connection ? 'it is being asked' : 'its agent is not connected' }
}

/** Where sessions may be missing in what it has reported: why. */
export function sessionsUnread(inventory: Inventory | undefined): string | undefined {
  const unread = inventory && sayUnread(unreadOf(inventory, ['iscsi']))
  return unread && `whether it has a session is not known: ${unread}`
}
