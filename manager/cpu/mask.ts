// The `cpuid` of an xl.cfg that starts a guest with a pool's level, in libxl's names. libxl takes Xen's own names since XSA-435
// (4.17.2), those of MSR_ARCH_CAPS too; Debian 12 and 13 have them.
import { ACCUMULATED, type Feature, featuresOf, IGNORED, isNamed } from './features.ts'
import type { CpuFeatures, Offer } from './host.ts'
import { difference, intersection, union, wordsOf } from './words.ts'

export interface CpuMask {
  /** `host,avx512f=0`. */
  readonly cpuid: string
  /** What a guest started with it has: to be kept, and given to canMove later. */
  readonly features: CpuFeatures
  /** Beyond the level, and without a name that libxl knows: the guest has these, and moves only to hosts that have them. */
  readonly kept: readonly Feature[]
}

export function maskFor({ byDefault, atMost }: Offer, level: CpuFeatures): CpuMask {
  const beyond = featuresOf(difference(difference(byDefault.words, level.words), IGNORED))
  const added = intersection(ACCUMULATED, intersection(difference(level.words, byDefault.words), atMost.words))
  const [hidden, kept] = [beyond.filter(isNamed), beyond.filter((feature) => !isNamed(feature))]
  const settings = [...hidden.map((feature) => `${libxlName(feature)}=0`), ...featuresOf(added).map((feature) => `${libxlName(feature)}=1`)]
  return {
    cpuid: ['host', ...settings].join(','),
    features: { words: union(difference(byDefault.words, wordsOf(hidden)), added), leaves: byDefault.leaves },
    kept,
  }
}

/** To libxl `clflush` is the size of a cache line. */
function libxlName({ name }: Feature): string {
  return name === 'clflush' ? 'clfsh' : name
}
