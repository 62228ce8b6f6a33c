import test from 'ava'
import { commandsFor, newsOf, progressLine, sayProgress, spanOf, stepLines } from '../../../../../manager/cli/engine/automation/lines.ts'
import { BEGUN, runningAutomation } from '../../../fake-automations.ts'

const LOOK = { now: BEGUN + 12_400, columns: 79, rows: 24, unicode: true }
const job = { phase: 'copy', done: 900 * 2 ** 20, total: 2 ** 31, unit: 'bytes' }
const copying = runningAutomation('k3tq', {
  title: 'create web1 on node01',
  noReturn: 'look',
  steps: [
    { step: '1', what: 'phase claim: sdb', state: 'done', started: BEGUN, ended: BEGUN + 10 },
    { step: '2', what: 'before-create hook', state: 'failed', started: BEGUN, ended: BEGUN + 3000, reason: 'said no' },
    { step: '3', what: 'make-disk on node01', state: 'under way', started: BEGUN + 400, progress: job },
  ],
  undos: [{ step: '2', what: 'remove the disk', command: 'hostless vm destroy web1', state: 'open' }],
})

test('an automation is a line a step, with its job, how long it took, what would be undone and whose turn it is', (t) => {
  t.deepEqual(stepLines(copying, LOOK), [
    'create web1 on node01: running, 12 s',
    '     phase make, 2 of 3; no return from phase look on; whose turn: make-vg on …',
    `${'   ✔ phase claim: sdb'.padEnd(73)} 0.0 s`,
    `${'   ✖ before-create hook: said no'.padEnd(73)} 3.0 s`,
    `${'   … make-disk on node01, copy 43 % of 2 GiB'.padEnd(74)} 12 s`,
    '     undo: remove the disk (open)',
  ])
  t.true(stepLines(copying, { ...LOOK, unicode: false }).every((line) => /^[ -~…]*$/.test(line)))
})

test('no line is wider than the terminal and no frame higher, whatever stands in it; control characters move no cursor', (t) => {
  const steps = Array.from({ length: 200 }, (_, at) => ({
    step: `${at}`,
    what: `步${'x'.repeat(300)}\u001b[2J`,
    state: 'done' as const,
    started: 0,
    ended: 1,
  }))
  for (const columns of [20, 39, 79]) {
    const lines = stepLines({ ...copying, steps }, { ...LOOK, columns, rows: 10 })
    t.true(lines.length <= 10)
    t.true(lines.every((line) => !line.includes('\u001b') && [...line].reduce((sum, one) => sum + (one > '\u2e80' ? 2 : 1), 0) <= columns))
  }
})

test('one of several is one line: its state, what it does, for how long', (t) => {
  t.is(progressLine('node01', copying, LOOK, 8), `${'node01    running   make-disk on node01, copy 43 % of 2 GiB'.padEnd(74)} 12 s`)
  const failed = runningAutomation('x', { state: 'failed', ended: BEGUN + 65_000, reason: 'sdb is held by VG old' })
  t.is(progressLine('node01', failed, LOOK, 6), `${'node01  failed    sdb is held by VG old'.padEnd(69)} 1 min 5 s`)
})

test('in a pipe each piece of news is said once', (t) => {
  const told = new Map<string, string>()
  t.deepEqual(newsOf('node01', copying, told), [
    'node01: 1 phase claim: sdb: done (0.0 s)',
    'node01: 2 before-create hook: failed (3.0 s): said no',
    'node01: 3 make-disk on node01: under way',
    'node01: running',
  ])
  t.deepEqual(newsOf('node01', copying, told), [])
  const done = { ...copying, state: 'done' as const, ended: BEGUN + 20_000, steps: copying.steps.slice(0, 2) }
  t.deepEqual(newsOf('node01', done, told), ['node01: done'])
})

test('who needs an operator says the commands, each that may be used now', (t) => {
  const verbs = (view: typeof copying) => commandsFor(view).map((command) => command.split(' ')[2])
  t.deepEqual(verbs({ ...copying, state: 'needs-operator' }), ['resume', 'retry-undo', 'abort'])
  t.deepEqual(verbs({ ...copying, state: 'needs-operator', undos: [], mayAbort: 'no: it is past its point of no return' }), ['resume'])
  t.deepEqual(verbs({ ...copying, state: 'done', mayAbort: 'no: it has ended' }), [])
  t.regex(
    stepLines({ ...copying, state: 'needs-operator', reason: 'it broke' }, LOOK).join('\n'),
    /it broke\n {5}hostless automation resume k3tq\n/,
  )
})

test('spans and amounts are said as people say them', (t) => {
  t.deepEqual(
    [0, 420, 9_940, 9_960, 59_400, 61_000, 3_599_000, 7_500_000].map((span) => spanOf(0, span)),
    ['0.0 s', '0.4 s', '9.9 s', '10 s', '59 s', '1 min 1 s', '59 min 59 s', '2 h 5 min'],
  )
  t.is(sayProgress({}), '')
  t.is(sayProgress({ progress: { phase: 'zero', done: 3, unit: 'extents' } }), ', zero 3 extents')
  t.is(sayProgress({ progress: { phase: 'zero', done: 3, total: 4, unit: 'extents' } }), ', zero 75 % of 4 extents')
  t.is(
    sayProgress({ progress: { phase: 'sync', done: 3, total: 96, unit: 'MiB', rate: 3.4567, secondsLeft: 75.4 } }),
    ', sync 3 % of 96 MiB, 3.5 MiB/s, 1 min 15 s left',
  )
  t.is(sayProgress({ progress: { ...job, rate: 31 * 2 ** 20, secondsLeft: 4 } }), ', copy 43 % of 2 GiB, 31 MiB/s, 4.0 s left')
  t.is(sayProgress({ progress: { phase: 'streaming', done: 2 ** 20, unit: 'bytes', rate: 2 ** 19 } }), ', streaming 1 MiB, 512 KiB/s')
})
