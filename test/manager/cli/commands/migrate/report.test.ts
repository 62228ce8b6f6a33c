import test from 'ava'
import { planReport } from '../../../../../manager/cli/commands/migrate/report.ts'
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
