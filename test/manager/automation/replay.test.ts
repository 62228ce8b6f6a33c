import test from 'ava'
import fc from 'fast-check'
import { Advance, advance } from '../../../manager/automation/advance.ts'
import { decodeEntries, encodeEntries } from '../../../manager/automation/journal.ts'
import { all, any, ask, newId, progress, random, type Steps } from '../../../manager/automation/steps.ts'
import { abort, DONE, FAILED, failing, make, play, programOf } from './played.ts'

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
