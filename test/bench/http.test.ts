import test from 'ava'
import { wholeBytes } from './http.ts'

test('wholeBytes adds up what curl fetched', (t) => {
  t.is(wholeBytes('200 10965780\n200 10965780\n', 2), 21_931_560)
})

const BROKEN: readonly (readonly [what: string, output: string])[] = [
  ['a status that is not 200', '200 10\n404 10\n'],
  ['a file that is shorter than the others', '200 10\n200 9\n'],
  ['a missing line', '200 10\n'],
  ['empty files', '200 0\n200 0\n'],
  ['nothing', ''],
]
for (const [what, output] of BROKEN) {
  test(`wholeBytes throws on ${what}`, (t) => {
    t.throws(() => wholeBytes(output, 2), { message: /did not fetch 2 equal files/ })
  })
}
