// The CPU that a guest is given. By default the level of the pool's hosts of one maker, so that each of them can take it while it runs: what
// its own host has beyond that is hidden from it. What it was given is kept with it, as only that says where it can go. Pure.
import type { CpuFeatures, HostCpu } from '../cpu/host.ts'
import { maskFor } from '../cpu/mask.ts'
import type { PoolCpu } from '../cpu/pool.ts'
import { union } from '../cpu/words.ts'
import { cpuFeatures } from '../protocol/guest-cpu.ts'
import type { GuestSpec } from '../protocol/guest-spec.ts'

export interface GivenCpu {
  /** As xl.cfg(5) has it; left out: all that the host gives by default. */
  readonly cpuid?: string
  readonly features: CpuFeatures
}

/** Undefined where the host's CPU is not known. */
export function givenCpu(wanted: GuestSpec['cpu'], host: HostCpu | undefined, levels: PoolCpu['levels']): GivenCpu | undefined {
  if (host?.hvm.kind !== 'offer') return undefined
  const { offer } = host.hvm
  const level = wanted === 'pool' ? levels.find(({ vendor }) => vendor === host.vendor)?.level.features : undefined
  if (!level) return { features: offer.byDefault }
  const { cpuid, features } = maskFor(offer, level)
  return { ...(cpuid === 'host' ? {} : { cpuid }), features }
}

/** Of one that has gone to another host while it runs, and has what that host gives from its next start on: either may be what it has. */
export function eitherCpu(one: CpuFeatures | undefined, other: CpuFeatures | undefined): CpuFeatures | undefined {
  if (!one || !other) return undefined
  const most = (range: keyof CpuFeatures['leaves']): CpuFeatures['leaves'] => {
    const known = [one.leaves[range], other.leaves[range]].filter((value) => value !== undefined)
    return known.length === 0 ? {} : { [range]: Math.max(...known) }
  }
  return { words: union(one.words, other.words), leaves: { ...most('basic'), ...most('extended'), ...most('structured') } }
}

/** As it is kept; undefined for what is not known. */
export function readCpu(json: string | null): CpuFeatures | undefined {
  return json === null ? undefined : cpuFeatures.parse(JSON.parse(json))
}
