import test from 'ava'
import { lastLines, matches, plainText, waitForText } from './console.ts'

test('plainText shows what a reader of the console saw', (t) => {
  t.is(plainText('\x1bc\x1b[?7l\x1b[2J\x1b[0mSeaBIOS\r\n\x1b[0;1miPXE\x1b[0m -- \x1b[0;36mhttp'), 'SeaBIOS\niPXE -- http')
  t.is(plainText('Ctrl-B...\b \b\b \b\nnet0'), 'Ctrl-B.\nnet0')
  t.is(plainText('a\n\bb'), 'a\nb', 'a backspace stays on its line')
  t.is(plainText('\x1b[01;01H\x1b[=3hBdsDxe: \x1b]0;title\x07loading'), 'BdsDxe: loading')
})

test('lastLines leaves out empty lines', (t) => {
  t.deepEqual(lastLines('one\n\n  \ntwo  \nthree\n', 2), ['two', 'three'])
  t.deepEqual(lastLines('', 5), [])
})

test('matches finds a string, and a pattern however often it is asked', (t) => {
  const sticky = /Xen/g
  t.true(matches('(XEN) Xen 4.20', sticky))
  t.true(matches('(XEN) Xen 4.20', sticky))
  t.true(matches('a+b', 'a+b'))
  t.false(matches('aab', 'a+b'))
})

test('waitForText reads until the text is there', async (t) => {
  const texts = ['', 'Booting', 'Booting\nlogin:']
  t.is(await waitForText(async () => texts.shift() ?? '', /login:$/, 5_000, 'console'), 'Booting\nlogin:')
})

test('waitForText says what was there instead when the deadline is over', async (t) => {
  const error = await t.throwsAsync(waitForText(async () => 'kernel panic', 'login:', 0, 'node1’s console'))
  t.regex(error.message, /^node1’s console: login: did not appear within 0 s; its last lines:\nkernel panic$/)
})
