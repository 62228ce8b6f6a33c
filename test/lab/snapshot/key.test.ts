import test from 'ava'
import { outdated, pointKey } from './key.ts'

const ALL = { point: 'two-approved', generations: ['0123456789abcdef'], qemu: 'QEMU 7.2', sources: 'abc' }

test('a key changes with everything that a saved rack belongs to, and names its point', (t) => {
  const changed = [
    { ...ALL, point: 'one-up' },
    { ...ALL, generations: [] },
    { ...ALL, qemu: 'QEMU 10' },
    { ...ALL, sources: 'abd' },
  ]
  t.is(new Set([ALL, ...changed].map(pointKey)).size, 5)
  t.is(pointKey({ ...ALL }), pointKey(ALL))
  t.regex(pointKey(ALL), /^two-approved-[0-9a-f]{16}$/)
})

test('what is kept of the same point for another belonging goes, and of other points the oldest beyond the bound', (t) => {
  const kept = [
    { key: 'a-2', bytes: 100, savedAt: 5 },
    { key: 'a-1', bytes: 100, savedAt: 4 },
    { key: 'b-1', bytes: 50, savedAt: 3 },
    { key: 'c-1', bytes: 50, savedAt: 1 },
    { key: 'd-1', bytes: 50, savedAt: 2 },
  ]
  t.deepEqual(outdated(kept, 'a-2', 100, 250), ['a-1'], 'they fit to the byte')
  t.deepEqual(outdated(kept, 'a-2', 100, 249), ['a-1', 'c-1'])
  t.deepEqual(outdated(kept, 'a-2', 100, 150), ['a-1', 'c-1', 'd-1'])
  t.deepEqual(outdated(kept, 'a-2', 100, 10), ['a-1', 'c-1', 'd-1', 'b-1'], 'what was just saved stays')
})
