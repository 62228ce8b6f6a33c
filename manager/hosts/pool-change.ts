// What the pool tells its listeners, and what it shows of a host.

import type { ProblemCode } from '../outcome.ts'
import type { KernelEvent } from '../protocol/events.ts'
import type { HostCondition, HostState } from '../protocol/host.ts'
import type { HostFields } from '../protocol/host-fields.ts'
import type { SectionName } from '../protocol/inventory.ts'
import type { Sample } from '../protocol/sample.ts'
import type { RaisedAlarm } from '../store/tables/alarms.ts'
import type { Cordon, IdentityClaim } from '../store/tables/hosts.ts'

export interface HostConnection {
  readonly address: string
  readonly agent: string
  /** Version of the protocol that both speak; left out: it is not known. */
  readonly speaks?: number
  readonly since: number
  /** Bundles that its agent was upgraded to and that did not live. */
  readonly dropped?: readonly string[]
}

/** The four as they were when one of them changed last: see conditionNow of protocol/host.ts for what is so at this moment. */
export interface HostView extends HostCondition, HostFields {
  readonly id: string
  readonly name: string
  /** Derived of the four. */
  readonly state: HostState
  /** What shows that it can run nothing, of one that is fenced. */
  readonly proof?: string
  /** Since when it is in this state; this and all times are milliseconds since the epoch. */
  readonly since: number
  readonly groups: readonly string[]
  readonly created: number
  readonly uuid?: string
  /** SMBIOS' serial number and product name, as they were told with the UUID. */
  readonly serial?: string
  readonly product?: string
  /** Who boots as this host and differs from what is known of it. */
  readonly claim?: IdentityClaim
  /** Why no guest is to come to it, in maintenance or not. */
  readonly cordon?: Cordon
  /** Sorted, those that it booted from first. */
  readonly macs: readonly { readonly mac: string; readonly boot: boolean }[]
  /** Its agent's connection, while there is one. */
  readonly connection?: HostConnection
  /** Of the inventory on disk. */
  readonly inventory?: { readonly revision: number; readonly at: number }
}

export type PoolChange =
  | { readonly kind: 'host'; readonly host: HostView }
  /** `dropped`: bundles that its agent was upgraded to and that did not live. */
  | { readonly kind: 'connected'; readonly host: string; readonly agent: string; readonly dropped: readonly string[] }
  | { readonly kind: 'inventory'; readonly host: string; readonly sections: readonly SectionName[] }
  | { readonly kind: 'sample'; readonly host: string; readonly sample: Sample }
  | { readonly kind: 'event'; readonly host: string; readonly at: number; readonly event: KernelEvent }
  | { readonly kind: 'alarm'; readonly alarm: RaisedAlarm }
  | { readonly kind: 'alarm-cleared'; readonly key: string }

/** Of what an operator asks for. */
export type Outcome =
  /** `alarm`: what a person has to look at all the same. */
  | { readonly kind: 'done'; readonly host: HostView; readonly alarm?: string }
  | { readonly kind: 'refused'; readonly reason: string; readonly code?: ProblemCode }
