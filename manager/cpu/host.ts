// A host's CPU policies, read once from what its agent reported: what its guests get by default, and what they may have at most.
import type { CpuPolicy, CpuPolicyRow } from '../protocol/machine.ts'
import { WORD_KEYS } from './features.ts'
import { keyOf, type Words } from './words.ts'

/** PVH guests are HVM guests to CPUID. */
export type GuestType = 'pv' | 'pvh' | 'hvm'

/** Largest leaf of a range of CPUID; missing where it was not reported. */
export interface MaxLeaves {
  readonly basic?: number
  readonly extended?: number
  readonly structured?: number
}

export interface CpuFeatures {
  readonly words: Words
  readonly leaves: MaxLeaves
}

/** For starting a guest, and for accepting one that runs. */
export interface Offer {
  readonly byDefault: CpuFeatures
  readonly atMost: CpuFeatures
}

export type OfferRead = { readonly kind: 'offer'; readonly offer: Offer } | { readonly kind: 'unknown'; readonly reason: string }

interface XenRelease {
  /** `4.20.1`. */
  readonly text: string
  readonly major: number
  readonly minor: number
}

export interface HostCpu {
  readonly host: string
  /** CPUID's twelve letters: `GenuineIntel`. */
  readonly vendor: string | undefined
  readonly xen: XenRelease | undefined
  /** `hvm`, `hap`, `shadow`. */
  readonly virtCaps: ReadonlySet<string>
  readonly hvm: OfferRead
  readonly pv: OfferRead
}

export function readHostCpu(host: string, policy: CpuPolicy): HostCpu {
  return {
    host,
    vendor: policy.vendor,
    xen: readRelease(policy.xenVersion),
    virtCaps: new Set(policy.virtCaps),
    hvm: readOffer(host, policy, 'HVM'),
    pv: readOffer(host, policy, 'PV'),
  }
}

export function offerFor(type: GuestType, cpu: HostCpu): OfferRead {
  return type === 'pv' ? cpu.pv : cpu.hvm
}

const KEYS = new WeakMap<Offer, string>()
const WORDS = new WeakMap<CpuFeatures, string>()
/** Thousands of hosts are of a few kinds: what is the same is one object, and worked out once. */
const OFFERS = new Map<string, Offer>()
/** Kinds that are remembered; those that come after them begin anew. */
const MOST_OFFERS = 1000

/** The same for offers of the same. */
export function keyOfOffer(offer: Offer): string {
  const key = KEYS.get(offer) ?? [offer.byDefault, offer.atMost].map(keyOfFeatures).join(' ')
  KEYS.set(offer, key)
  return key
}

/** The same for features with the same words. */
export function keyOfWords(features: CpuFeatures): string {
  const key = WORDS.get(features) ?? keyOf(features.words)
  WORDS.set(features, key)
  return key
}

function keyOfFeatures(features: CpuFeatures): string {
  const { basic, extended, structured } = features.leaves
  return [keyOfWords(features), basic, extended, structured].join('|')
}

function shared(offer: Offer): Offer {
  const key = keyOfOffer(offer)
  const known = OFFERS.get(key)
  if (known) return known
  if (OFFERS.size >= MOST_OFFERS) OFFERS.clear()
  OFFERS.set(key, offer)
  return offer
}

export function vendorName(vendor: string): string {
  switch (vendor) {
    case 'GenuineIntel':
      return 'Intel'
    case 'AuthenticAMD':
      return 'AMD'
    case 'HygonGenuine':
      return 'Hygon'
    default:
      return vendor
  }
}

function readOffer(host: string, policy: CpuPolicy, kind: 'HVM' | 'PV'): OfferRead {
  const unknown = (reason: string): OfferRead => ({ kind: 'unknown', reason })
  if (policy.rows.length === 0) return unknown(`${host} has not reported its CPU policies: xen-cpuid did not run there`)
  const strange = policy.key.find((key, index) => WORD_KEYS[index] !== undefined && key !== WORD_KEYS[index])
  if (strange !== undefined) {
    return unknown(`the CPU policies of ${host} cannot be compared: its xen-cpuid has word ${strange} where another is due`)
  }
  const byDefault = policy.rows.find(({ row }) => row === `${kind} Default`)
  const atMost = policy.rows.find(({ row }) => row === `${kind} Max`)
  if (!byDefault || !atMost) {
    return unknown(`Xen on ${host} offers nothing to ${kind} guests: xen-cpuid has no row ${kind} ${byDefault ? 'Max' : 'Default'}`)
  }
  return { kind: 'offer', offer: shared({ byDefault: readRow(byDefault), atMost: readRow(atMost) }) }
}

function readRow({ words, maxBasicLeaf, maxExtendedLeaf, maxStructuredSubleaf }: CpuPolicyRow): CpuFeatures {
  return {
    words: words.map((word) => Number.parseInt(word, 16)),
    leaves: {
      ...(maxBasicLeaf === undefined ? {} : { basic: maxBasicLeaf }),
      ...(maxExtendedLeaf === undefined ? {} : { extended: maxExtendedLeaf }),
      ...(maxStructuredSubleaf === undefined ? {} : { structured: maxStructuredSubleaf }),
    },
  }
}

function readRelease(text: string | undefined): XenRelease | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})(?!\d)/.exec(text ?? '')
  return text !== undefined && match ? { text, major: Number(match[1]), minor: Number(match[2]) } : undefined
}
