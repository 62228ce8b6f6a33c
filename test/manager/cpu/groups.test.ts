import test from 'ava'
import fc from 'fast-check'
import { listFeatures } from '../../../manager/cpu/features.ts'
import { exchangeGroups, explainJoining, MAX_GROUPS } from '../../../manager/cpu/groups.ts'
import type { HostCpu } from '../../../manager/cpu/host.ts'
import { canMove } from '../../../manager/cpu/move.ts'
import { intersection } from '../../../manager/cpu/words.ts'
import { hostCpu, realHost, simpleHost } from './cpus.ts'

test('hosts that exchange guests both ways are a group, the largest first', (t) => {
  const hosts = [
    realHost('sky1', 'skylake'),
    realHost('rome1', 'rome'),
    realHost('ice1', 'iceLake'),
    realHost('rome2', 'rome'),
    realHost('sky2', 'skylake'),
    realHost('rome3', 'rome'),
  ]
  t.deepEqual(exchangeGroups(hosts), {
    groups: [['rome1', 'rome2', 'rome3'], ['sky1', 'sky2'], ['ice1']],
    apart: [],
    complete: true,
  })
})

test('a host can be in two groups: exchange is not passed on', (t) => {
  const [left, middle, right] = [simpleHost('l', [1], [1, 1]), simpleHost('m', [1, 1], [3, 1]), simpleHost('r', [3], [3, 1])]
  t.deepEqual(
    exchangeGroups([left, middle, right])
      .groups.map((group) => group.toSorted())
      .toSorted(),
    [
      ['l', 'm'],
      ['m', 'r'],
    ],
  )
})

test('hosts with another Xen are another group: guests do not come back', (t) => {
  const hosts = [simpleHost('old', [1], [1], { xen: '4.17.6' }), simpleHost('new', [1]), simpleHost('newer', [1], [1], { xen: '4.20.9' })]
  t.deepEqual(exchangeGroups(hosts).groups, [['new', 'newer'], ['old']])
})

test('a host that cannot run its own guests is in no group, with the reason', (t) => {
  const silent = hostCpu('b', { rows: new Map() })
  const { groups, apart } = exchangeGroups([simpleHost('a', [1]), silent])
  t.deepEqual(groups, [['a']])
  t.is(apart[0]?.host, 'b')
  t.deepEqual(apart[0]?.reasons, ['b has not reported its CPU policies: xen-cpuid did not run there'])
})

test('no hosts are no groups', (t) => {
  t.deepEqual(exchangeGroups([]), { groups: [], apart: [], complete: true })
})

test('what keeps a host from a group is told for both ways', (t) => {
  const milan = realHost('milan', 'milan')
  const group = [realHost('rome1', 'rome'), realHost('rome2', 'rome')]
  const joining = explainJoining(milan, group)
  if (joining.kind === 'joins') return t.fail('Milan is no Rome')
  t.is(listFeatures(joining.lacks), '')
  t.is(listFeatures(joining.exceeds), 'erms, invpcid, pku, vaes, vpclmulqdq, stibp-always, no-lmsl, psfd, fsrm')
  t.deepEqual(joining.reasons, ['rome1 lacks erms, invpcid, pku, vaes, vpclmulqdq, stibp-always, no-lmsl, psfd, fsrm'])
  t.deepEqual(explainJoining(realHost('rome3', 'rome'), group), { kind: 'joins' })
})

test('a pool contrived to have too many groups is answered in part', (t) => {
  // 9 triples of hosts; hosts of one triple never exchange, of two triples always: 3^9 groups
  const hosts = Array.from({ length: 27 }, (_, index) => {
    const triple = Math.floor(index / 3)
    const others = (7 << (triple * 3)) & ~(1 << index)
    return simpleHost(`n${index}`, [1 << index], [(2 ** 27 - 1) & ~others])
  })
  const { groups, complete } = exchangeGroups(hosts)
  t.false(complete)
  t.is(groups.length, MAX_GROUPS)
})

const words = fc.array(fc.nat({ max: 15 }), { maxLength: 2 })
const pool = fc
  .array(fc.tuple(words, words), { maxLength: 9 })
  .map((all) => all.map(([atMost, part], index) => simpleHost(`n${index}`, intersection(atMost, part), atMost)))

test('groups are just the maximal ones: all within exchange, and no host outside could be added', (t) => {
  fc.assert(
    fc.property(pool, (hosts) => {
      const exchange = (a: HostCpu, b: HostCpu): boolean =>
        canMove({ type: 'pvh' }, a, b).kind === 'compatible' && canMove({ type: 'pvh' }, b, a).kind === 'compatible'
      const { groups } = exchangeGroups(hosts)
      const members = groups.map((group) => hosts.filter(({ host }) => group.includes(host)))
      return (
        new Set(groups.map((group) => group.toSorted().join())).size === groups.length &&
        hosts.every((cpu) => members.some((group) => group.includes(cpu))) &&
        members.every(
          (group) =>
            group.every((a) => group.every((b) => exchange(a, b))) &&
            hosts.every((outsider) => group.includes(outsider) || !group.every((each) => exchange(outsider, each))),
        )
      )
    }),
  )
  t.pass()
})
