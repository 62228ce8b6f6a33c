// The CPUs of a pool: a level for each vendor, groups of hosts that exchange guests numbered over all, and whose CPU is not known.

import { groupBy } from '../group-by.ts'
import { type ExchangeGroups, exchangeGroups } from './groups.ts'
import type { HostCpu } from './host.ts'
import { type Hindrance, hindrancesOf, type Level, levelOf } from './level.ts'

export interface PoolHost {
  readonly id: string
  readonly cpu: HostCpu
}

export interface VendorLevel {
  /** CPUID's twelve letters. */
  readonly vendor: string
  /** Hosts are named by their names in it, and below. */
  readonly level: Level & { readonly kind: 'level' }
  readonly hindrances: readonly Hindrance[]
}

export interface PoolCpu {
  /** Of the vendors that have one, most hosts first. */
  readonly levels: readonly VendorLevel[]
  /** `number`: from 1, the largest first; `hosts`: ids. A host may be in several. */
  readonly groups: readonly { readonly number: number; readonly vendor: string; readonly hosts: readonly string[] }[]
  /** False: there are more groups than these. */
  readonly complete: boolean
  /** In no group, and why; `host`: its id. */
  readonly unknown: readonly { readonly host: string; readonly name: string; readonly reason: string }[]
}

export function poolCpu(hosts: readonly PoolHost[]): PoolCpu {
  const ids = new Map(hosts.map(({ id, cpu }) => [cpu.host, id]))
  const vendors = new Map(hosts.map(({ cpu }) => [cpu.host, cpu.vendor]))
  const exchange = exchangeGroups(hosts.map(({ cpu }) => cpu))
  return {
    levels: levelsOf(hosts.map(({ cpu }) => cpu)),
    groups: exchange.groups.map((names, index) => ({
      number: index + 1,
      vendor: vendors.get(names[0] ?? '') ?? '',
      hosts: names.flatMap((name) => ids.get(name) ?? []),
    })),
    complete: exchange.complete,
    unknown: unknownOf(exchange, ids),
  }
}

function levelsOf(cpus: readonly HostCpu[]): readonly VendorLevel[] {
  return [...groupBy(cpus, ({ vendor }) => vendor)]
    .flatMap(([vendor, alike]): readonly VendorLevel[] => {
      const level = levelOf(alike)
      if (vendor === undefined || level.kind === 'unknown') return []
      return [{ vendor, level, hindrances: hindrancesOf(alike) }]
    })
    .sort((a, b) => b.level.of.length - a.level.of.length || (a.vendor < b.vendor ? -1 : 1))
}

function unknownOf({ apart }: ExchangeGroups, ids: ReadonlyMap<string, string>): PoolCpu['unknown'] {
  return apart.flatMap(({ host, reasons }) => {
    const id = ids.get(host)
    return id === undefined ? [] : [{ host: id, name: host, reason: reasons.join('; ') }]
  })
}
