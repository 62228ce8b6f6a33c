// May a guest that runs go to another host, may a guest start on a host? By CPU alone; each refusal with its reasons. Xen itself
// checks a few maximum leaves and clamps the rest in silence, so this is the only guard (migration-notes, "CPU compatibility").
import { ACCUMULATED, type Feature, featuresOf, IGNORED, listFeatures } from './features.ts'
import { type CpuFeatures, type GuestType, type HostCpu, type MaxLeaves, type Offer, type OfferRead, offerFor, vendorName } from './host.ts'
import { difference, intersection, union, type Words } from './words.ts'

export interface GuestCpu {
  readonly type: GuestType
  /** What it was started with: a level, or its own policy. Missing: all that its host gives by default. */
  readonly features?: CpuFeatures
}

export type Compatibility =
  | { readonly kind: 'compatible' }
  | { readonly kind: 'incompatible'; readonly missing: readonly Feature[]; readonly reasons: readonly string[] }

/** Live migration of a running guest. */
export function canMove(guest: GuestCpu, source: HostCpu, target: HostCpu): Compatibility {
  const from = offerFor(guest.type, source)
  const to = offerFor(guest.type, target)
  const features = guest.features ?? (from.kind === 'offer' ? from.offer.byDefault : undefined)
  const missing = features && to.kind === 'offer' ? missingFrom(features.words, to.offer.atMost.words) : []
  return verdict(missing, [
    ...typeReasons(guest.type, source, target),
    ...vendorReasons(source, target),
    ...releaseReasons(source, target),
    ...(features || from.kind === 'offer' ? [] : [from.reason]),
    ...unreadable(guest.type, to, target),
    ...missingReasons(missing, target.host),
    ...(features && to.kind === 'offer' ? leafReasons(features.leaves, to.offer.atMost.leaves, target.host) : []),
  ])
}

/** A guest that boots: `level`, if given, is what it is to have there. */
export function canStart(type: GuestType, level: CpuFeatures | undefined, target: HostCpu): Compatibility {
  const to = offerFor(type, target)
  const missing = level && to.kind === 'offer' ? missingFrom(level.words, startable(to.offer)) : []
  return verdict(missing, [
    ...(type === 'pv' ? [] : hardwareReasons(target)),
    ...unreadable(type, to, target),
    ...missingReasons(missing, target.host),
  ])
}

/** What the default gives, and those bits of the maximum that a level may have beyond it. */
function startable({ byDefault, atMost }: Offer): Words {
  return union(byDefault.words, intersection(atMost.words, ACCUMULATED))
}

function verdict(missing: readonly Feature[], reasons: readonly string[]): Compatibility {
  return reasons.length === 0 ? { kind: 'compatible' } : { kind: 'incompatible', missing, reasons: [...new Set(reasons)] }
}

function missingFrom(wanted: Words, offered: Words): readonly Feature[] {
  return featuresOf(difference(difference(wanted, offered), IGNORED))
}

function typeReasons(type: GuestType, source: HostCpu, target: HostCpu): readonly string[] {
  if (type !== 'pv') return hardwareReasons(target)
  if (source.virtCaps.has('shadow')) return []
  return [
    `a PV guest cannot be live-migrated from ${source.host}: its Xen is built without shadow paging, as Debian's is; migrate it cold, or make it a PVH guest`,
  ]
}

function hardwareReasons(target: HostCpu): readonly string[] {
  const lacking = ['hvm', 'hap'].filter((capability) => !target.virtCaps.has(capability))
  if (lacking.length === 0) return []
  return [`${target.host} cannot run PVH and HVM guests (no ${lacking.join(', ')} in its virt_caps): switch VT-x or AMD-V on in its BIOS`]
}

function vendorReasons(source: HostCpu, target: HostCpu): readonly string[] {
  const silent = [source, target].filter(({ vendor }) => vendor === undefined).map(({ host }) => host)
  if (silent.length > 0) return [`the CPU vendor of ${[...new Set(silent)].join(' and ')} is not known`]
  if (source.vendor === target.vendor) return []
  const [from, to] = [source, target].map(({ vendor }) => vendorName(vendor ?? ''))
  return [`${source.host} has ${from} CPUs and ${target.host} ${to}: no running guest moves between vendors`]
}

/** Point releases keep the format of the stream: 4.20.1 takes a guest of 4.20.2. */
function releaseReasons(source: HostCpu, target: HostCpu): readonly string[] {
  const [from, to] = [source.xen, target.xen]
  if (!from || !to) {
    const silent = [source, target].filter(({ xen }) => !xen).map(({ host }) => host)
    return [`the Xen version of ${[...new Set(silent)].join(' and ')} is not known`]
  }
  if (to.major > from.major || (to.major === from.major && to.minor >= from.minor)) return []
  return [`${target.host} runs Xen ${to.text}, older than ${from.text} on ${source.host}: a running guest moves to the same or a newer Xen`]
}

/** Where the hardware is switched off, that is the reason, and the missing row its consequence. */
function unreadable(type: GuestType, to: OfferRead, target: HostCpu): readonly string[] {
  const explained = type !== 'pv' && hardwareReasons(target).length > 0
  return to.kind === 'offer' || explained ? [] : [to.reason]
}

function missingReasons(missing: readonly Feature[], host: string): readonly string[] {
  const others = missing.filter(({ name }) => name !== 'nx')
  return [
    ...(others.length < missing.length ? [`NX/XD is off in the BIOS of ${host}`] : []),
    ...(others.length > 0 ? [`${host} lacks ${listFeatures(others)}`] : []),
  ]
}

const RANGES: readonly (readonly [range: keyof MaxLeaves, name: string])[] = [
  ['basic', 'leaf'],
  ['extended', 'extended leaf'],
  ['structured', 'subleaf of leaf 7'],
]

/** What either side has not reported is left to Xen, which does check these. */
function leafReasons(guest: MaxLeaves, target: MaxLeaves, host: string): readonly string[] {
  return RANGES.flatMap(([range, name]) => {
    const [wanted, offered] = [guest[range], target[range]]
    if (wanted === undefined || offered === undefined || wanted <= offered) return []
    return [`CPUID on ${host} ends at ${name} 0x${offered.toString(16)}, and the guest was started with 0x${wanted.toString(16)}`]
  })
}
