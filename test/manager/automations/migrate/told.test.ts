import test from 'ava'
import { stepsOf } from '../../../../manager/automations/migrate/told.ts'
import { COPIED, migrateArgsFor, STAYING } from './args.ts'

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

test('of two disks that of which the LUN is seen there is neither copied, mirrored nor sent, and the other one is', (t) => {
  const steps = stepsOf(migrateArgsFor({ disks: [COPIED, STAYING], seed: 'first', keepMs: 60_000 }))
  t.deepEqual(
    steps.map(({ what }) => what),
    [
      'claim memory and space of b',
      'wait for its turn: so many guests copy their disks at a time',
      'make a copy of xvda in VG data of b, of what the guest has left behind there where it has',
      'mirror xvda over 10.77.0.0/24',
      'send what b has not of xvda, block by block, pressed: zeros never, and no block that is there already',
      'join the mirror, and wait until what was written meanwhile is there, too',
      'xvdb stays on LUN naa.600, in VG data: nothing is copied',
      'make xvdb ready on b',
      'send its memory, and hold the last word',
      'see that a writes nothing to xvdb any more',
      'see that the copy is whole, and end the mirror',
      'hand over: from here on there is no way back',
      'clear away on a: its disks there are kept for 1 minutes',
    ],
  )
  t.is(stepsOf(migrateArgsFor({ disks: [STAYING] })).at(-1)?.what, 'clear away on a: it lets go of its disks')
})
