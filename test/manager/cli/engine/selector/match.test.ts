import test from 'ava'
import fc from 'fast-check'
import { matches, namesOf } from '../../../../../manager/cli/engine/selector/match.ts'
import { parseSelector } from '../../../../../manager/cli/engine/selector/parse.ts'
import type { Pattern } from '../../../../../manager/cli/engine/selector/syntax.ts'

function pattern(text: string): Pattern {
  const parsed = parseSelector(text)
  const what = parsed.kind === 'selector' ? parsed.selector.terms[0]?.what : undefined
  if (what?.kind !== 'named') throw new Error(`${text} is no pattern`)
  return what.name
}

const CASES: readonly [pattern: string, yes: readonly string[], no: readonly string[]][] = [
  ['node1', ['node1'], ['node', 'node12', 'Node1']],
  ['web*', ['web', 'web1', 'web-a'], ['aweb', 'we']],
  ['*sql*', ['sql', 'mysql1', 'pgsql'], ['sq-l']],
  ['n?de', ['node', 'nöde', 'n😀de'], ['nde', 'noode']],
  ['node[1-20]', ['node1', 'node20'], ['node0', 'node01', 'node21', 'node']],
  ['node[01-20]', ['node01', 'node20'], ['node1', 'node001', 'node21']],
  ['node[08-12]', ['node08', 'node12'], ['node8', 'node7']],
  ['node[098-101]', ['node098', 'node100'], ['node98', 'node0100']],
  ['r[1-20]5', ['r15', 'r155', 'r205'], ['r5', 'r215']],
  ['[1-3]*', ['1', '10', '3x'], ['4', 'x1']],
  ['[1,3-5]', ['1', '4'], ['2', '6']],
  ['a*b*c', ['abc', 'aXbXc', 'abcbc'], ['acb', 'ab']],
]

for (const [text, yes, no] of CASES) {
  test(`${text} means ${yes.join(', ')} and not ${no.join(', ')}`, (t) => {
    for (const name of yes) t.true(matches(pattern(text), name), name)
    for (const name of no) t.false(matches(pattern(text), name), name)
  })
}

test('a pattern without wildcards stands for the names that it matches', (t) => {
  t.deepEqual(namesOf(pattern('n[08-10]x[1,2]')), ['n08x1', 'n08x2', 'n09x1', 'n09x2', 'n10x1', 'n10x2'])
  t.deepEqual(namesOf(pattern('a')), ['a'])
  t.is(namesOf(pattern('a*')), undefined)
  t.is(namesOf(pattern('a?')), undefined)
})

test('wildcards match what the same regular expression matches', (t) => {
  const unit = fc.constantFrom('a', 'b', '*', '?')
  fc.assert(
    fc.property(
      fc.string({ unit, minLength: 1, maxLength: 8 }),
      fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 10 }),
      (text, name) => {
        const expression = new RegExp(`^${text.replaceAll('*', '.*').replaceAll('?', '.')}$`)
        return matches(pattern(text), name) === expression.test(name)
      },
    ),
    { numRuns: 1000 },
  )
  t.pass()
})
