import { createHash, randomBytes } from 'node:crypto'
import { after } from '../../../appliance/wire/timers.ts'
import { openAccess } from '../../../manager/access/service.ts'
import { collectingLog } from '../../appliance/wire/collecting-log.ts'
import { onEach } from '../store/dialects.ts'
import { accessAt, CHEAP, PASSWORD, sessionOf, value } from './site.ts'

const PEER = '10.0.0.1'
const MINUTE = 60_000
const HOUR = 3600_000

onEach('who signs in is known by the cookie, who logs in by the token, and nobody by anything else', async (t, place) => {
  const { access } = await accessAt(t, place)
  value(await access.addUser('alice', PASSWORD, 'operator'))
  const session = await access.signIn('alice', PASSWORD, PEER)
  if (session.kind !== 'session') return t.fail(JSON.stringify(session))
  t.regex(session.secret, /^[\w-]{43}$/)
  const known = await access.bySession(session.secret)
  t.like(known, { user: 'alice', role: 'operator', by: { kind: 'session', csrf: session.csrf } })
  const token = value(await access.logIn('alice', PASSWORD, { label: 'laptop', days: 1 }, PEER))
  t.like(await access.byToken(token.secret), { user: 'alice', role: 'operator', by: { kind: 'token', id: token.id } })
  for (const wrong of ['', 'x', `${session.secret}x`, token.secret.toUpperCase(), 'A'.repeat(43), '\0'.repeat(43), 'x'.repeat(1e6)]) {
    t.is(await access.byToken(wrong), undefined)
    t.is(await access.bySession(wrong), undefined)
  }
  t.is(await access.byToken(session.secret), undefined, 'a cookie is no token')
  t.is(await access.bySession(token.secret), undefined)
  await access.signOut(session.secret)
  t.is(await access.bySession(session.secret), undefined)
})

onEach('the database holds no secret that lets anyone in', async (t, place) => {
  const { access, store } = await accessAt(t, place)
  value(await access.addUser('alice', PASSWORD, 'admin'))
  const session = await access.signIn('alice', PASSWORD, PEER)
  if (session.kind !== 'session') return t.fail(JSON.stringify(session))
  const token = value(await access.issueToken('alice', { label: 'x', days: 1 }))
  const tables = ['users', 'tokens', 'sessions', 'settings', 'audit'] as const
  const rows = await Promise.all(tables.map((table) => store.db.selectFrom(table).selectAll().execute()))
  const all = JSON.stringify(rows)
  for (const secret of [PASSWORD, session.secret, session.csrf, token.secret]) t.false(all.includes(secret))
  t.true(all.includes(createHash('sha256').update(token.secret).digest('hex')))
})

onEach('a wrong password and an unknown user are refused in the same words', async (t, place) => {
  const { access } = await accessAt(t, place)
  value(await access.addUser('alice', PASSWORD, 'admin'))
  const wrong = await access.signIn('alice', `${PASSWORD}x`, PEER)
  t.like(wrong, { kind: 'refused', status: 401 })
  for (const name of ['bob', '', "' OR 1=1 --", '\0', '\ud800', 'x'.repeat(64)])
    t.deepEqual(await access.signIn(name, PASSWORD, PEER), wrong)
  t.deepEqual(await access.logIn('bob', PASSWORD, { label: 'x', days: 1 }, PEER), wrong)
})

onEach('a session ends after 12 hours without use, and after a week with', async (t, place) => {
  const { access, store, pass } = await accessAt(t, place)
  value(await access.addUser('alice', PASSWORD, 'admin'))
  const [idle, used] = [await sessionOf(access, 'alice'), await sessionOf(access, 'alice')]
  for (let hours = 11; hours < 7 * 24; hours += 11) {
    pass(11 * HOUR)
    t.truthy(await access.bySession(used), `after ${hours} h`)
    await store.write(async () => undefined) // after what writes that it was used
  }
  t.is(await access.bySession(idle), undefined)
  pass(11 * HOUR)
  t.is(await access.bySession(used), undefined)
})

onEach('a token ends with its days; it is listed until then', async (t, place) => {
  const { access, pass } = await accessAt(t, place)
  value(await access.addUser('alice', PASSWORD, 'admin'))
  const token = value(await access.issueToken('alice', { label: 'ci', role: 'viewer', days: 2 }))
  pass(48 * HOUR - 1)
  t.truthy(await access.byToken(token.secret))
  t.is((await access.tokens('alice')).length, 1)
  pass(1)
  t.is(await access.byToken(token.secret), undefined, 'remembered or not')
  t.deepEqual(await access.tokens(), [])
})

onEach('when a token was last used is written once a minute at most, by whoever comes', async (t, place) => {
  const { access, store, clock, pass } = await accessAt(t, place)
  value(await access.addUser('alice', PASSWORD, 'admin'))
  const { secret } = value(await access.issueToken('alice', { label: 'ci', days: 2 }))
  const start = clock.now
  const lastUsed = async () => {
    await store.write(async () => undefined) // after those that wait
    return (await access.tokens())[0]?.lastUsed
  }
  await Promise.all([1, 2, 3].map(() => access.byToken(secret)))
  t.is(await lastUsed(), start)
  pass(MINUTE - 1)
  await access.byToken(secret)
  t.is(await lastUsed(), start)
  pass(1)
  await access.byToken(secret)
  t.is(await lastUsed(), start + MINUTE)
  t.is((await access.users())[0]?.lastSeen, start + MINUTE)
})

onEach('a token can do no more than its user can now', async (t, place) => {
  const { access } = await accessAt(t, place)
  value(await access.addUser('root', PASSWORD, 'admin'))
  value(await access.addUser('alice', PASSWORD, 'operator'))
  t.like(await access.issueToken('alice', { label: 'x', role: 'admin', days: 1 }), { kind: 'refused', status: 403 })
  t.like(await access.issueToken('nobody', { label: 'x', role: 'viewer', days: 1 }), { kind: 'refused', status: 404 })
  const [full, less] = [
    value(await access.issueToken('alice', { label: 'x', days: 1 })),
    value(await access.issueToken('alice', { label: 'y', role: 'viewer', days: 1 })),
  ]
  const session = await sessionOf(access, 'alice')
  const roles = async () => [
    (await access.byToken(full.secret))?.role,
    (await access.byToken(less.secret))?.role,
    (await access.bySession(session))?.role,
  ]
  t.deepEqual(await roles(), ['operator', 'viewer', 'operator'])
  value(await access.changeUser('alice', { role: 'viewer' }))
  t.deepEqual(await roles(), ['viewer', 'viewer', 'viewer'])
  value(await access.changeUser('alice', { role: 'admin' }))
  t.deepEqual(await roles(), ['operator', 'viewer', 'admin'])
  value(await access.removeUser('alice'))
  t.deepEqual(await roles(), [undefined, undefined, undefined])
})

onEach('a new password ends what the old one let in', async (t, place) => {
  const { access } = await accessAt(t, place)
  value(await access.addUser('alice', PASSWORD, 'admin'))
  const token = value(await access.issueToken('alice', { label: 'x', days: 1 }))
  const session = await sessionOf(access, 'alice')
  t.truthy(await access.byToken(token.secret))
  t.truthy(await access.bySession(session))
  value(await access.changeUser('alice', { password: 'another long password' }))
  t.is(await access.byToken(token.secret), undefined)
  t.is(await access.bySession(session), undefined)
  t.like(await access.signIn('alice', PASSWORD, PEER), { status: 401 })
  t.is((await access.signIn('alice', 'another long password', PEER)).kind, 'session')
})

onEach('a revoked token lets nobody in, whoever is just asking; others’ tokens are an admin’s to revoke', async (t, place) => {
  const { access } = await accessAt(t, place)
  for (const [name, role] of [
    ['root', 'admin'],
    ['alice', 'operator'],
    ['bob', 'operator'],
  ] as const)
    value(await access.addUser(name, PASSWORD, role))
  const principal = async (name: string) => {
    const known = await access.bySession(await sessionOf(access, name))
    if (!known) throw new Error(`${name} is not known`)
    return known
  }
  const [root, alice, bob] = [await principal('root'), await principal('alice'), await principal('bob')]
  const issue = async () => value(await access.issueToken('alice', { label: 'x', days: 1 }))
  t.like(await access.revokeToken((await issue()).id, bob), { kind: 'refused', status: 403 })
  t.like(await access.revokeToken('nothing', bob), { kind: 'refused', status: 404 })
  for (const by of [alice, root]) {
    const token = await issue()
    const asking = Array.from({ length: 20 }, () => access.byToken(token.secret))
    const revoked = access.revokeToken(token.id, by)
    asking.push(...Array.from({ length: 20 }, () => access.byToken(token.secret)))
    t.is((await revoked).kind, 'done')
    t.is(await access.byToken(token.secret), undefined)
    await Promise.all(asking)
    t.is(await access.byToken(token.secret), undefined, 'what was read before is not remembered')
  }
})

onEach('what another process takes away lets nobody in after a second', async (t, place) => {
  const { access, store, clock, pass } = await accessAt(t, place)
  const { log } = collectingLog()
  const other = openAccess({ store, now: () => clock.now, elapsed: () => clock.elapsed, random: randomBytes, after, log, cost: CHEAP })
  value(await access.addUser('alice', PASSWORD, 'admin'))
  const token = value(await access.issueToken('alice', { label: 'x', days: 1 }))
  t.truthy(await access.byToken(token.secret))
  value(await other.changeUser('alice', { password: 'another long password' }))
  pass(1000)
  t.is(await access.byToken(token.secret), undefined)
})

onEach('the last admin can be neither demoted nor removed, not by two at once either', async (t, place) => {
  const { access } = await accessAt(t, place)
  value(await access.addUser('alice', PASSWORD, 'admin'))
  t.like(await access.removeUser('alice'), { kind: 'refused', status: 409 })
  t.like(await access.changeUser('alice', { role: 'operator' }), { kind: 'refused', status: 409 })
  t.is(value(await access.changeUser('alice', { role: 'admin' })).role, 'admin')
  value(await access.addUser('bob', PASSWORD, 'admin'))
  t.like(await access.addUser('bob', PASSWORD, 'viewer'), { kind: 'refused', status: 409 })
  const both = await Promise.all([access.removeUser('alice'), access.changeUser('bob', { role: 'viewer' })])
  t.deepEqual(both.map(({ kind }) => kind).sort(), ['done', 'refused'])
  t.is((await access.users()).filter(({ role }) => role === 'admin').length, 1)
  t.like(await access.removeUser('nobody'), { kind: 'refused', status: 404 })
  t.like(await access.changeUser('nobody', {}), { kind: 'refused', status: 404 })
})

onEach('the first admin’s code is good once, for an hour, while there are no users', async (t, place) => {
  const { access, pass } = await accessAt(t, place)
  const redeem = (code: string | undefined, name: string) => access.redeemFirstAdmin(code ?? '', name, PASSWORD, PEER)
  t.like(await redeem('', 'alice'), { kind: 'refused', status: 403 })
  const old = await access.firstAdminCode()
  pass(HOUR)
  t.like(await redeem(old, 'alice'), { kind: 'refused', status: 403 })
  const [one, two] = [await access.firstAdminCode(), await access.firstAdminCode()]
  const answers = await Promise.all([redeem(one, 'alice'), redeem(one, 'bob'), redeem(two, 'carol')])
  t.deepEqual(answers.map(({ kind }) => kind).sort(), ['done', 'refused', 'refused'])
  t.is((await access.users()).length, 1)
  t.like((await access.users())[0], { role: 'admin' })
  t.is(await access.firstAdminCode(), undefined)
  t.like(await redeem(two, 'dave'), { kind: 'refused', status: 409 })
})

onEach('too many wrong passwords are refused by account and by address, and a right one is not counted', async (t, place) => {
  const rates = { account: { perSecond: 0.1, burst: 3 }, peer: { perSecond: 0.1, burst: 5 } }
  const { access, pass } = await accessAt(t, place, { rates })
  value(await access.addUser('alice', PASSWORD, 'admin'))
  for (let times = 0; times < 20; times += 1) t.is((await access.signIn('alice', PASSWORD, PEER)).kind, 'session')
  const from = async (name: string, peer: string, password: string) => {
    const answer = await access.logIn(name, password, { label: 'x', days: 1 }, peer)
    return answer.kind === 'refused' ? answer.status : 200
  }
  t.deepEqual(
    await Promise.all(['10.1.0.1', '10.1.0.2', '10.1.0.3', '10.1.0.4'].map((peer) => from('alice', peer, 'wrong'))),
    [401, 401, 401, 429],
  )
  t.is(await from('alice', '10.1.0.5', PASSWORD), 429, 'the right one, too')
  const waiting = await access.signIn('alice', PASSWORD, '10.1.0.6')
  t.like(waiting, { kind: 'refused', status: 429, retryAfter: 10 })
  pass(10_000)
  t.is(await from('alice', '10.1.0.7', PASSWORD), 200)
  const sprayed = []
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) sprayed.push(await from(name, `2001:db8:0:1::${name}`, 'x'))
  t.deepEqual(sprayed, [401, 401, 401, 401, 401, 429], 'one /64 is one address')
  t.is(await from('bob', '2001:db8:0:2::1', 'x'), 401)
})

onEach('a user can have no more than 200 tokens', async (t, place) => {
  const { access } = await accessAt(t, place)
  value(await access.addUser('alice', PASSWORD, 'viewer'))
  const answers = await Promise.all(Array.from({ length: 201 }, () => access.issueToken('alice', { label: 'x', days: 1 })))
  t.deepEqual(
    answers.filter(({ kind }) => kind === 'refused').map((answer) => answer.kind === 'refused' && answer.status),
    [409],
  )
})

onEach('a token that was made with a token has no more than that: not its role, not its end, and it goes with it', async (t, place) => {
  const { access, pass } = await accessAt(t, place)
  value(await access.addUser('alice', PASSWORD, 'admin'))
  const parent = value(await access.logIn('alice', PASSWORD, { label: 'laptop', days: 2 }, PEER))
  const by = await access.byToken(parent.secret)
  const child = value(await access.issueToken('alice', { label: 'ci', role: 'operator', days: 3650 }, by))
  t.is(child.expires, parent.expires)
  const withChild = await access.byToken(child.secret)
  const grandchild = value(await access.issueToken('alice', { label: 'x', days: 1 }, withChild))
  t.is(grandchild.role, 'operator', 'left out: as much as what it is made with')
  t.like(await access.issueToken('alice', { label: 'x', role: 'admin', days: 1 }, withChild), { kind: 'refused', status: 403 })
  const session = await sessionOf(access, 'alice')
  const lasting = value(await access.issueToken('alice', { label: 'y', days: 90 }, await access.bySession(session)))
  t.is(lasting.expires, parent.created + 90 * 24 * HOUR)
  await access.signOut(session)

  if (!by) return t.fail()
  value(await access.revokeToken(parent.id, by))
  for (const { secret } of [parent, child, grandchild]) t.is(await access.byToken(secret), undefined)
  t.truthy(await access.byToken(lasting.secret), 'a person has made it, signed in')
  t.like(await access.issueToken('alice', { label: 'z', days: 1 }, withChild), { kind: 'refused', status: 401 }, 'remembered or not')
  pass(90 * 24 * HOUR)
  t.is(await access.byToken(lasting.secret), undefined)
})
