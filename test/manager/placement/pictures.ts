// Pictures from the few things that a test is about.

import type { Room } from '../../../manager/claims/rooms.ts'
import { readHostCpu } from '../../../manager/cpu/host.ts'
import {
  type Picture,
  type PlacementHost,
  type PlacementNeeds,
  type PlacementRules,
  USUAL_RULES,
  type VgPlace,
} from '../../../manager/placement/picture.ts'
import { rank } from '../../../manager/placement/place.ts'
import { sayReason } from '../../../manager/placement/reason.ts'
import { maskedEpyc, policyOf } from '../cpu/cpus.ts'
import { hostIn } from '../hosts/conditions.ts'

export const GIB = 1 << 30

export const CPU = policyOf({ vendor: 'AuthenticAMD', xen: '4.20.1', rows: maskedEpyc.rows })

export const room = (capacity: number, used = 0): Room => ({ kind: 'room', capacity, used, free: capacity - used, holders: [] })
export const unread: Room = { kind: 'unread', reason: 'guests (xl list -l: stopped)' }
export const vg = (capacity: number, used = 0, more: Partial<VgPlace> = {}): VgPlace => ({
  ...{ room: room(capacity, used), extentBytes: 4 << 20, unusable: undefined },
  ...more,
})

/** 16 GiB, 8 threads, a VG called data of 100 GiB. */
export function host(name: string, more: Partial<PlacementHost> = {}): PlacementHost {
  return {
    ...{ id: `id-${name}`, name, ...hostIn('up'), cordon: undefined, groups: [], memory: room(16 * GIB), dom0: room(GIB) },
    ...{ threads: 8, vcpus: 0, guests: 0, siblings: new Map(), vgs: new Map([['data', vg(100 * GIB)]]), unread: undefined },
    cpu: readHostCpu(name, CPU),
    ...more,
  }
}

/** `reached`: by key, the names of the hosts. */
export function picture(hosts: readonly PlacementHost[], reached: Readonly<Record<string, readonly string[]>> = {}): Picture {
  const reach: Picture['reach'] = {
    reachers: (key) => new Set((reached[key] ?? []).map((name) => `id-${name}`)),
    reach: (key, id) =>
      reached[key]?.includes(id.slice(3)) ? { kind: 'reached', how: '' } : { kind: 'cut', reason: 'no bridge of it is on it' },
    describe: (key) => key.toUpperCase(),
  }
  return { hosts, reach }
}

export function needs(more: Partial<PlacementNeeds> = {}): PlacementNeeds {
  const cpu = { kind: 'start', type: 'pvh' } as const
  return { memoryBytes: GIB, dom0Bytes: 0, vcpus: 1, space: [], networks: [], storage: [], cpu, ...more }
}

export const rules = (more: Partial<PlacementRules> = {}): PlacementRules => ({ ...USUAL_RULES, ...more })

/** Names of those that are fit, the best first; then all that is in the way of the others. */
export function said(of: Picture, wanted: PlacementNeeds, by = rules()): readonly string[] {
  const verdicts = rank(of, wanted, by)
  const fit = verdicts.flatMap((one) => (one.kind === 'fits' ? [one.host.name] : []))
  const against = verdicts.flatMap((one) =>
    one.kind === 'against' ? one.reasons.map((reason) => sayReason(one.host, reason, of.reach)) : [],
  )
  return [`fits: ${fit.join(' ')}`, ...against]
}
