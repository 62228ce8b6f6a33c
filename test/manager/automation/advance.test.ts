import test from 'ava'
import { advance } from '../../../manager/automation/advance.ts'
import { StepFailed } from '../../../manager/automation/failure.ts'
import { all, any, ask, attempt, bounded, meanwhile, type Steps, sleep } from '../../../manager/automation/steps.ts'
import { abort, DONE, FAILED, failing, make, play, programOf, undo } from './played.ts'

test('what is done is taken back in reverse order of its completion, and what failed, too, as it may be done', (t) => {
  function* run(): Steps {
    yield* make('a')
    yield* all([() => make('b'), () => make('c')])
    yield* make('d')
  }
  const { live, kinds } = play(run, failing('d'))
  t.deepEqual(kinds, ['a', 'b', 'c', 'd', 'undo-d', 'undo-c', 'undo-b', 'undo-a'])
  t.deepEqual(live.outcome, { kind: 'failed', reason: 'it is broken' })
  t.deepEqual(live.undos(), [])
})

test('an undo is there before what it takes back has begun', (t) => {
  const { live, journal } = play(
    () => make('a'),
    () => undefined,
  )
  t.deepEqual(
    journal.map((entry) => (entry.kind === 'answered' || entry.kind === 'started') && entry.effect?.kind),
    ['undo', 'request'],
  )
  t.is(live.undos()[0]?.undo.command, 'undo a')
})

test('an undo that fails twice waits for a person, with the command; it goes on when that says so', (t) => {
  function* run(): Steps {
    yield* make('a')
    yield* make('b')
  }
  const said: string[] = []
  const { live, journal } = play(run, (kind) => (kind === 'operator' ? undefined : failing('b', 'undo-a')(kind)))
  const [waiting] = live.pending()
  t.like(waiting?.effect, { kind: 'operator', what: 'a', command: 'undo a', reason: 'it is broken' })
  const saying = (value: string) => (kind: string) => {
    if (kind !== 'operator') said.push(kind)
    return kind === 'operator' ? ({ kind: 'value', value } as const) : DONE
  }
  const helped = play(run, saying('by hand'), journal)
  t.is(helped.live.outcome?.kind, 'failed')
  t.deepEqual(helped.live.undos(), [])
  t.deepEqual(said, [], 'nothing was asked of the host any more')
  const retried = play(run, saying('retry'), journal)
  t.deepEqual(said, ['undo-a'])
  t.is(retried.live.outcome?.kind, 'failed')
})

test('what is done meanwhile is taken back whatever the end', (t) => {
  const run = () => meanwhile(undo('busy'), ask('h', { kind: 'busy' }), () => ask('h', { kind: 'work' }))
  t.deepEqual(play(run, failing()).kinds, ['busy', 'work', 'undo-busy'])
  t.is(play(run, failing()).live.outcome?.kind, 'done')
  const failed = play(run, failing('work'))
  t.deepEqual(failed.kinds, ['busy', 'work', 'undo-busy'])
  t.is(failed.live.outcome?.kind, 'failed')
})

test('of any, the first that succeeds stays, and the others take back what they have done', (t) => {
  function* slow(): Steps<string> {
    yield* make('slow')
    yield* ask('h', { kind: 'never' })
    return 'slow'
  }
  function* quick(): Steps<string> {
    yield* make('quick')
    return 'quick'
  }
  const { live, kinds } = play(
    () => any([slow, quick]),
    (kind) => (kind === 'never' ? undefined : DONE),
  )
  t.deepEqual(live.outcome, { kind: 'done', value: 'quick' })
  t.deepEqual(kinds, ['slow', 'quick', 'never', 'undo-slow'])
})

test('an attempt that fails is taken back before its failure is thrown, and something else may be tried', (t) => {
  function* run(): Steps<string> {
    try {
      yield* attempt(function* () {
        yield* make('a')
        yield* make('b')
      })
      return 'first'
    } catch (error) {
      if (!(error instanceof StepFailed)) throw error
      yield* make('c')
      return 'second'
    }
  }
  const { live, kinds } = play(run, failing('b'))
  t.deepEqual(kinds, ['a', 'b', 'undo-b', 'undo-a', 'c'])
  t.deepEqual(live.outcome, { kind: 'done', value: 'second' })
  t.deepEqual(
    live.undos().map(({ undo: { what } }) => what),
    ['c'],
  )
})

test('where a branch of all fails the others are stopped, and their parent hears the failure', (t) => {
  const run = () => all([() => ask('h', { kind: 'a' }), () => sleep(1000), () => ask('h', { kind: 'b' })])
  const { live, kinds } = play(run, (kind) => (kind === 'a' ? FAILED : undefined))
  t.deepEqual(live.outcome, { kind: 'failed', reason: 'it is broken' })
  t.deepEqual(kinds, ['a', 'b'], 'b was ended by its host')
})

test('bounded has so many at one time', (t) => {
  const run = () =>
    bounded(
      2,
      [1, 2, 3, 4].map((n) => () => ask('h', { kind: `r${n}` })),
    )
  const first = play(run, () => undefined)
  t.deepEqual(
    first.live.pending().map(({ step }) => step),
    ['1.1.1', '1.2.1'],
  )
  const all = play(run, (_kind, step) => ({ kind: 'value', value: step }))
  t.deepEqual(all.live.outcome, { kind: 'done', value: ['1.1.1', '1.2.1', '1.3.1', '1.4.1'] })
})

test('an abort ends a pause at once, is told to the host of a request, and waits for one that may not be cut short', (t) => {
  const paused = advance(
    programOf(() => sleep(1000)),
    [],
  )
  paused.feed(abort)
  t.deepEqual(paused.outcome, { kind: 'aborted', reason: 'alice has aborted it' })
  const asked = play(
    () => ask('h', { kind: 'a' }),
    () => undefined,
  ).live
  asked.feed(abort)
  t.is(asked.pending()[0]?.stopping, 'alice has aborted it')
  function* uncut(): Steps {
    yield* ask('h', { kind: 'a' }, { onAbort: 'finish' })
    yield* ask('h', { kind: 'b' })
  }
  const waiting = play(uncut, () => undefined)
  waiting.live.feed(abort)
  t.is(waiting.live.pending()[0]?.stopping, undefined)
  waiting.live.feed({ kind: 'answered', step: '1', at: 3, answer: DONE })
  t.is(waiting.live.outcome?.kind, 'aborted')
})

test('an abort does not cut short what takes back', (t) => {
  function* run(): Steps {
    yield* make('a')
    yield* make('b')
  }
  const { live, journal } = play(run, (kind) => (kind.startsWith('undo') ? undefined : failing('b')(kind)))
  live.feed(abort)
  t.is(live.pending()[0]?.stopping, undefined)
  t.deepEqual(play(run, failing(), [...journal, abort]).kinds, ['undo-b', 'undo-a'])
})
