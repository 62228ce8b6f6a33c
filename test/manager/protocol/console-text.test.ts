import test from 'ava'
import fc from 'fast-check'
import { consoleText } from '../../../manager/protocol/console-text.ts'

test('what moves the cursor, colours and titles are gone; lines that were written over are as they stand at last', (t) => {
  t.is(consoleText('\u001b[31mred\u001b[0m \u001b]0;title\u0007x\u001b(B\u001b[2J'), 'red x')
  t.is(consoleText('10 %\r20 %\r100 %\r\ndone\r\n'), '100 %\ndone\n')
  t.is(consoleText('a\u0008b\u0000\u202e'), 'ab')
  t.is(consoleText('cut \u001b[3'), 'cut ')
})

test('nothing that a guest says leaves a control character', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: it is these that are looked for
      t.notRegex(consoleText(text), /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/)
    }),
  )
})
