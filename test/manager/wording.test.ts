import test from 'ava'
import { sayBytes, sayJob, sayNames, sayPhase, sayPlace, sayRate, saySpan } from '../../manager/wording.ts'

test('bytes are said in the largest unit that leaves one, with one decimal at most', (t) => {
  t.deepEqual([0, 1, 1023, 1024, 1536, 2 ** 30, 2 ** 40 * 1.25, 2 ** 62].map(sayBytes), [
    '0 bytes',
    '1 bytes',
    '1023 bytes',
    '1 KiB',
    '1.5 KiB',
    '1 GiB',
    '1.3 TiB',
    '4096 PiB',
  ])
})

test('few names are all said, many are counted', (t) => {
  const names = (count: number) => Array.from({ length: count }, (_, index) => `n${index + 1}`)
  t.deepEqual(
    [1, 2, 5, 6].map((count) => sayNames(names(count))),
    ['n1', 'n1 and n2', 'n1, n2, n3, n4 and n5', 'n1, n2, n3 and 3 others'],
  )
})

test('a job is said with its rate and what is left, by commands and pages alike; all of it only where nothing is left', (t) => {
  const job = { phase: 'copying', done: 1023, total: 1024, unit: 'MiB' }
  t.is(sayJob({ ...job, rate: 31.44, secondsLeft: 75 }), 'copying 99 % of 1024 MiB, 31 MiB/s, 1 min 15 s left')
  t.is(sayJob({ ...job, done: 512, sent: 12 }), 'copying 50 % of 1024 MiB, 12 MiB sent and 500 MiB saved')
  t.is(sayJob({ phase: 'streaming', done: 2 ** 20, unit: 'bytes', rate: 2 ** 19 }), 'streaming 1 MiB, 512 KiB/s')
  t.is(sayJob({ phase: 'waiting', done: 0, unit: 'files' }), 'waiting')
  t.deepEqual([400, 12_000, 185_000, 7_440_000].map(saySpan), ['0.4 s', '12 s', '3 min 5 s', '2 h 4 min'])
  t.deepEqual([40 * 2 ** 20, undefined].map(sayRate), ['40 MiB/s', 'all that the network carries'])
})

test('sayPlace counts from one, and leaves out what wraps all', (t) => {
  t.is(sayPlace(['spec', 'disks', 0, 'pool']), 'disk 1, pool')
  t.is(sayPlace(['body', 'groups', 11]), 'group 12')
  t.is(sayPlace(['entries', 1, 'addresses', 0]), 'entry 2, address 1')
  t.is(sayPlace(['name']), 'name')
  t.is(sayPlace([0]), 'item 1')
  t.is(sayPlace([]), '')
})

test('sayPhase counts the phase that is under way, and no further than the last', (t) => {
  t.is(sayPhase({ phase: 'copy', done: 1, total: 4 }), 'phase copy, 2 of 4')
  t.is(sayPhase({ phase: 'look', done: 4, total: 4 }), 'phase look, 4 of 4')
  t.is(sayPhase({ phase: 'copy', done: 0 }), 'phase copy')
})
