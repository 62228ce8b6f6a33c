import test from 'ava'
import { restartPause } from '../../../../manager/cli/engine/restart.ts'

test('a process that died once is started again at once, one that keeps dying at most every ten seconds', (t) => {
  t.true(restartPause(1) <= 100)
  const pauses = [1, 2, 3, 4, 5, 6, 7, 8, 50].map(restartPause)
  t.deepEqual(
    pauses,
    [...pauses].sort((a, b) => a - b),
  )
  t.is(pauses.at(-1), 10_000)
})
