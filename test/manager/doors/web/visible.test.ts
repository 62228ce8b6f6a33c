import test from 'ava'
import { visible, visibleIn } from '../../../../manager/doors/web/visible.ts'

test('visible shows what would not be seen, keeps line ends, and cuts what is too long', (t) => {
  t.is(visible('a\u202eb\u0000c\u001b[31m\n\td'), 'a\\u202eb\\u0000c\\u001b[31m\n\td')
  t.is(visible('日本語 Grüße'), '日本語 Grüße')
  t.is(visible('x'.repeat(10_000)).length, 4097)
  t.deepEqual(visibleIn({ a: ['\u202e', 1, undefined], b: { c: '\u2028' } }), { a: ['\\u202e', 1, undefined], b: { c: '\\u2028' } })
})
