// The CPU that a guest was given, as Xen counts features and leaves. Pure.
import { z } from 'zod'

const leaf = z.number().exactOptional()
const word = z.int().min(0).max(0xffffffff)

export const cpuFeatures = z.object({
  words: z.array(word).max(64).readonly(),
  /** Largest leaf of a range of CPUID. */
  leaves: z.object({ basic: leaf, extended: leaf, structured: leaf }),
})
