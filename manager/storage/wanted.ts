// Which host lacks which connection, from what it has reported. Pure.

import { mayBeAsked } from '../enrolment/standing.ts'
import type { HostCondition } from '../protocol/host.ts'
import type { Iscsi } from '../protocol/storage.ts'

/** An iSCSI target, or all of a portal: what hosts are to be logged in to. */
export interface WantedConnection {
  readonly id: string
  readonly portal: string
  readonly target: string | undefined
  /** None: every host's. */
  readonly groups: readonly string[]
  /** Taken away: its sessions are to end. */
  readonly ending: boolean
}

export interface Candidate extends Pick<HostCondition, 'trust' | 'power'> {
  readonly groups: readonly string[]
}

/** In whose name a host logs in: its own for good, whatever it is called and whatever hardware it has. */
export function initiatorOf(host: string): string {
  return `iqn.2026-11.io.hostless:${host}`
}

export function isMeantFor({ groups }: Pick<WantedConnection, 'groups'>, host: Candidate): boolean {
  return mayBeAsked(host) && (groups.length === 0 || groups.some((group) => host.groups.includes(group)))
}

/** A session that has lost its target for now counts: open-iscsi brings it back by itself. */
export function hasSession({ portal, target }: Pick<WantedConnection, 'portal' | 'target'>, { sessions }: Iscsi): boolean {
  return sessions.some((session) =>
    target === undefined ? [session.portal, session.recordPortal].includes(portal) : session.target === target,
  )
}

/** `others`: all connections; a session that one of them wants stays. */
export function stepFor(
  connection: WantedConnection,
  host: Candidate,
  iscsi: Iscsi,
  others: readonly WantedConnection[],
): 'connect' | 'disconnect' | 'nothing' {
  if (!connection.ending) return isMeantFor(connection, host) && !hasSession(connection, iscsi) ? 'connect' : 'nothing'
  if (!mayBeAsked(host) || !hasSession(connection, iscsi)) return 'nothing'
  const isHeld = others.some((other) => !other.ending && isMeantFor(other, host) && overlaps(other, connection))
  return isHeld ? 'nothing' : 'disconnect'
}

/** One without a target is about whatever its portal has. */
function overlaps(a: WantedConnection, b: WantedConnection): boolean {
  return a.target === undefined || b.target === undefined ? a.portal === b.portal : a.target === b.target
}
