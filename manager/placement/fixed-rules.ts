// Rules that do not change while guests are placed: what a host is, what it reaches, what its CPU gives. Pure.

import type { ThingKey } from '../connectivity/thing.ts'
import type { CpuFeatures, HostCpu } from '../cpu/host.ts'
import { type Compatibility, canMove, canStart } from '../cpu/move.ts'
import { type HostCondition, isInService, stateOf } from '../protocol/host.ts'
import type { PlacementHost, PlacementNeeds, PlacementRules } from './picture.ts'
import type { Reason } from './reason.ts'

export interface FixedGround {
  /** Kept for all hosts: to ask for one host alone costs as much. */
  readonly reachers: (key: ThingKey) => ReadonlySet<string>
  /** Of the host that a guest moves from. */
  readonly source: HostCpu | undefined
  readonly rules: PlacementRules
}

export function mayPlace(host: HostCondition, cordon: string | undefined): boolean {
  return isInService(host) && cordon === undefined
}

/** All that speaks against it, whatever was placed before. */
export function fixedReasons(
  host: PlacementHost,
  needs: PlacementNeeds,
  { reachers, source, rules: { among, home } }: FixedGround,
): readonly Reason[] {
  const { id } = host
  const cordon = home === id ? undefined : host.cordon
  const cpu = cpuReasons(host, needs, source)
  const unattached = (needs.attach ?? []).filter(({ hosts }) => !hosts.has(id))
  const isPlain = cpu.length === 0 && unattached.length === 0 && mayPlace(host, cordon) && (!among || among.has(id))
  if (isPlain && areReached(needs.networks, id, reachers) && areReached(needs.storage, id, reachers)) return NO_REASONS
  const reasons: Reason[] = []
  const state = stateOf(host)
  if (state !== 'up') reasons.push({ kind: 'state', state })
  if (host.service === 'maintenance' && state !== 'maintenance' && state !== 'rejected')
    reasons.push({ kind: 'state', state: 'maintenance' })
  if (cordon !== undefined) reasons.push({ kind: 'cordoned', why: cordon })
  if (among && !among.has(id)) reasons.push({ kind: 'not-asked' })
  for (const key of needs.networks) if (!reachers(key).has(id)) reasons.push({ kind: 'unreached', key })
  for (const key of needs.storage) if (!reachers(key).has(id)) reasons.push({ kind: 'unreached', key })
  return [...reasons, ...unattached.map(({ network }): Reason => ({ kind: 'unattached', network })), ...cpu]
}

function areReached(keys: readonly ThingKey[], host: string, reachers: FixedGround['reachers']): boolean {
  for (const key of keys) if (!reachers(key).has(host)) return false
  return true
}

const NO_REASONS: readonly Reason[] = []
const NO_LEVEL: CpuFeatures = { words: [], leaves: {} }
/** What a CPU has to say of a level: asked of every host for every guest, and always the same. */
const kept = new WeakMap<HostCpu, Map<string, WeakMap<CpuFeatures, readonly Reason[]>>>()

function cpuReasons({ id, name, cpu }: PlacementHost, needs: PlacementNeeds, source: HostCpu | undefined): readonly Reason[] {
  const asked = needs.cpu
  if (!cpu) return [{ kind: 'cpu', whys: [`the CPU of ${name} is not known`] }]
  if (asked.kind === 'start') return startReasons(cpu, asked)
  if (asked.from === id) return [{ kind: 'runs-there' }]
  return source ? reasonOf(canMove(asked.guest, source, cpu)) : [{ kind: 'cpu', whys: ['the host that it runs on has not reported'] }]
}

function startReasons(cpu: HostCpu, { type, level }: Extract<PlacementNeeds['cpu'], { readonly kind: 'start' }>): readonly Reason[] {
  const byType = kept.get(cpu) ?? new Map<string, WeakMap<CpuFeatures, readonly Reason[]>>()
  kept.set(cpu, byType)
  const byLevel = byType.get(type) ?? new WeakMap<CpuFeatures, readonly Reason[]>()
  byType.set(type, byLevel)
  const known = byLevel.get(level ?? NO_LEVEL)
  if (known) return known
  const reasons = reasonOf(canStart(type, level, cpu))
  byLevel.set(level ?? NO_LEVEL, reasons)
  return reasons
}

function reasonOf(verdict: Compatibility): readonly Reason[] {
  return verdict.kind === 'compatible' ? NO_REASONS : [{ kind: 'cpu', whys: verdict.reasons }]
}
