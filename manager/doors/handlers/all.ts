// The handlers of the whole contract, over the rooms of the manager.
import type { Access } from '../../access/access.ts'
import type { Automations } from '../../automation/service.ts'
import type { MoveRates } from '../../automations/migrate/rates/rates.ts'
import type { SiteProperties } from '../../hosts/site-properties.ts'
import type { Connections } from '../../storage/connections.ts'
import type { Tasks } from '../../tasks/tasks.ts'
import type { VmImages } from '../../vm-images/service.ts'
import { HostAnswers } from '../answers/hosts.ts'
import { MatrixAnswers } from '../answers/matrix.ts'
import { accessHandlers, auditHandlers, tokenHandlers, userHandlers } from './access.ts'
import { alarmHandlers } from './alarms.ts'
import { automationHandlers } from './automations.ts'
import { type CaptureDeps, captureHandlers } from './captures.ts'
import { type ChecklistDeps, checklistHandlers } from './checklist.ts'
import { connectionHandlers } from './connections.ts'
import { type ConsoleDeps, consoleHandlers } from './consoles.ts'
import { cpuHandlers } from './cpu.ts'
import { evacuationHandlers } from './evacuations.ts'
import type { Handlers } from './handlers.ts'
import { bootHandlers, guestHandlers, type HostDeps, hostHandlers, shownOrder } from './hosts.ts'
import { type ManagerDeps, managerHandlers } from './manager.ts'
import { type MeasureDeps, measureHandlers } from './measures.ts'
import { migrationHandlers } from './migrations.ts'
import { type NetworkDeps, networkHandlers } from './networks.ts'
import { type NotificationBook, notificationHandlers } from './notifications.ts'
import { propertyHandlers } from './properties.ts'
import { secondFactorHandlers } from './second-factor.ts'
import { type StorageDeps, storageHandlers } from './storage.ts'
import { taskHandlers } from './tasks.ts'
import { placementHandlers, type ThingDeps, thingHandlers } from './things.ts'
import { vmImageHandlers, vmImageUploadHandlers } from './vm-images.ts'
import { type VmDeps, vmHandlers } from './vms.ts'

export interface HandlerDeps
  extends Omit<HostDeps, 'answers' | 'boots'>,
    Omit<ThingDeps, 'answers'>,
    ManagerDeps,
    Pick<ChecklistDeps, 'findings' | 'now'>,
    Pick<StorageDeps, 'claims'>,
    Pick<VmDeps, 'guests'>,
    Pick<ConsoleDeps, 'consoles'>,
    Pick<MeasureDeps, 'measures'>,
    Pick<NetworkDeps, 'networks'> {
  readonly access: Access
  readonly boots: HostDeps['boots'] & CaptureDeps['boots']
  readonly automations: Automations
  readonly moveRates: Pick<MoveRates, 'change' | 'of'>
  /** Long work of all kinds, automations too. */
  readonly work: Tasks
  readonly connections: Pick<Connections, 'list' | 'connect' | 'disconnect'>
  readonly properties: Pick<SiteProperties, 'text' | 'shown' | 'set'>
  readonly images: VmImages
  readonly notifications: NotificationBook
}

export interface Made {
  readonly handlers: Handlers
  /** What answers the two lists that are kept as text. */
  readonly hosts: HostAnswers
  readonly matrix: MatrixAnswers
}

export function createHandlers(deps: HandlerDeps): Made {
  const { pool, access } = deps
  const answers = new HostAnswers(pool, {
    imageOf: (host) => deps.boots.imageOf(host),
    onceOf: (host) => shownOrder(deps.boots.onceOf(host.id)),
  })
  const matrix = new MatrixAnswers(pool, deps.scans)
  const hosts: HostDeps = { ...deps, answers }
  const handlers: Handlers = {
    hosts: hostHandlers(hosts),
    boots: bootHandlers(hosts),
    captures: captureHandlers(deps),
    checklist: checklistHandlers(deps),
    guests: guestHandlers(hosts),
    vms: vmHandlers(deps),
    consoles: consoleHandlers(deps),
    measured: measureHandlers(deps),
    migrations: migrationHandlers(deps),
    evacuations: evacuationHandlers(deps),
    networks: networkHandlers(deps),
    things: thingHandlers({ ...deps, answers: matrix }),
    placements: placementHandlers(deps),
    cpu: cpuHandlers(pool),
    automations: automationHandlers(deps.automations, deps.moveRates),
    tasks: taskHandlers(deps.work),
    alarms: alarmHandlers(pool),
    notifications: notificationHandlers(deps.notifications),
    connections: connectionHandlers(deps.connections),
    properties: propertyHandlers(deps.properties),
    storage: storageHandlers(deps),
    vmImages: vmImageHandlers(deps.images),
    vmImageUploads: vmImageUploadHandlers(deps.images),
    access: accessHandlers(access),
    users: userHandlers(access),
    secondFactor: secondFactorHandlers(access),
    tokens: tokenHandlers(access),
    audit: auditHandlers(access, (host) => pool.find(host)?.id),
    manager: managerHandlers(deps),
  }
  return { handlers, hosts: answers, matrix }
}
