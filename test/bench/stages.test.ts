import test from 'ava'
import { nodeBoot, type ReachedStage, slowestOf } from './stages.ts'

const T0 = 1_700_000_000_000
const at = (seconds: number, stage: ReachedStage['stage'], status: ReachedStage['status'] = 'done'): ReachedStage => ({
  stage,
  at: T0 + seconds * 1000,
  status,
})

test('nodeBoot gives each stage the seconds since the one before, the first one those since power-on', (t) => {
  const boot = nodeBoot('node1', T0, [at(2, 'ipxe'), at(2.5, 'script'), at(4, 'kernel'), at(12, 'initramfs'), at(20, 'up')])
  t.deepEqual(boot, { node: 'node1', seconds: { ipxe: 2, script: 0.5, kernel: 1.5, initramfs: 8, up: 8 }, total: 20 })
})

test('the seconds of all stages add up to the total', (t) => {
  const boot = nodeBoot('node1', T0, [at(1, 'firmware'), at(3, 'ipxe'), at(7, 'kernel'), at(7, 'root'), at(15.25, 'up')])
  t.is(
    Object.values(boot?.seconds ?? {}).reduce((sum, value) => sum + value, 0),
    boot?.total ?? Number.NaN,
  )
})

test('nodeBoot knows no boot that is not up', (t) => {
  t.is(nodeBoot('node1', T0, []), undefined)
  t.is(nodeBoot('node1', T0, [at(2, 'ipxe'), at(9, 'dom0')]), undefined)
  t.is(nodeBoot('node1', T0, [at(2, 'ipxe'), at(9, 'up', 'failed')]), undefined)
})

test('a stage that failed and was passed later has no time of its own', (t) => {
  const boot = nodeBoot('node1', T0, [at(2, 'ipxe'), at(5, 'root', 'failed'), at(9, 'up')])
  t.deepEqual(boot?.seconds, { ipxe: 2, up: 7 })
})

test('the node that was up last stands for the rack', (t) => {
  const boots = [12, 31, 30].map((total, index) => ({ node: `node${index + 1}`, seconds: {}, total }))
  t.is(slowestOf(boots).node, 'node2')
  t.throws(() => slowestOf([]), { instanceOf: RangeError })
})
