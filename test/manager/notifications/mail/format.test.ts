import test from 'ava'
import fc from 'fast-check'
import { dotStuffed, headerText, mailOf, quotedPrintable } from '../../../../manager/notifications/mail/format.ts'
import { textOf } from '../../../../manager/notifications/message.ts'
import { event, message } from '../samples.ts'

const ADDRESSES = { from: 'rack@example.com', to: ['ops@example.com', 'night@example.com'] }
const NAMES = ['Date', 'From', 'To', 'Subject', 'Message-ID', 'Auto-Submitted', 'MIME-Version', 'Content-Type', 'Content-Transfer-Encoding']

/** Names of its headers, and its text, as a mail program reads them. */
function read(mail: string) {
  const end = mail.indexOf('\r\n\r\n')
  const headers = mail
    .slice(0, end)
    .replace(/\r\n[ \t]/g, ' ')
    .split('\r\n')
  return { names: headers.map((line) => line.slice(0, line.indexOf(':'))), headers, body: decoded(mail.slice(end + 4)) }
}

function decoded(body: string): string {
  const joined = body.replace(/=\r\n/g, '')
  return Buffer.from(
    joined.replace(/=([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString('utf8')
}

test('mailOf has each header once, and the text of the message', (t) => {
  const mail = mailOf(message(), ADDRESSES)
  const { names, headers, body } = read(mail)
  t.deepEqual(names, NAMES)
  t.true(headers.includes('Subject: [Hostless] critical: disk-failing on node01'))
  t.true(headers.includes('To: <ops@example.com>, <night@example.com>'))
  t.true(headers.includes('Message-ID: <m1@example.com>'))
  t.regex(headers[0] ?? '', /^Date: [A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \+0000$/)
  t.regex(body, /sda of node01 fails\r\n/)
  t.regex(body, /https:\/\/10\.77\.0\.1:8443\/hosts\/h1/)
})

test('no name of a host and no text adds a header, ends the mail, or makes a line too long', (t) => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 400 }),
    fc.constantFrom(
      'a\r\nBcc: all@example.com',
      'x\n.\nMAIL FROM:<>',
      '\u2028Subject: y',
      '=?utf-8?B?AAAA?=',
      '.',
      '..',
      'é'.repeat(300),
      'x'.repeat(2000),
    ),
  )
  t.notThrows(() =>
    fc.assert(
      fc.property(hostile, hostile, hostile, (name, text, kind) => {
        const told = message({ events: [event({ host: { id: 'h1', name }, text, kind })] })
        const mail = dotStuffed(mailOf(told, ADDRESSES))
        const lines = mail.split('\r\n')
        const isAscii = /^[\x20-\x7e\r\n]*$/.test(mail)
        const hasOnlyCrLf = !/[^\r]\n|\r[^\n]/.test(mail)
        const isShort = lines.every((line) => line.length <= 998)
        return isAscii && hasOnlyCrLf && isShort && !lines.includes('.') && read(mail).names.join() === NAMES.join()
      }),
      { numRuns: 500 },
    ),
  )
})

test('quotedPrintable is read back as it was, in lines of at most 76', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
        const coded = quotedPrintable(text)
        const isPlain = coded.split('\r\n').every((line) => line.length <= 76 && !/[ \t]$/.test(line))
        return isPlain && decoded(coded) === Buffer.from(text.replace(/\r\n|\r|\n/g, '\r\n'), 'utf8').toString('utf8')
      }),
    ),
  )
})

test('headerText says words of other letters as encoded words that are read back', (t) => {
  const coded = headerText(`Kälte in Rack ${'ü'.repeat(80)}`)
  const words = coded.split('\r\n ')
  t.true(words.every((word) => word.length <= 75 && word.startsWith('=?utf-8?B?')))
  const bytes = words.map((word) => Buffer.from(word.slice(10, -2), 'base64'))
  t.is(Buffer.concat(bytes).toString('utf8'), `Kälte in Rack ${'ü'.repeat(80)}`)
  t.is(headerText('plain'), 'plain')
})

test('a line that begins with a dot has one more on the wire', (t) => {
  t.is(dotStuffed('.\r\na\r\n..b\r\n'), '..\r\na\r\n...b\r\n')
})

test('a digest says how much more there is, and what was dropped', (t) => {
  const text = textOf(message({ more: 900, dropped: 12 }))
  t.regex(text, /And 900 more: https:\/\/10\.77\.0\.1:8443\/alarms/)
  t.regex(text, /12 older events were not told/)
})
