import test from 'ava'
import type { HostCpu } from '../../../manager/cpu/host.ts'
import { poolCpu } from '../../../manager/cpu/pool.ts'
import { hostCpu, realHost } from './cpus.ts'

const pool = (...cpus: readonly HostCpu[]) => poolCpu(cpus.map((cpu) => ({ id: `id-${cpu.host}`, cpu })))

test('a mixed pool has a level for each vendor, most hosts first, and groups numbered over all', (t) => {
  const { levels, groups, unknown, complete } = pool(
    realHost('i1', 'cascadeLake'),
    realHost('a1', 'milan'),
    realHost('i2', 'cascadeLake'),
    realHost('i3', 'skylake'),
    realHost('a2', 'milan'),
  )
  t.deepEqual(
    levels.map(({ vendor, level }) => [vendor, level.of]),
    [
      ['GenuineIntel', ['i1', 'i2', 'i3']],
      ['AuthenticAMD', ['a1', 'a2']],
    ],
  )
  t.true(levels[0]?.hindrances.some(({ hosts }) => hosts.join() === 'i3'))
  t.deepEqual(levels[1]?.hindrances, [])
  t.deepEqual(
    groups.map(({ number, vendor, hosts }) => [number, vendor, [...hosts].sort()]),
    [
      [1, 'GenuineIntel', ['id-i1', 'id-i2']],
      [2, 'AuthenticAMD', ['id-a1', 'id-a2']],
      [3, 'GenuineIntel', ['id-i3']],
    ],
  )
  t.deepEqual([unknown, complete], [[], true])
})

test('hosts whose CPU is not known are in no group and hold no level down, and it is said why', (t) => {
  const silent = hostCpu('silent', { rows: new Map() })
  const { levels, groups, unknown } = pool(realHost('i1', 'cascadeLake'), silent)
  t.deepEqual(levels[0]?.level.of, ['i1'])
  t.deepEqual(
    levels[0]?.level.without.map(({ host }) => host),
    ['silent'],
  )
  t.deepEqual(groups.length, 1)
  t.deepEqual(
    unknown.map(({ host, name }) => [host, name]),
    [['id-silent', 'silent']],
  )
  t.regex(unknown[0]?.reason ?? '', /^silent has not reported its CPU policies/)
})

test('a pool without hosts has neither levels nor groups', (t) => {
  t.deepEqual(pool(), { levels: [], groups: [], complete: true, unknown: [] })
})
