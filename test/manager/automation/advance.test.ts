import test from 'ava'
import fc from 'fast-check'
import { Advance, advance, type Program } from '../../../manager/automation/advance.ts'
import type { Undo } from '../../../manager/automation/effect.ts'
import { StepFailed } from '../../../manager/automation/failure.ts'
import { decodeEntries, encodeEntries, type JournalEntry, type StepAnswer } from '../../../manager/automation/journal.ts'
import {
  all,
  any,
  ask,
  attempt,
  bounded,
  meanwhile,
  newId,
  order,
  progress,
  random,
  type Steps,
  sleep,
  undoable,
} from '../../../manager/automation/steps.ts'

const programOf = (run: () => Steps<unknown>): Program => ({ automation: 'a1', seed: 's', run })
const DONE: StepAnswer = { kind: 'value', value: 'ok' }
const FAILED: StepAnswer = { kind: 'failed', cause: 'unable', reason: 'it is broken' }

const undo = (what: string): Undo => ({ what, command: `undo ${what}`, requests: [order('h', { kind: `undo-${what}` })] })
const make = (what: string): Steps<unknown> => undoable(undo(what), ask('h', { kind: what }))

/** Begins all that is asked for, and answers by `answerOf`, one at a time, until it ends or nothing is answered. */
function play(
  run: () => Steps<unknown>,
  answerOf: (kind: string, step: string) => StepAnswer | undefined,
  before: readonly JournalEntry[] = [],
) {
  const journal = [...before]
  const live = new Advance(programOf(run))
  for (const entry of before) live.feed(entry)
  const kinds: string[] = []
  const note = (entry: JournalEntry) => {
    journal.push(entry)
    live.feed(entry)
  }
  for (;;) {
    const fresh = live.pending().find(({ started }) => started === undefined)
    if (fresh) {
      const { step, effect } = fresh
      if (effect.kind === 'request' || effect.kind === 'sleep' || effect.kind === 'operator') note({ kind: 'started', step, at: 1, effect })
      else note({ kind: 'answered', step, at: 1, answer: { kind: 'value', value: null }, effect })
      continue
    }
    const answered = live.pending().flatMap((one) => {
      const kind = one.effect.kind === 'request' ? one.effect.body.kind : one.effect.kind
      const answer = one.stopping === undefined ? answerOf(kind, one.step) : FAILED
      return answer ? [{ ...one, kind, answer }] : []
    })[0]
    if (!answered) return { live, journal, kinds }
    kinds.push(answered.kind)
    note({ kind: 'answered', step: answered.step, at: 1, answer: answered.answer })
  }
}

const failing =
  (...kinds: readonly string[]) =>
  (kind: string) =>
    kinds.includes(kind) ? FAILED : DONE

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

const abort: JournalEntry = { kind: 'abort', at: 2, who: 'alice' }

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

test('a replay that yields something else says which step, what it was and what it is; what was done can still be taken back', (t) => {
  function* old(): Steps {
    yield* make('a')
    yield* make('b')
  }
  function* other(): Steps {
    yield* make('a')
    yield* progress('new', 'phase')
    yield* make('b')
  }
  const { journal } = play(old, (kind) => (kind === 'b' ? undefined : DONE))
  const lost = advance(programOf(other), journal)
  t.deepEqual(lost.divergence, { step: '3', was: 'an undo: b', is: 'phase new: phase' })
  t.deepEqual(lost.pending(), [])
  const unwound = play(other, failing(), [...journal, { kind: 'unwind', at: 3, who: 'alice' }])
  t.deepEqual(unwound.kinds, ['undo-b', 'undo-a'])
  t.regex(JSON.stringify(unwound.live.outcome), /"aborted","reason":"step 3 was an undo: b, is phase new: phase: alice had it taken back/)
  t.deepEqual(advance(programOf(old), journal).divergence, undefined)
})

test('a recipe that ends before its journal does, diverges', (t) => {
  const { journal } = play(
    () => ask('h', { kind: 'a' }),
    () => undefined,
  )
  function* nothing(): Steps {}
  t.deepEqual(advance(programOf(nothing), journal).divergence, { step: '1', was: 'a on h', is: 'the end: done' })
})

test('a recipe that asks for ever is ended', (t) => {
  function* forever(): Steps {
    for (;;) yield* newId()
  }
  t.regex(JSON.stringify(advance(programOf(forever), []).outcome), /more than 100000 steps/)
})

/** A recipe of any shape, by a tree of choices. */
type Shape =
  | { readonly kind: 'step' | 'undoable'; readonly name: string }
  | { readonly kind: 'all' | 'any' | 'seq'; readonly of: readonly Shape[] }

const shape = fc.letrec<{ readonly shape: Shape }>((tie) => ({
  shape: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.record({ kind: fc.constantFrom('step' as const, 'undoable' as const), name: fc.constantFrom('a', 'b', 'c', 'd') }),
    fc.record({
      kind: fc.constantFrom('all' as const, 'any' as const, 'seq' as const),
      of: fc.array(tie('shape'), { minLength: 1, maxLength: 3 }),
    }),
  ),
})).shape

function* follow(one: Shape): Steps<unknown> {
  switch (one.kind) {
    case 'step':
      return [yield* ask('h', { kind: one.name }), yield* newId(), yield* random()]
    case 'undoable':
      return yield* make(one.name)
    case 'seq': {
      for (const each of one.of) yield* follow(each)
      return undefined
    }
    case 'all':
      return yield* all(one.of.map((each) => () => follow(each)))
    case 'any':
      return yield* any(one.of.map((each) => () => follow(each)))
  }
}

test('the same journal gives the same steps at each of its entries, through JSON, whatever the recipe and what fails of it', (t) => {
  fc.assert(
    fc.property(shape, fc.infiniteStream(fc.nat(4)), fc.option(fc.nat(12), { nil: undefined }), (tree, dice, abortAt) => {
      const run = () => follow(tree)
      const stops = dice[Symbol.iterator]()
      const answerOf = (kind: string) =>
        kind === 'operator' ? ({ kind: 'value', value: 'retry' } as const) : stops.next().value === 0 ? FAILED : DONE
      const { journal } = play(run, answerOf)
      const whole = abortAt === undefined ? journal : play(run, answerOf, [...journal.slice(0, abortAt), abort]).journal
      const read = decodeEntries(encodeEntries(whole))
      const live = new Advance(programOf(run))
      for (const [at, entry] of whole.entries()) {
        live.feed(entry)
        const replayed = advance(programOf(run), read.slice(0, at + 1))
        const seen = (one: Advance) =>
          JSON.stringify([
            one.pending().map(({ step, effect, started, stopping }) => [step, effect, started, stopping]),
            one.undos(),
            one.outcome,
            one.divergence,
          ])
        t.is(seen(replayed), seen(live))
      }
      t.truthy(live.outcome)
      t.is(live.divergence, undefined)
      if (live.outcome?.kind !== 'done') t.deepEqual(live.undos(), [])
    }),
    { numRuns: 300 },
  )
})
