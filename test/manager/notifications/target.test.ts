import test from 'ava'
import { type Known, settle, type Wish } from '../../../manager/notifications/target.ts'

const MAIL: Wish = {
  kind: 'smtp',
  host: 'mail.example.com',
  from: 'rack@example.com',
  to: ['ops@example.com'],
  user: 'rack',
  password: 'p4ssword',
}
const HOOK: Wish = { kind: 'webhook', url: 'https://hooks.example.com/T0/B0', secret: 'sixteen letters!' }

function known(wish: Wish, before?: Known): Known {
  const settled = settle(wish, before)
  if (settled.kind === 'refused') throw new Error(settled.reason)
  return { settings: settled.settings, secrets: settled.secrets }
}

test('what is left out has its default, and of one that is there stays', (t) => {
  const mail = known(MAIL)
  t.like(mail.settings, { port: 587, tls: 'starttls', severity: 'warning', topics: ['alarms', 'automations', 'boots'], isOn: true })
  t.deepEqual(mail.secrets, { password: 'p4ssword' })
  const quieter = known({ severity: 'critical', topics: ['boots'], state: 'off' }, mail)
  t.like(quieter.settings, { host: 'mail.example.com', severity: 'critical', topics: ['boots'], isOn: false, user: 'rack' })
  t.deepEqual(quieter.secrets, mail.secrets)
  t.like(known({ ...MAIL, tls: 'implicit' }).settings, { port: 465 })
  t.like(known({ user: '', tls: 'none' }, mail), { settings: { port: 25, tls: 'none' }, secrets: {} })
})

test('what is secret is in no settings, and a URL with a path is secret', (t) => {
  const { settings, secrets } = known(HOOK)
  t.like(settings, { origin: 'https://hooks.example.com', isSigned: true })
  t.deepEqual(secrets, { url: HOOK.url, secret: HOOK.secret })
  t.notRegex(JSON.stringify([settings, known(MAIL).settings]), /T0|sixteen|p4ssword/)
  t.deepEqual(known({ secret: '' }, known(HOOK)).secrets, { url: HOOK.url })
})

test('a password goes to no other server, user or authority than the one that it was given for', (t) => {
  const mail = known(MAIL)
  for (const elsewhere of [{ host: 'evil.example.com' }, { port: 25 }, { tls: 'implicit' as const }, { user: 'other' }])
    t.regex(JSON.stringify(settle(elsewhere, mail)), /give it again/, JSON.stringify(elsewhere))
  t.is(settle({ host: 'other.example.com', password: 'another' }, mail).kind, 'settings')
})

test('what cannot be is refused, with what to do', (t) => {
  const refusals: readonly (readonly [Wish, RegExp])[] = [
    [{}, /kind smtp/],
    [{ ...MAIL, to: [] }, /at least one address/],
    [{ ...MAIL, to: ['a@b.c\r\nBcc: x@y.z'] }, /no mail address/],
    [{ ...MAIL, from: 'Ops <ops@example.com>' }, /no mail address/],
    [{ ...MAIL, to: ['<ops@example.com>'] }, /no mail address/],
    [{ ...MAIL, host: 'mail.example.com:25' }, /without a port/],
    [{ ...MAIL, host: 'a b' }, /a name or an address/],
    [{ ...MAIL, tls: 'none' }, /over TLS only/],
    [{ ...MAIL, password: '' }, /a user has a password/],
    [{ ...MAIL, password: 'pässword' }, /printable ASCII/],
    [{ ...MAIL, user: 'a\0b' }, /printable ASCII/],
    [{ ...MAIL, url: 'https://x' }, /url is nothing that a target of the kind smtp has/],
    [{ ...MAIL, topics: [] }, /at least one topic/],
    [{ ...MAIL, authority: 'no' }, /no certificate in PEM/],
    [{ ...HOOK, url: 'ftp://x/' }, /https:\/\/ or http/],
    [{ ...HOOK, url: 'nowhere' }, /https:\/\/ or http/],
    [{ ...HOOK, url: 'https://a:b@x/' }, /no user and no password/],
    [{ ...HOOK, secret: 'short' }, /at least 16/],
    [{ ...HOOK, host: 'x' }, /host is nothing/],
  ]
  for (const [wish, reason] of refusals) {
    const settled = settle(wish, undefined)
    t.regex(settled.kind === 'refused' ? settled.reason : 'taken', reason, JSON.stringify(wish))
  }
  t.regex(JSON.stringify(settle({ kind: 'webhook' }, known(MAIL))), /remove it first/)
})
