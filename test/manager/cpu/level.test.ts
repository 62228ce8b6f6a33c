import test from 'ava'
import fc from 'fast-check'
import { ACCUMULATED, featuresOf, listFeatures } from '../../../manager/cpu/features.ts'
import type { CpuFeatures, HostCpu } from '../../../manager/cpu/host.ts'
import { hindrancesOf, levelOf } from '../../../manager/cpu/level.ts'
import { canMove, canStart } from '../../../manager/cpu/move.ts'
import { difference, intersection, keyOf } from '../../../manager/cpu/words.ts'
import { coffeeLake, dumpedHost, hostCpu, maskedEpyc, realHost, simpleHost, type Words, withoutBit } from './cpus.ts'

function featuresOfLevel(hosts: readonly HostCpu[]): CpuFeatures {
  const level = levelOf(hosts)
  if (level.kind === 'unknown') throw new Error(level.reason)
  return level.features
}

const INTEL = [realHost('sky', 'skylake'), realHost('casc', 'cascadeLake'), realHost('ice', 'iceLake')]

test('the level is what all hosts give by default', (t) => {
  const level = levelOf([simpleHost('a', [7, 1, 0x800]), simpleHost('b', [3, 3]), simpleHost('c', [6, 1, 0x800])])
  t.like(level, { kind: 'level', of: ['a', 'b', 'c'], without: [] })
  t.is(level.kind === 'level' && listFeatures(featuresOf(level.features.words)), 'vme, sse3')
})

test('the level ends at the smallest of the largest leaves that are known', (t) => {
  const leaves = (maxBasicLeaf: number, maxStructuredSubleaf: number) => ({ leaves: { maxBasicLeaf, maxStructuredSubleaf } })
  const hosts = [simpleHost('a', [1], [1], leaves(0x16, 0)), simpleHost('b', [1], [1], leaves(0xd, 2)), simpleHost('c', [1])]
  t.deepEqual(featuresOfLevel(hosts).leaves, { basic: 0xd, structured: 0 })
})

test('a host that has not reported is left out of the level, and said to be', (t) => {
  const silent = hostCpu('b', { rows: new Map() })
  t.like(levelOf([simpleHost('a', [3]), silent]), {
    of: ['a'],
    without: [{ host: 'b', reason: 'b has not reported its CPU policies: xen-cpuid did not run there' }],
  })
  t.deepEqual(levelOf([silent]), { kind: 'unknown', reason: 'b has not reported its CPU policies: xen-cpuid did not run there' })
  t.deepEqual(levelOf([]), { kind: 'unknown', reason: 'there are no hosts' })
})

test('a mitigation that one host asks for and all can show is in the level', (t) => {
  // md-clear: word 7d0, bit 10
  const asks = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0x400]
  t.is(featuresOfLevel([simpleHost('a', asks), simpleHost('b', [], asks)]).words[9], 0x400)
  t.falsy(featuresOfLevel([simpleHost('a', asks), simpleHost('b', [], [])]).words[9])
  t.falsy(featuresOfLevel([simpleHost('a', [], asks), simpleHost('b', [], asks)]).words[9])
})

test('what holds a pool of Skylake, Cascade Lake and Ice Lake down is told, the fewest hosts first', (t) => {
  t.deepEqual(
    hindrancesOf(INTEL).map(({ text }) => text),
    [
      'sky holds the level back by avx512-vnni, md-clear, ibrsb, stibp, l1d-flush, arch-caps, ssbd, rdcl-no, eibrs',
      'ice holds the level back by rtm',
      'sky and casc hold the level back by avx512-ifma, sha, avx512-vbmi, umip, avx512-vbmi2, gfni, vaes, vpclmulqdq, avx512-bitalg, avx512-vpopcntdq, rdpid, fsrm',
      'sky and ice hold the level back by mds-no',
    ],
  )
})

test('NX that is off in one BIOS holds the level down by that name', (t) => {
  const hosts = [dumpedHost('a', maskedEpyc), dumpedHost('b', withoutBit(maskedEpyc, 2, 20)), dumpedHost('c', maskedEpyc)]
  t.deepEqual(
    hindrancesOf(hosts).map(({ text, features }) => [text, listFeatures(features)]),
    [['NX/XD is off in the BIOS of b', 'nx']],
  )
})

test('many hosts that hold the level down together are counted', (t) => {
  const old = Array.from({ length: 7 }, (_, index) => simpleHost(`n${index + 1}`, [1]))
  t.is(hindrancesOf([...old, simpleHost('new', [3])])[0]?.text, 'n1, n2, n3 and 4 others hold the level back by vme')
})

test('equal hosts hold nothing down, and no hosts neither', (t) => {
  t.deepEqual(hindrancesOf([dumpedHost('a', coffeeLake), dumpedHost('b', coffeeLake)]), [])
  t.deepEqual(hindrancesOf([]), [])
})

const isEmpty = (set: Words): boolean => keyOf(set) === ''

const words = fc.array(fc.nat({ max: 0xffffffff }), { maxLength: 21 })
const hosts = fc
  .array(fc.tuple(words, words), { minLength: 1, maxLength: 5 })
  .map((all) => all.map(([atMost, part], index) => simpleHost(`n${index}`, intersection(atMost, part), atMost)))
const offered = (cpu: HostCpu, row: 'byDefault' | 'atMost'): Words => (cpu.hvm.kind === 'offer' ? cpu.hvm.offer[row].words : [])

test('no host can do less than the level, and only accumulated bits go beyond what a host gives', (t) => {
  fc.assert(
    fc.property(hosts, (all) => {
      const { words: level } = featuresOfLevel(all)
      return all.every(
        (cpu) =>
          isEmpty(difference(level, offered(cpu, 'atMost'))) &&
          isEmpty(difference(difference(level, offered(cpu, 'byDefault')), ACCUMULATED)),
      )
    }),
  )
  t.pass()
})

test('a guest with the level starts on every host of the pool, and moves between any two', (t) => {
  fc.assert(
    fc.property(hosts, (all) => {
      const features = featuresOfLevel(all)
      return all.every(
        (from) =>
          canStart('pvh', features, from).kind === 'compatible' &&
          all.every((to) => canMove({ type: 'pvh', features }, from, to).kind === 'compatible'),
      )
    }),
  )
  t.pass()
})

test('the level does not depend on the order of the hosts, and one more host never raises it', (t) => {
  fc.assert(
    fc.property(hosts, (all) => {
      const set = (cpus: readonly HostCpu[]): Words => difference(featuresOfLevel(cpus).words, ACCUMULATED)
      const same = (a: Words, b: Words): boolean => isEmpty(difference(a, b)) && isEmpty(difference(b, a))
      return same(set(all), set(all.toReversed())) && isEmpty(difference(set(all), set(all.slice(0, Math.max(1, all.length - 1)))))
    }),
  )
  t.pass()
})
