import test from 'ava'
import fc from 'fast-check'
import { extension, type Heard, Replies } from '../../../../manager/notifications/mail/replies.ts'

const heard = (text: string): Heard => {
  const replies = new Replies()
  replies.take(Buffer.from(text, 'latin1'))
  return replies.next()
}

test('a reply of several lines is one, and what follows is the next', (t) => {
  const replies = new Replies()
  replies.take(Buffer.from('250-mail.example.com\r\n250-AUTH PLAIN LOGIN\r\n250 STARTTLS\r\n220 x\r\n'))
  const first = replies.next()
  if (first.kind !== 'reply') return t.fail()
  t.is(first.reply.code, 250)
  t.deepEqual(extension(first.reply, 'AUTH'), ['PLAIN', 'LOGIN'])
  t.deepEqual(extension(first.reply, 'STARTTLS'), [])
  t.is(extension(first.reply, 'SIZE'), undefined)
  t.true(replies.hasMore)
  t.like(replies.next(), { kind: 'reply', reply: { code: 220, lines: ['x'] } })
  t.false(replies.hasMore)
})

test('at every byte it is cut off it is unfinished', (t) => {
  const whole = '250-one\r\n250 two\r\n'
  for (let end = 0; end < whole.length; end += 1) t.is(heard(whole.slice(0, end)).kind, 'unfinished', String(end))
})

test('what is no SMTP, too long, or of too many lines is nonsense', (t) => {
  t.is(heard('HTTP/1.1 400 Bad Request\r\n').kind, 'nonsense')
  t.is(heard(`220 ${'x'.repeat(20_000)}`).kind, 'nonsense')
  t.is(heard('250-x\r\n'.repeat(200)).kind, 'nonsense')
  t.is(heard('199 early\r\n').kind, 'nonsense')
})

test('no bytes make it throw, and it ends', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (pieces) => {
        const replies = new Replies()
        for (const piece of pieces) {
          replies.take(piece)
          for (let tries = 0; tries < 1000; tries += 1) if (replies.next().kind !== 'reply') break
        }
        return true
      }),
    ),
  )
})
