// Pairs of real machines: may a guest that was started on one go to the other? What each lacks is reasoned from the vendors' lists of what
// came with which core, and which bits came with microcode after Spectre (2018) and MDS (2019).
import test from 'ava'
import { exchangeGroups } from '../../../manager/cpu/groups.ts'
import { hindrancesOf, levelOf } from '../../../manager/cpu/level.ts'
import { canMove, canStart } from '../../../manager/cpu/move.ts'
import { type Dumped, machine } from './cpuid.ts'

/** Without TSX, and with the microcode of 2018. */
const HASWELL = 'Xeon-E5-2609-v3'
/** As it was sold, and with the microcode of 2018. */
const [BROADWELL_OLD, BROADWELL] = ['Xeon-E5-2650-v4', 'Xeon-E5-2623-v4'] as const
const SKYLAKE_OLD = 'Xeon-Gold-6148'
/** The second has TSX_CTRL beside, which no guest sees. */
const [CASCADE_LAKE, CASCADE_LAKE_AP] = ['Xeon-Platinum-8268', 'Xeon-Platinum-9242'] as const
/** An early sample, whose MD_CLEAR is not told. */
const ICE_LAKE = 'Ice-Lake-Server'
const [ZEN1, ZEN2] = ['EPYC-7601-32-Core', 'EPYC-7502-32-Core'] as const

const SPECTRE = ['ibpb', 'ibrsb', 'stibp']
/** Broadwell's over a Haswell: PREFETCHW, RDSEED, ADX, SMAP; TSX where the Haswell has none. */
const BROADWELL_NEW = ['3dnowprefetch', 'rtm', 'rdseed', 'adx', 'smap']
/** Skylake-SP's over a Broadwell: XSAVEC and its like, AVX-512, CLFLUSHOPT, CLWB, PKU. */
const SKYLAKE_NEW = 'xsavec xgetbv1 xsaves avx512f avx512dq clflushopt clwb avx512cd avx512bw avx512vl pku'.split(' ')
/** Cascade Lake's over a Skylake-SP: VNNI, and mitigations in hardware. */
const CASCADE_LAKE_NEW = 'avx512-vnni md-clear l1d-flush arch-caps ssbd rdcl-no eibrs mds-no'.split(' ')
/** Zen 2's over a Zen 1 without the microcode of 2018. */
const ZEN2_NEW = 'clwb umip rdpid ibpb ibrs amd-stibp ibrs-fast ibrs-same-mode amd-ssbd'.split(' ')

const PAIRS: readonly (readonly [from: Dumped, to: Dumped, missing: readonly string[]])[] = [
  [HASWELL, BROADWELL, []],
  [HASWELL, BROADWELL_OLD, SPECTRE],
  [BROADWELL, HASWELL, BROADWELL_NEW],
  [BROADWELL_OLD, HASWELL, BROADWELL_NEW],
  [BROADWELL_OLD, BROADWELL, []],
  [BROADWELL, BROADWELL_OLD, SPECTRE],
  [BROADWELL_OLD, SKYLAKE_OLD, []],
  [BROADWELL, SKYLAKE_OLD, SPECTRE],
  [BROADWELL, CASCADE_LAKE, []],
  [SKYLAKE_OLD, BROADWELL, SKYLAKE_NEW],
  [SKYLAKE_OLD, HASWELL, [...SKYLAKE_NEW, ...BROADWELL_NEW]],
  [SKYLAKE_OLD, CASCADE_LAKE, []],
  [CASCADE_LAKE, SKYLAKE_OLD, [...CASCADE_LAKE_NEW, ...SPECTRE]],
  [CASCADE_LAKE, BROADWELL, [...CASCADE_LAKE_NEW, ...SKYLAKE_NEW]],
  [CASCADE_LAKE, CASCADE_LAKE_AP, []],
  [CASCADE_LAKE_AP, CASCADE_LAKE, []],
  [CASCADE_LAKE, ICE_LAKE, ['md-clear', 'mds-no']],
  [SKYLAKE_OLD, ICE_LAKE, []],
  [ZEN1, ZEN2, []],
  [ZEN2, ZEN1, ZEN2_NEW],
]

for (const [from, to, missing] of PAIRS) {
  test(`a guest of ${from} on ${to}: ${missing.join(', ') || 'may move'}`, (t) => {
    const verdict = canMove({ type: 'pvh' }, machine(from), machine(to))
    const told = verdict.kind === 'compatible' ? [] : verdict.missing.map(({ name }) => name)
    t.deepEqual([...told].sort(), [...missing].sort())
    if (verdict.kind === 'incompatible') t.deepEqual(verdict.reasons, [`${to} lacks ${told.join(', ')}`])
  })
}

test('between Intel and AMD nothing moves, and that is the reason, whatever bits are missing beside', (t) => {
  const verdict = canMove({ type: 'pvh' }, machine(BROADWELL_OLD), machine(ZEN2))
  t.is(
    verdict.kind === 'incompatible' && verdict.reasons[0],
    `${BROADWELL_OLD} has Intel CPUs and ${ZEN2} AMD: no running guest moves between vendors`,
  )
})

test('the same machine with NX off in its firmware takes no guest of its twin, and the firmware is named', (t) => {
  const off = machine(CASCADE_LAKE, { host: 'nx-off', without: [[2, 20]] })
  const verdict = canMove({ type: 'pvh' }, machine(CASCADE_LAKE), off)
  t.deepEqual(verdict.kind === 'incompatible' && verdict.reasons, ['NX/XD is off in the BIOS of nx-off'])
  t.is(canMove({ type: 'pvh' }, off, machine(CASCADE_LAKE)).kind, 'compatible')
  const hindrances = hindrancesOf([machine(CASCADE_LAKE), off])
  t.deepEqual(
    hindrances.map(({ text }) => text),
    ['NX/XD is off in the BIOS of nx-off'],
  )
})

test('TSX that microcode or firmware has taken away is named by the bit that is missing', (t) => {
  const off = machine(CASCADE_LAKE, {
    host: 'no-tsx',
    without: [
      [5, 4],
      [5, 11],
    ],
  })
  const verdict = canMove({ type: 'pvh' }, machine(CASCADE_LAKE), off)
  t.deepEqual(verdict.kind === 'incompatible' && verdict.reasons, ['no-tsx lacks rtm'])
})

test('machines that are alike but for their microcode: the level is the old one’s, and guests started with it move both ways', (t) => {
  const [old, updated] = [machine(BROADWELL_OLD), machine(BROADWELL)]
  const level = levelOf([old, updated])
  if (level.kind !== 'level') return t.fail(level.reason)
  t.is(canMove({ type: 'pvh', features: level.features }, updated, old).kind, 'compatible')
  t.is(canMove({ type: 'pvh', features: level.features }, old, updated).kind, 'compatible')
  t.deepEqual(
    hindrancesOf([old, updated]).map(({ hosts, features }) => [hosts, features.map(({ name }) => name).sort()]),
    [[[BROADWELL_OLD], SPECTRE]],
  )
})

test('a guest started with the level of four generations runs on each of them, and moves from each to each', (t) => {
  const pool = ([HASWELL, BROADWELL, BROADWELL_OLD, SKYLAKE_OLD, CASCADE_LAKE, ICE_LAKE] as const).map((name) => machine(name))
  const level = levelOf(pool)
  if (level.kind !== 'level') return t.fail(level.reason)
  for (const from of pool) {
    t.is(canStart('pvh', level.features, from).kind, 'compatible', from.host)
    for (const to of pool) t.is(canMove({ type: 'pvh', features: level.features }, from, to).kind, 'compatible', `${from.host} ${to.host}`)
  }
})

test('groups that exchange guests as they are: equal machines, each vendor and generation for itself', (t) => {
  const names = [HASWELL, BROADWELL, BROADWELL_OLD, SKYLAKE_OLD, CASCADE_LAKE, CASCADE_LAKE_AP, ZEN1, ZEN2] as const
  const { groups, apart } = exchangeGroups(names.map((name) => machine(name)))
  t.deepEqual(apart, [])
  t.deepEqual(groups[0], [CASCADE_LAKE, CASCADE_LAKE_AP])
  t.deepEqual(
    groups
      .slice(1)
      .map((group) => group.join())
      .sort(),
    [HASWELL, BROADWELL, BROADWELL_OLD, SKYLAKE_OLD, ZEN1, ZEN2].sort(),
  )
})
