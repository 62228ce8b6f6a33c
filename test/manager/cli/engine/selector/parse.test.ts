import test from 'ava'
import fc from 'fast-check'
import { MAX_SELECTOR, parseSelector } from '../../../../../manager/cli/engine/selector/parse.ts'
import {
  describeSelector,
  type NumberRange,
  type Pattern,
  type Term,
  type What,
} from '../../../../../manager/cli/engine/selector/syntax.ts'

function termsOf(text: string): readonly Term[] {
  const parsed = parseSelector(text)
  if (parsed.kind === 'refused') throw new Error(`${text}: ${parsed.reason}`)
  return parsed.selector.terms
}

test('a selector is read as a tree, with the place of each term', (t) => {
  t.deepEqual(termsOf('web*, @rack3/*sql?,-node[01-20,5]'), [
    { kind: 'take', at: 0, what: { kind: 'named', name: [{ kind: 'text', text: 'web' }, { kind: 'any' }] } },
    {
      kind: 'take',
      at: 6,
      what: {
        kind: 'guests',
        on: { kind: 'group', group: [{ kind: 'text', text: 'rack3' }] },
        guest: [{ kind: 'any' }, { kind: 'text', text: 'sql' }, { kind: 'one' }],
      },
    },
    {
      kind: 'leave',
      at: 19,
      what: {
        kind: 'named',
        name: [
          { kind: 'text', text: 'node' },
          {
            kind: 'numbers',
            ranges: [
              { first: 1, last: 20, width: 2 },
              { first: 5, last: 5, width: 0 },
            ],
          },
        ],
      },
    },
  ])
})

const SAME: readonly [text: string, written: string][] = [
  ['node[1-20]', 'node[1-20]'],
  ['node[01-20]', 'node[01-20]'],
  ['node[001-20]', 'node[001-020]'],
  ['node[1-020]', 'node[001-020]'],
  ['node[10-020]', 'node[010-020]'],
  ['node[100-0200]', 'node[0100-0200]'],
  ['node[7-7]', 'node[7]'],
  [' a , b ', 'a,b'],
  ['\\-x\\,y', '\\-x\\,y'],
  ['\\@home', '\\@home'],
  ['web-01', 'web-01'],
  ['a@b', 'a@b'],
  ['a\\b', 'ab'],
]

for (const [text, written] of SAME) {
  test(`${text} is written ${written}`, (t) => {
    const parsed = parseSelector(text)
    t.is(parsed.kind === 'selector' ? describeSelector(parsed.selector) : parsed.reason, written)
  })
}

const REFUSED: readonly [text: string, at: number, reason: RegExp][] = [
  ['', 0, /^a name is missing \(at character 1\)$/],
  ['a,', 2, /^a name is missing/],
  ['a,,b', 2, /^a name is missing/],
  ['@', 1, /^a group is missing/],
  ['a/', 2, /^a guest is missing/],
  ['/a', 0, /^a name is missing/],
  ['a/b/c', 3, /^"\/" cannot stand here/],
  ['-node03', 0, /^say first what to take and then what to leave out, as in \*,-node03/],
  ['node]', 4, /^"\]" without a "\["/],
  ['node[', 5, /^in brackets stand numbers and ranges/],
  ['node[1', 6, /^a "\]" is missing/],
  ['node[a-c]', 5, /^in brackets stand numbers/],
  ['node[1;2]', 6, /^in brackets stand numbers/],
  ['node[5-1]', 5, /^the range 5-1 runs backwards/],
  ['node[1-]', 7, /^in brackets stand numbers/],
  ['node[1-1000000000]', 0, /^the ranges stand for more than 10000 names/],
  ['a,n[1-99999999999]', 6, /^a number in brackets has at most 10 digits/],
  ['a[1-200]b[1-200]', 0, /^the ranges stand for more than 10000 names/],
  ['a[1-6000],b[1-6000]', 10, /^the ranges stand for more than 10000 names/],
  ['a\\', 2, /^after "\\" a character is missing/],
  ['x'.repeat(MAX_SELECTOR.length + 1), MAX_SELECTOR.length, /^a selector has at most 4096 characters, not 4097/],
]

for (const [text, at, reason] of REFUSED) {
  test(`refused at character ${at + 1}: ${text.slice(0, 30) || '(nothing)'}`, (t) => {
    const parsed = parseSelector(text)
    if (parsed.kind === 'selector') return t.fail(describeSelector(parsed.selector))
    t.is(parsed.at, at)
    t.regex(parsed.reason, reason)
  })
}

const letters = fc.string({ unit: fc.constantFrom(...'abz09-_.@/\\,*?[] !é😀'), minLength: 1, maxLength: 6 })
const range: fc.Arbitrary<NumberRange> = fc.tuple(fc.nat(30), fc.nat(30), fc.nat(4)).map(([first, more, width]) => ({
  first,
  last: first + more,
  width: width > String(first).length ? width : 0,
}))
const piece = fc.oneof(
  letters.map((text) => ({ kind: 'text' as const, text })),
  fc.constant({ kind: 'any' as const }),
  fc.constant({ kind: 'one' as const }),
  fc.array(range, { minLength: 1, maxLength: 2 }).map((ranges) => ({ kind: 'numbers' as const, ranges })),
)
const pattern: fc.Arbitrary<Pattern> = fc
  .array(piece, { minLength: 1, maxLength: 4 })
  .map((pieces) => pieces.filter((each, index) => each.kind !== 'text' || pieces[index - 1]?.kind !== 'text'))
  .filter((pieces) => pieces.filter(({ kind }) => kind === 'numbers').length < 2)
const host = fc.oneof(
  pattern.map((name) => ({ kind: 'named' as const, name })),
  pattern.map((group) => ({ kind: 'group' as const, group })),
)
const what: fc.Arbitrary<What> = fc.oneof(
  host,
  fc.tuple(host, pattern).map(([on, guest]) => ({ kind: 'guests' as const, on, guest })),
)
const terms = fc
  .array(fc.tuple(fc.constantFrom('take' as const, 'leave' as const), what), { minLength: 1, maxLength: 5 })
  .map((all) => all.map(([kind, each], index): Term => ({ kind: index === 0 ? 'take' : kind, what: each, at: 0 })))

test('every selector that is written down reads back as itself', (t) => {
  fc.assert(
    fc.property(terms, (all) => {
      const read = termsOf(describeSelector({ text: '', terms: all })).map((term) => ({ ...term, at: 0 }))
      t.deepEqual(read, all)
    }),
  )
})

test('any text is either read, and then stable, or refused at one of its characters', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'ab1-,@/[]*?\\ '), maxLength: 24 }), (text) => {
      const parsed = parseSelector(text)
      if (parsed.kind === 'refused') return parsed.at >= 0 && parsed.at <= text.length
      const written = describeSelector(parsed.selector)
      const again = parseSelector(written)
      return again.kind === 'selector' && describeSelector(again.selector) === written
    }),
    { numRuns: 2000 },
  )
  t.pass()
})
