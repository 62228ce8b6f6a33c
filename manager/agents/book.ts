// What the gateway tells of the hosts, and asks: the inventory's service is behind it.
import type { KernelEvent } from '../protocol/events.ts'
import type { HostCondition } from '../protocol/host.ts'
import type { Sample } from '../protocol/sample.ts'
import type { RaisedAlarm } from '../store/tables/alarms.ts'
import type { Report, Revision } from '../store/tables/inventories.ts'

export interface ConnectedAgent {
  readonly address: string
  /** Its version. */
  readonly agent: string
  /** Version of the protocol that is spoken with it. */
  readonly speaks: number
  /** SHA-256 of bundles that it was given and that did not live. */
  readonly dropped: readonly string[]
}

export interface AgentBook {
  conditionOf(host: string): HostCondition | undefined
  /** Its agent was connected no longer ago than it may be away before the host is lost. */
  wasHere(host: string): boolean
  /** What is on disk of this host's inventory. */
  revisionOf(host: string): Revision | undefined
  connected(host: string, agent: ConnectedAgent): Promise<void>
  /** The connection is gone; whether the host is lost shows when none comes in its place. */
  disconnected(host: string): void
  /** Resolves when it is on disk. */
  report(host: string, report: Report): Promise<void>
  sample(host: string, sample: Sample): void
  event(host: string, at: number, event: KernelEvent): void
  /** An enrolment has made or changed this host. */
  enrolled(host: string): Promise<void>
  /** Its appliance says that a machine with this MAC boots. */
  boots(mac: string): Promise<void>
  alarm(alarm: RaisedAlarm): Promise<void>
  /** It is on disk already. */
  alarmRaised(alarm: RaisedAlarm): void
}
