// The rebuild of what hosts alone know, put together: hosts are looked at over the gateway, and forgotten ones are known again by their reports.

import type { NewerManagers } from '../../agents/newer-managers.ts'
import type { Gateway } from '../../agents/server.ts'
import type { Claims } from '../../claims/service.ts'
import { identify } from '../../enrolment/identify.ts'
import type { Pool } from '../../hosts/service.ts'
import type { Networks } from '../../networks/service.ts'
import type { RequestBody } from '../../protocol/requests.ts'
import type { Store } from '../../store/database.ts'
import { keepEpoch } from '../../store/keys/epoch.ts'
import { Rebuilder } from './service.ts'

export interface RebuilderParts {
  readonly store: Store
  readonly pool: Pool
  readonly networks: Networks
  readonly claims: Claims
  readonly gateway: Pick<Gateway, 'request'>
  readonly newer: NewerManagers
  /** Of the config: names of hosts by MAC. */
  readonly names: ReadonlyMap<string, string>
  readonly dataDir: string
  readonly now: () => number
}

export function openRebuilder({ store, pool, networks, claims, gateway, newer, names, dataDir, now }: RebuilderParts): Rebuilder {
  const nameOf = (mac: string) => names.get(mac)
  return new Rebuilder({
    ...{ store, pool, networks, claims, now },
    request: (host: string, body: RequestBody) => gateway.request(host, body),
    missing: () => {
      const known = new Set(pool.hosts().flatMap((host) => [host.name, ...host.macs.map(({ mac }) => mac), ...nicsOf(pool, host.id)]))
      const isThere = (name: string): boolean => known.has(name) || [...names].some(([mac, own]) => own === name && known.has(mac))
      return [...new Set(names.values())].filter((name) => !isThere(name))
    },
    newer: () => {
      const all = newer.all()
      return { hosts: [...all.keys()].map((id) => pool.host(id)?.name ?? id), epoch: Math.max(0, ...all.values()) }
    },
    takeOver: (epoch) => keepEpoch(dataDir, epoch),
    identify: async (remembered) => {
      const said: string[] = []
      for (const host of pool.hosts()) {
        const called = remembered.get(host.id)
        const isNameless = NAMELESS.test(host.name) && called !== undefined && called !== host.name
        const inventory = host.macs.length === 0 || isNameless ? pool.knownInventory(host.id) : undefined
        if (!inventory) continue
        said.push(await identify({ store, now, nameOf }, { host, inventory, remembered: called }))
        await pool.enrolled(host.id)
      }
      return said
    },
  })
}

/** What hosts are called that nobody has given a name. */
const NAMELESS = /^host-/

function nicsOf(pool: Pool, host: string): readonly string[] {
  return (pool.knownInventory(host)?.nics ?? []).map(({ mac, permanentMac = mac }) => permanentMac)
}
