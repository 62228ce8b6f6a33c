import test from 'ava'
import { stepsOf } from '../../../../manager/automations/migrate/told.ts'
import { migrateArgsFor } from './args.ts'

test('the plan of a guest without disks of its host tells of no copy', (t) => {
  const said = (changed: Parameters<typeof migrateArgsFor>[0]) => stepsOf(migrateArgsFor(changed)).map(({ what }) => what)
  t.deepEqual(said({ disks: [] }), [
    'claim memory of b',
    'send its memory, and hold the last word',
    'hand over: from here on there is no way back',
    'clear away on a',
  ])
  t.true(said({}).includes('make a copy of xvda in VG data of b'))
  t.is(said({ keepMs: 120_000 }).at(-1), 'clear away on a: its disks there are kept for 2 minutes')
})
