// The CPUs of the pool in the API's words. Pure.

import type { CpuExplanation, CpuPool } from '../../contract/cpu.ts'
import { featuresOf, WORD_KEYS } from '../../cpu/features.ts'
import type { HostCpu } from '../../cpu/host.ts'
import { canMove } from '../../cpu/move.ts'
import type { PoolCpu } from '../../cpu/pool.ts'
import type { HostView } from '../../hosts/pool-change.ts'

/** `hosts`: those that may run guests. */
export function cpuAnswer({ levels, groups, unknown }: PoolCpu, hosts: readonly HostView[]): CpuPool {
  const nameOf = new Map(hosts.map(({ id, name }) => [id, name]))
  const told = new Set([...groups.flatMap((group) => group.hosts), ...unknown.map(({ host }) => host)])
  const silent = hosts.filter(({ id }) => !told.has(id))
  return {
    levels: levels.map(({ vendor, level, hindrances }) => ({
      vendor,
      features: featuresOf(level.features.words).map(({ name }) => name),
      hosts: [...level.of],
      without: [...level.without],
      hindrances: hindrances.map(({ hosts: hindering, features, text }) => ({
        hosts: [...hindering],
        features: features.map(({ name }) => name),
        text,
      })),
    })),
    groups: groups.map(({ number, vendor, hosts: ids }) => ({
      number,
      vendor,
      hosts: ids.map((id) => ({ id, name: nameOf.get(id) ?? id })),
    })),
    unknown: [...unknown, ...silent.map(({ id, name }) => ({ host: id, name, reason: `${name} has not reported` }))],
  }
}

/** By host id: the number of the largest of the groups that it is in. */
export function groupsOfHosts({ groups }: PoolCpu): ReadonlyMap<string, number> {
  // From the last, so that the first is the one that stays.
  return new Map(groups.toReversed().flatMap(({ number, hosts }) => hosts.map((id) => [id, number] as const)))
}

interface NamedCpu {
  readonly name: string
  readonly cpu: HostCpu
}

/** Whether a guest that was started on one can go on on the other, and what is in its way. */
export function explanation(source: NamedCpu, target: NamedCpu, type: CpuExplanation['type']): CpuExplanation {
  const verdict = canMove({ type }, source.cpu, target.cpu)
  const { reasons, missing } = verdict.kind === 'compatible' ? { reasons: [], missing: [] } : verdict
  const named = missing.map(({ name, word, bit }) => ({ name, word: WORD_KEYS[word] ?? String(word), bit }))
  const compatible = verdict.kind === 'compatible'
  return { from: source.name, to: target.name, type, compatible, reasons: [...reasons], missing: named }
}
