import test from 'ava'
import fc from 'fast-check'
import { openLookup } from '../../../../manager/notifications/lookup.ts'
import { sendMail } from '../../../../manager/notifications/mail/send.ts'
import type { MailSettings, Secrets } from '../../../../manager/notifications/target.ts'
import { type Identity, identityFor, type MailBehaviour, startMail, startRaw } from '../receivers.ts'
import { event, mailTo, message } from '../samples.ts'

const PASSWORD = 'correct horse battery'
const LOGIN = { user: 'rack', password: PASSWORD }
const OPTIONS = { lookup: openLookup(), patience: 5_000 }

const send = (settings: MailSettings, secrets: Secrets = {}, patience = OPTIONS.patience) =>
  sendMail(message(), settings, secrets, { ...OPTIONS, patience })

const withLogin = (port: number, tls: MailSettings['tls'], { authority }: Pick<Identity, 'authority'>) =>
  mailTo(port, { tls, user: 'rack', authority })

test('a mail goes to each, as it was made, without a login where none is set', async (t) => {
  const server = await startMail(t)
  const to = ['ops@example.com', 'night@example.com']
  t.deepEqual(await send(mailTo(server.port, { to })), { kind: 'sent' })
  t.like(server.mails[0], { from: 'rack@example.com', to })
  t.regex(server.mails[0]?.data ?? '', /^Subject: \[Hostless\] critical: disk-failing on node01$/m)
})

for (const tls of ['starttls', 'implicit'] as const) {
  for (const ways of ['PLAIN', 'LOGIN']) {
    test(`a login by ${ways} goes over ${tls} TLS, and nothing of it in the clear`, async (t) => {
      const identity = await identityFor(t)
      const server = await startMail(t, { identity, tls, login: { ways, ...LOGIN } })
      t.deepEqual(await send(withLogin(server.port, tls, identity), { password: PASSWORD }), { kind: 'sent' })
      t.like(server.mails[0], { user: 'rack' })
      t.false(server.clear.some((line) => /AUTH|MAIL|RCPT/.test(line)))
    })
  }
}

test('without STARTTLS, with a certificate of a stranger, or with words before TLS that count afterwards: no login, no mail', async (t) => {
  const [identity, stranger] = [await identityFor(t), await identityFor(t)]
  const login = { ways: 'PLAIN', ...LOGIN }
  const cases: readonly (readonly [MailBehaviour, boolean, RegExp])[] = [
    [{ tls: 'none', login }, true, /offers no STARTTLS/],
    [{ identity: stranger, tls: 'starttls', login }, false, /certificate|verify/],
    [
      { identity, tls: 'starttls', login, says: (line) => (line === 'STARTTLS' ? '220 go on\r\n250 AUTH PLAIN' : undefined) },
      false,
      /in the clear/,
    ],
  ]
  for (const [behaviour, lasting, reason] of cases) {
    const server = await startMail(t, behaviour)
    const sent = await send(withLogin(server.port, 'starttls', identity), { password: PASSWORD })
    t.like(sent, { kind: 'failed', lasting })
    t.regex(sent.kind === 'failed' ? sent.reason : '', reason)
    t.deepEqual([server.mails, [...server.clear, ...server.secret].filter((line) => line.startsWith('AUTH'))], [[], []])
  }
})

test('a wrong password is refused for good, and what the server repeats of it is not shown', async (t) => {
  const identity = await identityFor(t)
  const echo = (line: string) => (line.startsWith('AUTH') ? `535 no: ${line} is ${PASSWORD}` : undefined)
  const server = await startMail(t, { identity, tls: 'implicit', login: { ways: 'PLAIN', ...LOGIN }, says: echo })
  const sent = await send(withLogin(server.port, 'implicit', identity), { password: PASSWORD })
  t.like(sent, { kind: 'failed', lasting: true })
  const reason = sent.kind === 'failed' ? sent.reason : ''
  t.regex(reason, /127\.0\.0\.1 port \d+: it does not let rack in: 535 no: AUTH PLAIN … is …/)
  t.is((await send(mailTo(server.port, { tls: 'implicit', user: 'rack' }))).kind, 'failed', 'a password that cannot be opened')
})

test('an address that is refused does not keep the mail from the others; where all are, it is refused', async (t) => {
  const says = (line: string) => (/RCPT TO:<no/.test(line) ? '550 5.1.1 nobody here' : undefined)
  const server = await startMail(t, { says })
  const some = await send(mailTo(server.port, { to: ['no@example.com', 'ops@example.com'] }))
  t.deepEqual(some, { kind: 'sent', but: 'not to no@example.com: 550 5.1.1 nobody here' })
  t.deepEqual(
    server.mails.map(({ to }) => to.at(-1)),
    ['ops@example.com'],
  )
  t.like(await send(mailTo(server.port, { to: ['no@example.com'] })), { kind: 'failed', lasting: true })
})

test('what is only so for now is no refusal for good', async (t) => {
  const greylisted = await startMail(t, { says: (line) => (line.startsWith('RCPT') ? '451 4.7.1 come back later' : undefined) })
  t.like(await send(mailTo(greylisted.port)), { kind: 'failed', lasting: false })
  t.like(await send(mailTo(1)), { kind: 'failed', lasting: false }, 'nobody listens')
})

test('a line of dots is no end of the mail', async (t) => {
  const server = await startMail(t)
  const told = message({ events: [event({ text: 'x'.repeat(70) })], site: '.' })
  t.is((await sendMail(told, mailTo(server.port), {}, OPTIONS)).kind, 'sent')
  t.is(server.mails.length, 1)
})

test('a server that says nothing, at whichever point, is given up in time', async (t) => {
  for (const silent of ['EHLO', 'MAIL', 'RCPT', 'DATA', '.', undefined]) {
    const says = (line: string) => (silent !== undefined && line.startsWith(silent) ? null : undefined)
    const server = await startMail(t, silent === undefined ? { greeting: null } : { says })
    const began = performance.now()
    const sent = await send(mailTo(server.port), {}, 200)
    t.like(sent, { kind: 'failed', lasting: false }, silent)
    t.true(performance.now() - began < 4_000)
  }
})

test('no bytes of a server throw, hang, or take memory without end', async (t) => {
  await t.notThrowsAsync(async () =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.constantFrom('ends' as const, 'stays' as const), async (bytes, then) => {
        const port = await startRaw(t, bytes, then)
        return (await send(mailTo(port), {}, 150)).kind === 'failed'
      }),
      { numRuns: 30 },
    ),
  )
  const flood = await startRaw(t, Buffer.from('220 hello\r\n'.repeat(100_000)), 'stays')
  t.is((await send(mailTo(flood), {}, 2_000)).kind, 'failed')
  const endless = await startRaw(t, Buffer.alloc(4 << 20, 'a'), 'stays')
  t.regex(JSON.stringify(await send(mailTo(endless), {}, 2_000)), /more than 16384 bytes/)
})
