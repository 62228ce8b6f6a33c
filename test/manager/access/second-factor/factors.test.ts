// Second factors of users, over each database.
import { onEach } from '../../store/dialects.ts'
import { accessAt, PASSWORD, value } from '../site.ts'
import { bytesOf, enrolled, PEER } from './enrolled.ts'

const STEP = 30_000

onEach(
  'a second factor takes the password to begin, counts when a code has confirmed it, and is asked for from then on',
  async (t, place) => {
    const site = await accessAt(t, place)
    const { access } = site
    value(await access.addUser('alice', PASSWORD, 'admin'))
    t.deepEqual(await access.secondFactor('alice'), { state: 'off', recoveryCodes: 0 })
    t.like(await access.beginSecondFactor('alice', 'not it, not it', PEER), { kind: 'refused', status: 401 })
    t.like(await access.confirmSecondFactor('alice', '123456', PEER), { kind: 'refused', status: 409 })
    const first = value(await access.beginSecondFactor('alice', PASSWORD, PEER))
    t.regex(first.secret, /^[A-Z2-7]{32}$/)
    t.true(first.uri.startsWith(`otpauth://totp/hostless:alice?secret=${first.secret}&`))
    t.is((await access.secondFactor('alice')).state, 'begun')
    t.is((await access.signIn('alice', PASSWORD, PEER)).kind, 'session', 'it does not count yet')
    t.like(await access.confirmSecondFactor('alice', '000000', PEER), { kind: 'refused', status: 401 })
    const { recovery, secret } = await enrolled(site)
    t.not(secret, first.secret, 'begun anew')
    t.is(new Set(recovery).size, 10)
    t.deepEqual(await access.secondFactor('alice'), { state: 'on', recoveryCodes: 10 })
    t.like(await access.beginSecondFactor('alice', PASSWORD, PEER), { kind: 'refused', status: 409 })
    t.like(await access.confirmSecondFactor('alice', '000000', PEER), { kind: 'refused', status: 409 })
    t.is((await access.signIn('alice', PASSWORD, PEER)).kind, 'code-wanted')
    t.like(await access.signIn('alice', 'not it, not it', PEER), { kind: 'refused', status: 401 }, 'who has a wrong password is not asked')
    t.deepEqual(
      (await access.users()).map(({ secondFactor }) => secondFactor),
      ['on'],
    )
  },
)

onEach('a code signs in once: not again, not an earlier one, not that of another step', async (t, place) => {
  const site = await accessAt(t, place)
  const { access, pass } = site
  value(await access.addUser('alice', PASSWORD, 'operator'))
  const { code } = await enrolled(site)
  const withCode = async (shown: string) => {
    const halfway = await access.signIn('alice', PASSWORD, PEER)
    return halfway.kind === 'code-wanted' ? access.signInWithCode(halfway.ticket, shown, PEER) : halfway
  }
  t.like(await withCode(code()), { kind: 'refused', status: 401 }, 'it has confirmed')
  t.like(await withCode(code(2)), { kind: 'refused', status: 401 })
  pass(STEP)
  const used = code()
  const session = await withCode(`${used.slice(0, 3)} ${used.slice(3)}`)
  t.like(session, { kind: 'session', user: 'alice', role: 'operator' })
  t.like(await withCode(used), { kind: 'refused', status: 401 })
  t.like(await withCode(code(-1)), { kind: 'refused', status: 401 })
  t.is((await withCode(code(1))).kind, 'session', 'a clock that is a step ahead')
  pass(2 * STEP)
  const both = await Promise.all([withCode(code()), withCode(code())])
  t.deepEqual(both.map(({ kind }) => kind).sort(), ['refused', 'session'], 'of two at once one')
})

onEach('a login for a token takes a code, too; tokens that there are go on', async (t, place) => {
  const site = await accessAt(t, place)
  const { access, pass } = site
  value(await access.addUser('alice', PASSWORD, 'operator'))
  const before = value(await access.logIn('alice', PASSWORD, { label: 'ci', days: 1 }, PEER))
  const { code } = await enrolled(site)
  pass(STEP)
  const asked = { label: 'cli', days: 1 }
  t.like(await access.logIn('alice', PASSWORD, asked, PEER), { kind: 'refused', status: 401, code: 'second-factor' })
  t.like(await access.logIn('alice', PASSWORD, { ...asked, code: '' }, PEER), { code: 'second-factor' })
  const wrong = await access.logIn('alice', PASSWORD, { ...asked, code: '000000' }, PEER)
  t.like(wrong, { kind: 'refused', status: 401 })
  t.is(wrong.kind === 'refused' ? wrong.code : 'x', undefined)
  t.like(await access.logIn('alice', 'not it, not it', { ...asked, code: code() }, PEER), { kind: 'refused', status: 401 })
  const token = value(await access.logIn('alice', PASSWORD, { ...asked, code: code() }, PEER))
  t.like(await access.byToken(token.secret), { user: 'alice' })
  t.like(await access.byToken(before.secret), { user: 'alice' })
})

onEach('a recovery code signs in once, however it is typed, and that is written down without it', async (t, place) => {
  const site = await accessAt(t, place)
  const { access } = site
  value(await access.addUser('alice', PASSWORD, 'operator'))
  const { recovery } = await enrolled(site)
  const [one = '', other = ''] = recovery
  const logIn = (code: string) => access.logIn('alice', PASSWORD, { label: 'x', days: 1, code }, PEER)
  t.is((await logIn(one.toLowerCase().replaceAll('-', ''))).kind, 'done')
  t.like(await logIn(one), { kind: 'refused', status: 401 })
  t.is((await access.secondFactor('alice')).recoveryCodes, 9)
  const { entries } = await access.auditTrail(10)
  t.is(entries[0]?.what, 'use a recovery code: 9 are left')
  t.false(JSON.stringify(entries).includes(one))
  value(await access.endSecondFactor('alice', { password: PASSWORD, code: other }, PEER))
  t.deepEqual(await access.secondFactor('alice'), { state: 'off', recoveryCodes: 0 })
  t.is((await logIn('')).kind, 'done')
})

onEach('codes are limited with passwords: who guesses is held up, and a ticket is good for five of them', async (t, place) => {
  const rates = { account: { perSecond: 1 / 30, burst: 8 }, peer: { perSecond: 1e6, burst: 1e6 } }
  const site = await accessAt(t, place, { rates })
  const { access, pass } = site
  value(await access.addUser('alice', PASSWORD, 'operator'))
  const { code } = await enrolled(site)
  const halfway = await access.signIn('alice', PASSWORD, PEER)
  if (halfway.kind !== 'code-wanted') return t.fail()
  for (let times = 0; times < 5; times += 1)
    t.like(await access.signInWithCode(halfway.ticket, '000000', PEER), { kind: 'refused', status: 401 })
  pass(STEP)
  t.regex(JSON.stringify(await access.signInWithCode(halfway.ticket, code(), PEER)), /begin anew/)
  const logIn = (password: string, shown: string) => access.logIn('alice', password, { label: 'x', days: 1, code: shown }, PEER)
  const statuses: unknown[] = []
  for (let times = 0; times < 6; times += 1) {
    const answer = await logIn(PASSWORD, '000000')
    statuses.push(answer.kind === 'refused' ? answer.status : answer.kind)
  }
  t.deepEqual(statuses.slice(0, 3), [401, 401, 401])
  t.is(statuses.at(-1), 429)
  t.like(await logIn(PASSWORD, code()), { status: 429 }, 'the right one, too')
  t.like(await access.signIn('alice', PASSWORD, PEER), { status: 429 }, 'and the password')
})

onEach('a ticket is good for minutes, for its password alone, and once', async (t, place) => {
  const site = await accessAt(t, place)
  const { access, pass } = site
  value(await access.addUser('alice', PASSWORD, 'admin'))
  const { code } = await enrolled(site)
  const ticketOf = async (password = PASSWORD) => {
    const halfway = await access.signIn('alice', password, PEER)
    return halfway.kind === 'code-wanted' ? halfway.ticket : ''
  }
  const late = await ticketOf()
  pass(5 * 60_000)
  t.like(await access.signInWithCode(late, code(), PEER), { kind: 'refused', status: 401 })
  const old = await ticketOf()
  value(await access.changeUser('alice', { password: 'another long password' }))
  t.like(await access.signInWithCode(old, code(), PEER), { kind: 'refused', status: 401 })
  const ticket = await ticketOf('another long password')
  t.is((await access.signInWithCode(ticket, code(), PEER)).kind, 'session')
  pass(STEP)
  t.like(await access.signInWithCode(ticket, code(), PEER), { kind: 'refused', status: 401 })
  for (const none of ['', 'x', 'A'.repeat(43)]) t.like(await access.signInWithCode(none, code(), PEER), { kind: 'refused', status: 401 })
})

onEach('an admin takes a lost one away, and it goes with its user', async (t, place) => {
  const site = await accessAt(t, place)
  const { access, store } = site
  value(await access.addUser('ada', PASSWORD, 'admin'))
  value(await access.addUser('alice', PASSWORD, 'viewer'))
  await enrolled(site)
  t.like(await access.resetSecondFactor('nobody'), { kind: 'refused', status: 404 })
  t.like(await access.resetSecondFactor('ada'), { kind: 'refused', status: 409 })
  value(await access.resetSecondFactor('alice'))
  t.is((await access.signIn('alice', PASSWORD, PEER)).kind, 'session')
  await enrolled(site)
  value(await access.removeUser('alice'))
  t.deepEqual(await store.db.selectFrom('recovery_codes').selectAll().execute(), [])
  t.deepEqual(await store.db.selectFrom('second_factors').selectAll().execute(), [])
})

onEach('neither database nor log nor audit has what a second factor is made with', async (t, place) => {
  const site = await accessAt(t, place)
  const { access, store, log } = site
  value(await access.addUser('alice', PASSWORD, 'admin'))
  const { secret, recovery } = await enrolled(site)
  await access.audit({ who: 'alice', peer: PEER, what: 'something' })
  const rows = await Promise.all([
    store.db.selectFrom('second_factors').selectAll().execute(),
    store.db.selectFrom('recovery_codes').selectAll().execute(),
    store.db.selectFrom('audit').selectAll().execute(),
  ])
  const all = JSON.stringify([rows, log.lines])
  const plain = [
    secret,
    bytesOf(secret).toString('base64'),
    bytesOf(secret).toString('hex'),
    ...recovery,
    ...recovery.map((one) => one.replaceAll('-', '')),
  ]
  for (const one of plain) t.false(all.includes(one))
  t.is(rows[1].length, 10)
})
