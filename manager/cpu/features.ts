// What each bit of a Xen CPU policy is called: Xen's public/arch-x86/cpufeatureset.h (4.17 to 4.21), names as gen-cpuid.py and libxl
// write them: lower case, dashes. Words and bits that are newer than this table have a name too: `word 19 bit 3`.
import { bitsOf, type Words, wordsOf } from './words.ts'

export interface Feature {
  /** Place in the policy's words, from 0. */
  readonly word: number
  readonly bit: number
  readonly name: string
}

/** One word a line, in Xen's order; a number says at which bit the names go on. */
const TABLE: readonly (readonly [key: string, names: string])[] = [
  [
    '1d',
    'fpu vme de pse tsc msr pae mce cx8 apic 11 sep mtrr pge mca cmov pat pse36 19 clflush 21 ds acpi mmx fxsr sse sse2 ss htt tm1 31 pbe',
  ],
  [
    '1c',
    'sse3 pclmulqdq dtes64 monitor dscpl vmx smx eist tm2 ssse3 11 sdbg fma cx16 xtpr pdcm 17 pcid dca sse4-1 sse4-2 x2apic movbe popcnt tsc-deadline aesni xsave osxsave avx f16c rdrand hypervisor',
  ],
  ['e1d', '11 syscall 20 nx 22 mmxext 25 ffxsr page1gb rdtscp 29 lm 3dnowext 3dnow'],
  [
    'e1c',
    'lahf-lm cmp-legacy svm extapic cr8-legacy abm sse4a misalignsse 3dnowprefetch osvw ibs xop skinit wdt 15 lwp fma4 19 nodeid-msr 21 tbm topoext 26 dbext 29 monitorx addr-msk-ext',
  ],
  ['Da1', 'xsaveopt xsavec xgetbv1 xsaves xfd'],
  [
    '7b0',
    'fsgsbase tsc-adjust sgx bmi1 hle avx2 fdp-excp-only smep bmi2 erms invpcid rtm pqm no-fpu-sel mpx pqe avx512f avx512dq rdseed adx smap avx512-ifma 23 clflushopt clwb proc-trace avx512pf avx512er avx512cd sha avx512bw avx512vl',
  ],
  [
    '7c0',
    'prefetchwt1 avx512-vbmi umip pku ospke waitpkg avx512-vbmi2 cet-ss gfni vaes vpclmulqdq avx512-vnni avx512-bitalg tme avx512-vpopcntdq 16 la57 22 rdpid 24 bld cldemote 27 movdiri movdir64b enqcmd sgx-lc pks',
  ],
  ['e7d', '7 hw-pstate itsc cpb efro'],
  [
    'e8b',
    'clzero 2 rstr-fp-err-ptrs 9 wbnoinvd 12 ibpb 14 ibrs amd-stibp ibrs-always stibp-always ibrs-fast ibrs-same-mode no-lmsl 23 amd-ppin amd-ssbd virt-ssbd ssb-no 28 psfd btc-no ibpb-ret',
  ],
  [
    '7d0',
    '1 sgx-keys avx512-4vnniw avx512-4fmaps fsrm uintr 8 avx512-vp2intersect srbds-ctrl md-clear rtm-always-abort 13 tsx-force-abort serialize hybrid tsxldtrk 18 pconfig arch-lbr cet-ibt 22 amx-bf16 avx512-fp16 amx-tile amx-int8 ibrsb stibp l1d-flush arch-caps core-caps ssbd',
  ],
  ['7a1', 'sha512 sm3 sm4 4 avx-vnni avx512-bf16 7 cmpccxadd 10 fzrm fsrs fsrcs 17 fred 19 wrmsrns 21 amx-fp16 23 avx-ifma'],
  [
    'e21a',
    'no-nest-bp fs-gs-ns lfence-dispatch 5 verw-clear nscb 8 auto-ibrs 10 amd-fsrs amd-fsrc 17 cpuid-user-dis epsf fsrsc amd-prefetchi 27 sbpb ibpb-brtype srso-no srso-us-no srso-msr-fix',
  ],
  ['7b1', 'intel-ppin'],
  ['7d2', 'intel-psfd ipred-ctrl rrsba-ctrl ddp-ctrl bhi-ctrl mcdt-no'],
  ['7c1', ''],
  ['7d1', '4 avx-vnni-int8 avx-ne-convert 8 amx-complex 10 avx-vnni-int16 14 prefetchi 18 cet-sss'],
  [
    'm10Al',
    'rdcl-no eibrs rsba skip-l1dfl intel-ssb-no mds-no if-pschange-mc-no tsx-ctrl taa-no mcu-ctrl misc-pkg-ctrl energy-filtering doitm sbdr-ssdp-no fbsdp-no psdp-no 17 fb-clear fb-clear-ctrl rrsba bhi-no xapic-status 23 ovrclk-status pbrsb-no gds-ctrl gds-no rfds-no rfds-clear',
  ],
  ['m10Ah', 'pb-opt-ctrl 30 its-no'],
  ['e21c', '1 tsa-sq-no tsa-l1-no'],
]

/** What xen-cpuid's KEY line calls the words. Xen appends words, and never moves one. */
export const WORD_KEYS: readonly string[] = TABLE.map(([key]) => key)

const NAMES: readonly (readonly (string | undefined)[])[] = TABLE.map(([, names]) => {
  const placed: (string | undefined)[] = Array.from({ length: 32 })
  let bit = 0
  for (const token of names.split(' ').filter(Boolean)) {
    if (/^\d+$/.test(token)) bit = Number(token)
    else placed[bit++] = token
  }
  return placed
})

/** Whether Xen has a name for it, which libxl then understands; `false` for what is newer than this table. */
export function isNamed({ word, bit }: Feature): boolean {
  return NAMES[word]?.[bit] !== undefined
}

/** Every bit that is set, in Xen's order. */
export function featuresOf(words: Words): readonly Feature[] {
  return bitsOf(words).map(({ word, bit }) => ({
    word,
    bit,
    name: NAMES[word]?.[bit] ?? `${WORD_KEYS[word] ?? `word ${word}`} bit ${bit}`,
  }))
}

/** `avx512f, avx512cd`; for lists in sentences. */
export function listFeatures(features: readonly Feature[]): string {
  return features.map(({ name }) => name).join(', ')
}

/** The words that have these features and no other. */
function wordsWith(...names: readonly string[]): Words {
  return wordsOf(
    NAMES.flatMap((word, index) => names.map((name) => ({ word: index, bit: word.indexOf(name) }))).filter(({ bit }) => bit >= 0),
  )
}

/** They tell of topology, or repeat what the guest itself has switched on in CR4: no reason against a move. */
export const IGNORED: Words = wordsWith('htt', 'cmp-legacy', 'osxsave', 'ospke')

/** Marked `|` by Xen: a guest should see them when any host that it may come to has them. They ask for a mitigation. */
export const ACCUMULATED: Words = wordsWith('no-lmsl', 'md-clear', 'fs-gs-ns', 'verw-clear', 'fb-clear', 'rfds-clear')
