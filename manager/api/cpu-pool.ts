// The CPUs of the pool, vendor by vendor: levels, what holds them down, and the groups that can exchange guests. Pure.
import { featuresOf } from '../inventory/cpu-features.ts'
import { exchangeGroups } from '../inventory/cpu-groups.ts'
import type { HostCpu } from '../inventory/cpu-host.ts'
import { hindrancesOf, levelOf } from '../inventory/cpu-level.ts'
import { groupBy } from '../inventory/group-by.ts'
import type { CpuPool } from './schema-pool.ts'

/** A host that may run guests; `cpu` is undefined before it has reported. */
export interface CpuMember {
  readonly id: string
  readonly name: string
  readonly cpu: HostCpu | undefined
}

export interface CpuAnswer {
  readonly pool: CpuPool
  /** By host id: the largest of the groups that it is in. */
  readonly groupOf: ReadonlyMap<string, number>
}

export function cpuAnswer(members: readonly CpuMember[]): CpuAnswer {
  const known = members.flatMap(({ cpu }) => (cpu?.vendor === undefined ? [] : [cpu]))
  const vendors = [...groupBy(known, ({ vendor }) => vendor ?? '')].sort(([a], [b]) => (a < b ? -1 : 1))
  const exchanges = vendors.map(([vendor, cpus]) => ({ vendor, exchange: exchangeGroups(cpus) }))
  const idOf = new Map(members.map(({ id, name }) => [name, id]))
  const groups = exchanges
    .flatMap(({ vendor, exchange }) => exchange.groups.map((names) => ({ vendor, names })))
    .map(({ vendor, names }, at) => ({
      number: at + 1,
      vendor,
      hosts: names.flatMap((name) => {
        const id = idOf.get(name)
        return id === undefined ? [] : [{ id, name }]
      }),
    }))
  // From the smallest number last, so that it is the one that stays.
  const groupOf = new Map(groups.toReversed().flatMap(({ number, hosts }) => hosts.map(({ id }) => [id, number] as const)))
  const apart = new Map(exchanges.flatMap(({ exchange }) => exchange.apart.map(({ host, reasons }) => [host, reasons.join('; ')])))
  return {
    pool: {
      levels: vendors.flatMap(([vendor, cpus]) => levelOfVendor(vendor, cpus)),
      groups,
      unknown: members
        .filter(({ id }) => !groupOf.has(id))
        .map(({ id, name, cpu }) => ({ host: id, name, reason: apart.get(name) ?? whyUnknown(name, cpu) })),
    },
    groupOf,
  }
}

function levelOfVendor(vendor: string, cpus: readonly HostCpu[]): CpuPool['levels'] {
  const level = levelOf(cpus)
  if (level.kind === 'unknown') return []
  return [
    {
      vendor,
      features: featuresOf(level.features.words).map(({ name }) => name),
      hosts: [...level.of],
      without: [...level.without],
      hindrances: hindrancesOf(cpus).map(({ hosts, features, text }) => ({
        hosts: [...hosts],
        features: features.map(({ name }) => name),
        text,
      })),
    },
  ]
}

function whyUnknown(name: string, cpu: HostCpu | undefined): string {
  if (!cpu) return `${name} has not reported`
  return cpu.hvm.kind === 'unknown' ? cpu.hvm.reason : `the CPU vendor of ${name} is not known`
}

/** Kept until a member, its name or its CPU is another. */
export class CpuBook {
  #members: readonly CpuMember[] = []
  #answer: CpuAnswer = cpuAnswer([])

  of(members: readonly CpuMember[]): CpuAnswer {
    const isSame = members.length === this.#members.length && members.every((member, at) => isMember(member, this.#members[at]))
    if (!isSame) {
      this.#members = members
      this.#answer = cpuAnswer(members)
    }
    return this.#answer
  }
}

function isMember(member: CpuMember, before: CpuMember | undefined): boolean {
  return member.id === before?.id && member.name === before.name && member.cpu === before.cpu
}
