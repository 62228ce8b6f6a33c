// The boot plan: what appliances have to know of the hosts to boot them as the manager wants. Pure.
import { createHash } from 'node:crypto'
import type { HostView } from '../hosts/pool-change.ts'
import { type Plan, type PlannedHost, plannedHost } from '../protocol/appliance.ts'
import type { Trust } from '../protocol/host.ts'
import type { BootSettings } from '../store/tables/boot-settings.ts'
import { toldOrder } from './once.ts'
import type { Orders } from './orders.ts'

export interface WrittenPlan {
  /** With its quotation marks (RFC 9110, 8.8.3). */
  readonly etag: string
  readonly json: string
}

/** `captured`: ids of hosts whose next boot is to be captured. */
export function planOf(
  hosts: readonly HostView[],
  settings: ReadonlyMap<string, BootSettings>,
  orders: Orders,
  captured: ReadonlySet<string> = new Set(),
): Plan {
  const planned = hosts.flatMap(({ id, name, trust, macs }) => {
    const order = orders.get(id)
    const capture = captured.has(id) ? { capture: true } : {}
    const boots = { ...settings.get(id), ...(order ? { once: toldOrder(order) } : {}), ...capture }
    const host = { macs: macs.map(({ mac }) => mac), name, standing: standingOf(trust), ...boots }
    return plannedHost.safeParse(host).data ?? [] // one that no appliance would take keeps none of the others from it
  })
  return { hosts: planned }
}

export function writePlan(plan: Plan): WrittenPlan {
  const json = JSON.stringify(plan)
  return { etag: `"${createHash('sha256').update(json).digest('base64url')}"`, json }
}

/** A host that is in maintenance, fenced or lost boots: to come back it has to. */
function standingOf(trust: Trust): PlannedHost['standing'] {
  return trust === 'approved' ? 'known' : trust
}
