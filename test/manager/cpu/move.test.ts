import test from 'ava'
import fc from 'fast-check'
import { listFeatures } from '../../../manager/cpu/features.ts'
import { type HostCpu, readHostCpu } from '../../../manager/cpu/host.ts'
import { type Compatibility, canMove, canStart, type GuestCpu } from '../../../manager/cpu/move.ts'
import { difference, intersection, union } from '../../../manager/cpu/words.ts'
import { coffeeLake, dumpedHost, hostCpu, maskedEpyc, policyOf, realHost, simpleHost, type Words, withoutBit } from './cpus.ts'

const PVH: GuestCpu = { type: 'pvh' }

const reasons = (verdict: Compatibility): readonly string[] => (verdict.kind === 'compatible' ? [] : verdict.reasons)
const missing = (verdict: Compatibility): string => (verdict.kind === 'compatible' ? '' : listFeatures(verdict.missing))

type Cpu = Parameters<typeof realHost>[1]

const MOVES: readonly [from: Cpu, to: Cpu, missing: string][] = [
  ['skylake', 'cascadeLake', ''],
  ['skylake', 'iceLake', 'rtm'],
  ['cascadeLake', 'skylake', 'avx512-vnni, md-clear, ibrsb, stibp, l1d-flush, arch-caps, ssbd, rdcl-no, eibrs, mds-no'],
  ['cascadeLake', 'iceLake', 'rtm, mds-no'],
  [
    'iceLake',
    'cascadeLake',
    'avx512-ifma, sha, avx512-vbmi, umip, avx512-vbmi2, gfni, vaes, vpclmulqdq, avx512-bitalg, avx512-vpopcntdq, rdpid, fsrm',
  ],
  ['rome', 'milan', ''],
  ['milan', 'rome', 'erms, invpcid, pku, vaes, vpclmulqdq, stibp-always, no-lmsl, psfd, fsrm'],
]

for (const [from, to, lacking] of MOVES) {
  test(`a guest moves from ${from} to ${to}${lacking ? ' only without some features' : ''}`, (t) => {
    const verdict = canMove(PVH, realHost('a', from), realHost('b', to))
    t.is(missing(verdict), lacking)
    t.deepEqual(reasons(verdict), lacking ? [`b lacks ${lacking}`] : [])
  })
}

test('no running guest moves between Intel and AMD, whatever it was started with', (t) => {
  const [intel, amd] = [realHost('a', 'skylake'), realHost('b', 'milan')]
  t.is(reasons(canMove(PVH, intel, amd))[0], 'a has Intel CPUs and b AMD: no running guest moves between vendors')
  const bare: GuestCpu = { type: 'pvh', features: { words: [], leaves: {} } }
  t.deepEqual(reasons(canMove(bare, amd, intel)), ['b has AMD CPUs and a Intel: no running guest moves between vendors'])
})

test('NX that is off in the BIOS is called that, not bit 20', (t) => {
  const verdict = canMove(PVH, dumpedHost('a', maskedEpyc), dumpedHost('b', withoutBit(maskedEpyc, 2, 20)))
  t.deepEqual(reasons(verdict), ['NX/XD is off in the BIOS of b'])
  t.is(missing(verdict), 'nx')
})

test('a real machine takes back its own guests, and not those of a richer one', (t) => {
  const laptop = dumpedHost('laptop', coffeeLake)
  t.deepEqual(canMove(PVH, laptop, laptop), { kind: 'compatible' })
  t.is(missing(canMove(PVH, realHost('a', 'skylake'), laptop)), 'avx512f, avx512dq, clwb, avx512cd, avx512bw, avx512vl, pku')
})

test('a running guest moves to the same or a newer Xen only; point releases are the same', (t) => {
  const on = (host: string, xen: string): HostCpu => simpleHost(host, [1], [1], { xen })
  t.deepEqual(canMove(PVH, on('a', '4.17.5'), on('b', '4.20.1')), { kind: 'compatible' })
  t.deepEqual(canMove(PVH, on('a', '4.17.5'), on('b', '4.17.4')), { kind: 'compatible' })
  t.deepEqual(canMove(PVH, on('a', '4.20.1'), on('b', '5.0-rc')), { kind: 'compatible' })
  t.deepEqual(reasons(canMove(PVH, on('a', '4.20.1'), on('b', '4.9.0'))), [
    'b runs Xen 4.9.0, older than 4.20.1 on a: a running guest moves to the same or a newer Xen',
  ])
})

test('a guest whose leaves go further than the target’s stays', (t) => {
  const on = (host: string, leaves: NonNullable<Parameters<typeof hostCpu>[1]['leaves']>): HostCpu => simpleHost(host, [1], [1], { leaves })
  const source = on('a', { maxBasicLeaf: 0x16, maxExtendedLeaf: 0x80000008, maxStructuredSubleaf: 2 })
  t.deepEqual(reasons(canMove(PVH, source, on('b', { maxBasicLeaf: 0xd, maxExtendedLeaf: 0x80000008, maxStructuredSubleaf: 0 }))), [
    'CPUID on b ends at leaf 0xd, and the guest was started with 0x16',
    'CPUID on b ends at subleaf of leaf 7 0x0, and the guest was started with 0x2',
  ])
  t.deepEqual(canMove(PVH, source, on('b', {})), { kind: 'compatible' })
})

test('a PV guest is not live-migrated without shadow paging, and compared by the PV rows with it', (t) => {
  const given = (virtCaps: readonly string[], pv: Words): HostCpu =>
    hostCpu(pv.join(), {
      virtCaps,
      rows: new Map([
        ['PV Default', pv],
        ['PV Max', pv],
      ]),
    })
  t.deepEqual(reasons(canMove({ type: 'pv' }, given(['pv'], [1]), given(['pv'], [1]))), [
    "a PV guest cannot be live-migrated from 1: its Xen is built without shadow paging, as Debian's is; migrate it cold, or make it a PVH guest",
  ])
  const shadow = ['pv', 'shadow']
  t.deepEqual(canMove({ type: 'pv' }, given(shadow, [1]), given(shadow, [3])), { kind: 'compatible' })
  t.is(missing(canMove({ type: 'pv' }, given(shadow, [3]), given(shadow, [1]))), 'vme')
})

test('a target without hardware virtualization is told to switch it on', (t) => {
  const target = hostCpu('b', { virtCaps: ['pv'], rows: new Map([['PV Default', [1]]]) })
  t.deepEqual(reasons(canMove(PVH, simpleHost('a', [1]), target)), [
    'b cannot run PVH and HVM guests (no hvm, hap in its virt_caps): switch VT-x or AMD-V on in its BIOS',
  ])
  t.is(canStart('hvm', undefined, target).kind, 'incompatible')
  t.is(canStart('pv', undefined, simpleHost('c', [1], [1], { virtCaps: ['pv'] })).kind, 'compatible')
})

const UNREADABLE: readonly [what: string, host: HostCpu, reason: RegExp][] = [
  ['no rows', hostCpu('b', { rows: new Map() }), /^b has not reported its CPU policies/],
  [
    'a strange order of words',
    hostCpu('b', { key: ['1c', '1d'], rows: new Map([['HVM Max', [1]]]) }),
    /cannot be compared: its xen-cpuid has word 1c where another is due$/,
  ],
  ['no row HVM Max', hostCpu('b', { rows: new Map([['HVM Default', [1]]]) }), /xen-cpuid has no row HVM Max$/],
  ['no vendor', readHostCpu('b', policyOf({ xen: '4.20.1', rows: maskedEpyc.rows })), /^the CPU vendor of b is not known$/],
  ['no version of Xen', simpleHost('b', [1], [1], { xen: 'unstable' }), /^the Xen version of b is not known$/],
]

for (const [what, host, reason] of UNREADABLE) {
  test(`a host with ${what} takes and gives no guest`, (t) => {
    const other = simpleHost('a', [1])
    t.regex(reasons(canMove(PVH, other, host)).join('\n'), new RegExp(reason.source, 'm'))
    t.regex(reasons(canMove(PVH, host, other)).join('\n'), new RegExp(reason.source, 'm'))
  })
}

test('a guest starts where the level is the default, not where it could only be accepted', (t) => {
  const level = { words: [1, 0, 3], leaves: {} }
  t.deepEqual(canStart('pvh', level, simpleHost('a', [1, 0, 3])), { kind: 'compatible' })
  t.deepEqual(reasons(canStart('pvh', level, simpleHost('a', [1, 0, 1], [1, 0, 3]))), ['a lacks e1d bit 1'])
  const mitigation = { words: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0x400], leaves: {} }
  t.deepEqual(canStart('pvh', mitigation, simpleHost('a', [1], mitigation.words)), { kind: 'compatible' })
})

const word = fc.nat({ max: 0xffffffff })
const words = fc.array(word, { minLength: 0, maxLength: 22 })
/** By default a part of what it can. */
const host = (name: string) =>
  fc.tuple(words, words).map(([atMost, part]) => simpleHost(name, intersection(atMost, part), atMost, { xen: '4.20.0' }))
const atMostOf = (cpu: HostCpu): Words => (cpu.hvm.kind === 'offer' ? cpu.hvm.offer.atMost.words : [])

test('a guest can always come back to a host like its own', (t) => {
  fc.assert(fc.property(host('a'), (a) => canMove(PVH, a, a).kind === 'compatible'))
  t.pass()
})

test('a guest may move exactly when nothing that counts is missing', (t) => {
  const ignored = [0x10000000, 0x08000000, 0, 0x2, 0, 0, 0x10]
  fc.assert(
    fc.property(words, host('a'), host('b'), (features, a, b) => {
      const verdict = canMove({ type: 'pvh', features: { words: features, leaves: {} } }, a, b)
      const lacking = difference(difference(features, atMostOf(b)), ignored).some((each) => each !== 0)
      return (verdict.kind === 'incompatible') === lacking && (verdict.kind === 'compatible' || verdict.missing.length > 0)
    }),
  )
  t.pass()
})

test('a guest with less may move wherever one with more may, and a host with more takes whatever one with less does', (t) => {
  fc.assert(
    fc.property(words, words, host('a'), host('b'), words, (features, part, a, b, more) => {
      const moves = (set: Words, target: HostCpu): boolean =>
        canMove({ type: 'pvh', features: { words: set, leaves: {} } }, a, target).kind === 'compatible'
      const richer = simpleHost('c', [], union(atMostOf(b), more), { xen: '4.20.0' })
      const accepted = intersection(features, atMostOf(b))
      return moves(accepted, b) && moves(intersection(accepted, part), b) && moves(accepted, richer)
    }),
  )
  t.pass()
})
