import test from 'ava'
import { z } from 'zod'
import { accept, acceptAll, few, tidy, whole } from '../../../../images/agent/inventory/accept.ts'
import { lacksIn, textOf } from '../../../../images/agent/inventory/reading.ts'
import { name, record, word } from '../../../../manager/protocol/values.ts'

const schema = record({ name, colour: word(5).exactOptional(), tags: z.array(word(5)).readonly() })

test('a record is taken, its undefined members left out', (t) => {
  t.deepEqual(accept(schema, { name: 'a', colour: undefined, tags: [] }, 'it'), { value: { name: 'a', tags: [] }, reasons: [] })
})

test('an optional member that is wrong costs itself and leaves a reason', (t) => {
  const { value, reasons } = accept(schema, { name: 'a', colour: 'purple', tags: ['x'] }, 'thing a')
  t.deepEqual(value, { name: 'a', tags: ['x'] })
  t.is(reasons.length, 1)
  t.regex(reasons.map(textOf).join(), /^thing a: colour .*\(left out\)$/)
  t.deepEqual(reasons.map(lacksIn), ['detail'])
})

test('a needed member that is wrong costs the record, and only that', (t) => {
  const { value, reasons } = acceptAll(
    schema,
    [
      { name: '', tags: [] },
      { name: 'b', tags: [] },
    ],
    (one) => `thing ${one.name}`,
  )
  t.deepEqual(value, [{ name: 'b', tags: [] }])
  t.regex(reasons.map(textOf).join(), /^thing: name /)
})

test('no more than the limit is taken, and that is told', (t) => {
  const many = Array.from({ length: 5 }, (_, index) => ({ name: `n${index}`, tags: [] }))
  const { value, reasons } = acceptAll(schema, many, (one) => one.name, 3)
  t.is(value.length, 3)
  t.deepEqual(reasons, ['there are 5; only the first 3 are reported'])
})

test('many reasons of one kind are counted', (t) => {
  t.deepEqual(few(['1', '2', '3', '4', '5']), ['1', '2', '3', '4', '5'])
  t.deepEqual(few(['1', '2', '3', '4', '5', '6']), ['1', '2', '3', '4', 'and 2 more like these'])
})

test('a reason holds nothing that cannot be printed', (t) => {
  const { reasons } = accept(schema, { name: 'x\u001b[2J', tags: [] }, 'thing \u001b[2J\n')
  t.notRegex(reasons.map(textOf).join(), /[\p{Cc}\p{Cf}]/u)
})

test('a reason says what is wrong, however long or empty the name of the thing is', (t) => {
  const wrong = { name: '', tags: [] }
  for (const name of [' '.repeat(5000), `${' '.repeat(5000)}eth0`, 'e'.repeat(5000), '']) {
    const reason = accept(schema, wrong, name).reasons.map(textOf).join()
    t.regex(reason, /^.+: name .+/)
    t.true(reason.length <= 300, reason)
  }
})

test('tidy makes text printable, and cuts it between characters', (t) => {
  t.is(tidy('  IET     \0', 10), 'IET')
  t.is(tidy('a\u202eb\u001b[0m', 20), 'a\ufffdb [0m')
  t.is(tidy('one\n two', 20), 'one two')
  t.is(tidy('abcdef', 3), 'abc')
  t.is(tidy('ab🖥', 3), 'ab')
  t.is(tidy(' \n ', 10), undefined)
  t.is(tidy(undefined, 10), undefined)
})

test('whole takes decimal digits and nothing else', (t) => {
  t.is(whole('42\n'), 42)
  for (const bad of ['', '-1', '1.5', '0x10', '1e3', '99999999999999999', 'NaN', undefined]) t.is(whole(bad), undefined, String(bad))
})
