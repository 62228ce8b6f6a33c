// What the manager sees to by itself, and with what: its tasks, in the order in which they are listed.
import type { Log } from '../appliance/wire/log.ts'
import type { After } from '../appliance/wire/timers.ts'
import type { Asked } from './agents/questions.ts'
import type { Appliances } from './appliances/service.ts'
import type { Automations } from './automation/service.ts'
import type { TaskLocks } from './automation/store/task-locks.ts'
import { type UpkeepDeps, UpkeepTask } from './automations/guests/upkeep/upkeep.ts'
import type { Pool } from './hosts/service.ts'
import type { SiteProperties } from './hosts/site-properties.ts'
import type { Measures } from './measures/service.ts'
import type { Networks } from './networks/service.ts'
import type { RequestBody } from './protocol/requests.ts'
import { type AgentBundle, VersionTask } from './reconcile/agent-versions.ts'
import { ConnectionTask } from './reconcile/connections.ts'
import type { Task } from './reconcile/driver.ts'
import { ForgetTask } from './reconcile/forgetting.ts'
import { LeftDiskTask } from './reconcile/left-disks.ts'
import { LostHostTask } from './reconcile/lost-hosts.ts'
import { OperatorAlarmTask } from './reconcile/operator-alarms.ts'
import { PropertyTask } from './reconcile/properties.ts'
import { RecordTask } from './reconcile/records.ts'
import { ReturningTask } from './reconcile/returning.ts'
import { ScanAlarmTask } from './reconcile/scan-alarms.ts'
import { ScanTask } from './reconcile/scans.ts'
import type { Connections } from './storage/connections.ts'
import type { ScanBook } from './storage/scan-book.ts'
import type { Store } from './store/database.ts'
import type { VmImages } from './vm-images/service.ts'

export interface OwnTaskDeps {
  readonly store: Store
  readonly pool: Pool
  readonly networks: Networks
  readonly automations: Automations
  readonly plans: UpkeepDeps['plans']
  readonly connections: Connections
  readonly properties: SiteProperties
  readonly scans: ScanBook
  readonly measures: Measures
  readonly images: VmImages
  readonly appliances: Appliances
  /** What automations are kept from meanwhile. */
  readonly locks: TaskLocks
  /** Tells people of what happens. */
  readonly notifying: Task
  /** `limit`: milliseconds; left out, the gateway's own. */
  readonly request: (host: string, body: RequestBody, limit?: number) => Promise<Asked>
  /** What the config calls a machine. */
  readonly nameOf: (mac: string) => string | undefined
  /** What agents are upgraded to; undefined: they stay as they are. */
  readonly bundle: AgentBundle | undefined
  /** Guests that are started at once after a power cut. */
  readonly startsAtOnce: number
  /** How long what has ended is kept, milliseconds. */
  readonly keepFor: number
  readonly epoch: number
  readonly now: () => number
  readonly after: After
  /** From 0 to 1. */
  readonly random: () => number
  readonly log: Log
}

export function ownTasks(deps: OwnTaskDeps): readonly Task[] {
  const { scans: book, pool, automations, startsAtOnce: most, bundle, notifying } = deps
  return [
    new ConnectionTask(deps),
    new PropertyTask(deps),
    new ScanTask({ ...deps, book }),
    new LeftDiskTask(deps),
    ...(bundle ? [new VersionTask({ ...deps, bundle })] : []),
    notifying,
    new RecordTask(deps),
    new UpkeepTask({ ...deps, most }),
    new ScanAlarmTask({ pool, book }),
    new OperatorAlarmTask({ automations, pool }),
    new LostHostTask(pool),
    new ReturningTask(deps),
    new ForgetTask(deps),
  ]
}
