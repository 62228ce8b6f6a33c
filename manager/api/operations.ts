// What can be asked of the manager and done with it: the REST API and the web page both stand on this, and on nothing below it.
// `who`: the user's name, as history and audit write it. A refusal is a value; its reason is for the user to read.

import type { Done } from '../outcome.ts'
import type { Inventory } from '../protocol/inventory.ts'
import type { TaskStatus } from '../reconcile/driver.ts'
import type { BootAttempt, BootSettings, Guest, HistoryEntry, Host, HostAction, HostActionBody, HostChange } from './schema-hosts.ts'
import type {
  Alarm,
  Appliance,
  Cell,
  CpuExplanation,
  CpuPool,
  LocalStorage,
  Matrix,
  Placement,
  PlacementAsk,
  PoolEvent,
  Thing,
  ThingDetail,
} from './schema-pool.ts'
import type { NewSiteConnection, SiteConnection, SiteProperties } from './schema-site.ts'

export type { Done } from '../outcome.ts'

/** What an admin wants on every host. */
export interface SiteOperations {
  /** Oldest first; also those that are being taken away, until no host has a session. */
  connections(): Promise<readonly SiteConnection[]>
  connect(connection: NewSiteConnection, who: string): Promise<Done<SiteConnection>>
  disconnect(id: string, who: string): Promise<Done<SiteConnection>>
  properties(): Promise<SiteProperties>
  /** All of the file. Its commands run as root on every host: for admins, and into the audit. */
  setProperties(text: string, who: string): Promise<Done<SiteProperties>>
  /** What the manager sees to by itself. */
  tasks(): readonly TaskStatus[]
}

/** The matrix without its reasons. */
export interface Reaches {
  /** Ids of the hosts that have reported. */
  readonly hosts: readonly string[]
  readonly rows: readonly (Thing & { readonly reachers: ReadonlySet<string> })[]
}

export interface Operations {
  /** By name, numbers in their order. */
  hosts(): Promise<readonly Host[]>
  /** `ref`: id or name, here and below. */
  host(ref: string): Promise<Host | undefined>
  inventory(ref: string): Promise<Inventory | undefined>
  /** Newest first. */
  history(ref: string, limit: number): Promise<readonly HistoryEntry[] | undefined>
  boots(ref: string): Promise<readonly BootAttempt[] | undefined>
  changeHost(ref: string, change: HostChange, who: string): Promise<Done<Host>>
  /** What was set of what it boots; empty where all is its appliance's default. */
  bootSettings(ref: string): Promise<BootSettings | undefined>
  /** What it boots from its next boot on; what is left out stays, null is the default of its appliance. */
  setBoot(ref: string, wanted: BootSettings, who: string): Promise<Done<Host>>
  actOnHost(ref: string, action: HostAction, given: HostActionBody, who: string): Promise<Done<Host>>

  /** Heard of last comes first. */
  appliances(): Promise<readonly Appliance[]>

  guests(): Promise<readonly Guest[]>

  matrix(): Promise<Matrix>
  /** In a fraction of the time that the matrix takes: most of that goes into saying why not. */
  reaches(): Promise<Reaches>
  /** What one host reaches, and what it does not and why. */
  reachOf(ref: string): Promise<readonly (Thing & Cell)[] | undefined>
  things(): Promise<readonly Thing[]>
  thing(key: string): Promise<ThingDetail | undefined>
  /** A host that reaches this file system or export looks anew which images lie there. */
  scan(key: string): Promise<Done<ThingDetail>>
  /** One cell; undefined for a host or a key that is not there. */
  cell(key: string, ref: string): Promise<Cell | undefined>
  localStorage(): Promise<readonly LocalStorage[]>
  place(ask: PlacementAsk): Promise<Placement>

  cpu(): Promise<CpuPool>
  explainCpu(from: string, to: string, type: 'pv' | 'pvh' | 'hvm'): Promise<Done<CpuExplanation>>

  alarms(): Promise<readonly Alarm[]>
  clearAlarm(key: string, who: string): Promise<Done<null>>

  /** Until the function that it returns is called. */
  subscribe(listener: (event: PoolEvent) => void): () => void
}
