import test from 'ava'
import { ACCUMULATED, featuresOf, IGNORED, isNamed, listFeatures, WORD_KEYS } from '../../../manager/cpu/features.ts'
import { difference } from '../../../manager/cpu/words.ts'
import { coffeeLake, maskedEpyc } from './cpus.ts'

const names = (words: readonly number[]): readonly string[] => featuresOf(words).map(({ name }) => name)

test('the words are in the order of the KEY that xen-cpuid prints', (t) => {
  t.deepEqual(WORD_KEYS, maskedEpyc.key)
  t.deepEqual(WORD_KEYS.slice(0, 18), coffeeLake.key)
})

/** What Xen 4.18 to 4.21 added. */
const NEWER =
  'sdbg, addr-msk-ext, xfd, waitpkg, tme, la57, bld, sgx-lc, pks, sgx-keys, uintr, pconfig, arch-lbr, amx-bf16, amx-tile, amx-int8, sha512, sm3, sm4, cmpccxadd, fred, wrmsrns, amx-fp16, avx-ifma, no-nest-bp, fs-gs-ns, amd-fsrs, amd-fsrc, cpuid-user-dis, epsf, fsrsc, amd-prefetchi, ddp-ctrl, avx-vnni-int8, avx-ne-convert, amx-complex, avx-vnni-int16, prefetchi, pb-opt-ctrl'

test('what Xen 4.17 knows has a name, and all that has a name besides came later', (t) => {
  const known = maskedEpyc.rows.get('Known') ?? []
  const every = Array.from(WORD_KEYS, () => 0xffffffff)
  t.deepEqual(
    featuresOf(known).filter((feature) => !isNamed(feature)),
    [],
  )
  t.is(listFeatures(featuresOf(difference(every, known)).filter(isNamed)), NEWER)
})

test('no two features share a name', (t) => {
  const all = names(Array.from({ length: 24 }, () => 0xffffffff))
  t.is(new Set(all).size, 24 * 32)
})

test('a real machine is read as Xen itself reads it', (t) => {
  // xen-cpuid -v on the same machine; its older spellings brought up to date
  const host = coffeeLake.rows.get('HVM Default') ?? []
  t.is(
    listFeatures(featuresOf(host)),
    [
      'fpu, vme, de, pse, tsc, msr, pae, mce, cx8, apic, sep, mtrr, pge, mca, cmov, pat, pse36, clflush, acpi, mmx, fxsr, sse, sse2, ss, htt',
      'sse3, pclmulqdq, ssse3, fma, cx16, pcid, sse4-1, sse4-2, x2apic, movbe, popcnt, tsc-deadline, aesni, xsave, avx, f16c, rdrand, hypervisor',
      'syscall, nx, page1gb, rdtscp, lm',
      'lahf-lm, abm, 3dnowprefetch',
      'xsaveopt, xsavec, xgetbv1, xsaves',
      'fsgsbase, tsc-adjust, bmi1, avx2, smep, bmi2, erms, invpcid, rdseed, adx, smap, clflushopt',
      'ibpb, no-lmsl',
      'md-clear, ibrsb, stibp, l1d-flush, arch-caps, ssbd',
      'rsba, gds-no, rfds-no',
    ].join(', '),
  )
})

test('what is newer than the table is named by word and bit', (t) => {
  t.deepEqual(names([0, 0, 1, ...Array.from({ length: 16 }, () => 0), 0x80000008]), ['e1d bit 0', 'word 19 bit 3', 'word 19 bit 31'])
})

test('the sets of special features hold what they say', (t) => {
  t.deepEqual(names(IGNORED), ['htt', 'osxsave', 'cmp-legacy', 'ospke'])
  t.deepEqual(names(ACCUMULATED), ['no-lmsl', 'md-clear', 'fs-gs-ns', 'verw-clear', 'fb-clear', 'rfds-clear'])
})
