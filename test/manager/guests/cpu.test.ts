import test from 'ava'
import type { HostCpu } from '../../../manager/cpu/host.ts'
import { canMove } from '../../../manager/cpu/move.ts'
import { poolCpu } from '../../../manager/cpu/pool.ts'
import { eitherCpu, givenCpu, readCpu } from '../../../manager/guests/cpu.ts'
import { realHost } from '../cpu/cpus.ts'

const [OLD, YOUNG] = [realHost('sky', 'skylake'), realHost('ice', 'iceLake')]
const levelsOf = (...hosts: readonly HostCpu[]) => poolCpu(hosts.map((cpu) => ({ id: cpu.host, cpu }))).levels
const goes = (features: ReturnType<typeof eitherCpu>, from: HostCpu, to: HostCpu) =>
  canMove({ type: 'pvh', ...(features ? { features } : {}) }, from, to).kind

test('a guest of the pool’s level goes from the young host to the old one, and one with all of its host does not', (t) => {
  const levels = levelsOf(OLD, YOUNG)
  const pool = givenCpu('pool', YOUNG, levels)
  t.regex(pool?.cpuid ?? '', /^host,.*vaes=0/)
  t.is(goes(pool?.features, YOUNG, OLD), 'compatible')
  const host = givenCpu('host', YOUNG, levels)
  t.is(host?.cpuid, undefined)
  t.is(goes(host?.features, YOUNG, OLD), 'incompatible')
  t.is(goes(undefined, YOUNG, OLD), 'incompatible', 'of one that is not known all that its host gives is meant')
})

test('among hosts that are alike nothing is hidden; where the CPU is not known nothing is known', (t) => {
  t.deepEqual(Object.keys(givenCpu('pool', YOUNG, levelsOf(YOUNG)) ?? {}), ['features'])
  t.is(givenCpu('pool', undefined, levelsOf(YOUNG)), undefined)
  t.is(givenCpu('pool', { ...YOUNG, hvm: { kind: 'unknown', reason: 'it did not say' } }, levelsOf(YOUNG)), undefined)
  t.is(givenCpu('pool', YOUNG, [])?.cpuid, undefined, 'there is no level yet')
})

test('one that has moved may have what it was started with, or, since a reboot, what its new host gives', (t) => {
  const old = givenCpu('host', OLD, [])?.features
  const young = givenCpu('host', YOUNG, [])?.features
  const either = eitherCpu(old, young)
  t.is(goes(either, YOUNG, OLD), 'incompatible')
  t.is(goes(old, YOUNG, OLD), 'compatible')
  t.is(eitherCpu(undefined, young), undefined)
  t.deepEqual(readCpu(JSON.stringify(either)), either)
  t.is(readCpu(null), undefined)
})
