// All that can be asked of the manager, a file a feature: what is not here is not answered.
import { access, audit, tokens, users } from './access.ts'
import { alarms } from './alarms.ts'
import { automations } from './automations.ts'
import { boots } from './boots.ts'
import { captures } from './captures.ts'
import { checklist } from './checklist.ts'
import { connections } from './connections.ts'
import { consoles } from './consoles.ts'
import { cpu } from './cpu.ts'
import { evacuations } from './evacuations.ts'
import { events } from './events.ts'
import { guests } from './guests.ts'
import { hosts } from './hosts.ts'
import { manager } from './manager.ts'
import { measured } from './measures.ts'
import { migrations } from './migrations.ts'
import { networks } from './networks.ts'
import { notifications } from './notifications.ts'
import type { Operation } from './operation.ts'
import { placements } from './placement.ts'
import { properties } from './properties.ts'
import { secondFactor } from './second-factor.ts'
import { storage } from './storage.ts'
import { tasks } from './tasks.ts'
import { things } from './things.ts'
import { vmImages, vmImageUploads } from './vm-images.ts'
import { vms } from './vms.ts'

export const CONTRACT = {
  hosts,
  boots,
  captures,
  checklist,
  guests,
  vms,
  consoles,
  measured,
  migrations,
  evacuations,
  networks,
  things,
  vmImages,
  vmImageUploads,
  placements,
  cpu,
  automations,
  tasks,
  storage,
  alarms,
  notifications,
  connections,
  properties,
  access,
  users,
  secondFactor,
  tokens,
  audit,
  events,
  manager,
}

export type Contract = typeof CONTRACT

export interface Named {
  /** `hosts.list`. */
  readonly id: string
  readonly operation: Operation
}

export const OPERATIONS: readonly Named[] = Object.entries<Readonly<Record<string, Operation>>>(CONTRACT).flatMap(([feature, declared]) =>
  Object.entries(declared).map(([name, operation]) => ({ id: `${feature}.${name}`, operation })),
)
