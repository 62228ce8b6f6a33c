import test from 'ava'
import { planReport } from '../../../../../manager/cli/commands/migrate/report.ts'
import { restartOf } from '../../../../../manager/cli/commands/migrate/restart.ts'
import type { MigrationPlan } from '../../../../../manager/contract/migrations.ts'

const PLAN: MigrationPlan = {
  ...{ guest: 'web1', way: 'live', diskBytes: 2 ** 30, memoryBytes: 2 ** 29, pauseAtMostMs: 2000, steps: [], refusals: [] },
  from: { host: 'a'.repeat(16), name: 'node01' },
  to: { host: 'b'.repeat(16), name: 'node02' },
  disks: [
    { vdev: 'xvda', sizeBytes: 2 ** 33, how: 'stays', vg: 'san', luns: ['naa.60000000000000000e00000000010001'] },
    { vdev: 'xvdb', sizeBytes: 2 ** 30, how: 'copied', vg: 'data', luns: [] },
  ],
}

test('a plan says of each disk whether it stays on its LUN or is copied', (t) => {
  const section = planReport([PLAN]).sections.find(({ name }) => name === 'disks')
  t.deepEqual(section && 'rows' in section && section.rows.map(({ disk, vg, how }) => [disk, vg, how]), [
    ['xvda', 'san', 'stays on LUN naa.60000000000000000e00000000010001'],
    ['xvdb', 'data', 'copied'],
  ])
})

test('of a guest that cannot be moved as it stands nothing is said of its disks', (t) => {
  const { disks: _, ...refused } = PLAN
  const plan = { ...refused, refusals: [{ code: 'has-snapshots', reason: 'disk xvda has snapshots: data/before' }] }
  t.deepEqual(
    planReport([plan]).sections.map(({ name }) => name),
    ['migrations', 'refusals'],
  )
})

test('of a guest that cannot go live it is said what --restart would do, and of a plan what is not sent', (t) => {
  const plan = { ...PLAN, refusals: [{ code: 'cpu', reason: 'node02 lacks avx2' }], withRestart: { stopMs: 12_400 } }
  const section = planReport([plan]).sections.find(({ name }) => name === 'restarts')
  t.deepEqual(section && 'rows' in section && section.rows, [{ guest: 'web1', stop: '12 s' }])
  const [list] = planReport([{ ...PLAN, notSent: { zeroBytes: 2, thereBytes: 3 } }]).sections
  t.like(list && 'rows' in list && list.rows[0], { unsent: 5 })
  t.is(
    planReport([PLAN]).sections.find(({ name }) => name === 'restarts'),
    undefined,
  )
})

test('how a guest is stopped is asked for with --restart only', (t) => {
  t.deepEqual(restartOf({}), {})
  t.deepEqual(restartOf({ restart: true }), { restart: {} })
  t.deepEqual(restartOf({ restartAlways: true, timeout: 60, hard: true, compare: 'running' }), {
    restart: { when: 'always', seconds: 60, how: 'clean, then hard', compare: 'running' },
  })
  for (const alone of [{ timeout: 60 }, { hard: true as const }, { compare: 'running' as const }])
    t.throws(() => restartOf(alone), { message: /says how a guest is stopped: give --restart, too/ })
})
