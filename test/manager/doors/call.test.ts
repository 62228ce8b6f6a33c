import test from 'ava'
import type { Identified } from '../../../manager/access/access.ts'
import { Acting } from '../../../manager/access/acting.ts'
import type { Act } from '../../../manager/access/audit-bound.ts'
import { CONTRACT } from '../../../manager/contract/contract.ts'
import { Calls } from '../../../manager/doors/call.ts'
import type { Handlers } from '../../../manager/doors/handlers/handlers.ts'
import { Rights } from '../../../manager/doors/rights/rights.ts'
import type { Role } from '../../../manager/protocol/accounts.ts'
import { fakePool } from '../cli/fake-pool.ts'
import { hostOf, idOf, poolData } from '../cli/pool-data.ts'
import { thingsOf } from './rights/things-of.ts'
import { fakeGuest } from './web/fake-guests.ts'

const PEER = '10.0.0.1'
const { hosts, users, tokens, access, things, alarms } = CONTRACT

/** `changed`: the handlers of hosts. */
function start(changed: Partial<Handlers['hosts']> = {}) {
  const pool = poolData()
  const [entries, bounded]: [Act[], Act[]] = [[], []]
  const made = fakePool(pool)
  const calls = new Calls({
    handlers: { ...made, hosts: { ...made.hosts, ...changed } },
    access: {
      audit: async (act) => void entries.push(act),
      auditBounded: async (act) => void bounded.push(act),
    },
    acting: new Acting(Date.now),
    naming: { host: (ref) => (ref === 'node01' ? `node01 (${idOf(1)})` : ref) },
    rights: new Rights(thingsOf(made)),
  })
  const by = (user: string, role: Role) => {
    const who: Identified = { user, role, by: { kind: 'token', id: 'tok1' } }
    return { who, peer: PEER }
  }
  return {
    calls,
    pool,
    entries,
    bounded,
    viewer: by('grace', 'viewer'),
    operator: by('alan', 'operator'),
    admin: by('ada', 'admin'),
  }
}

const words = (acts: readonly Act[]) => acts.map(({ who, what }) => `${who}: ${what}`)

test('a role that is too low is 403 before the input is looked at; nothing is done, and what would change something is written down, bounded', async (t) => {
  const { calls, pool, entries, bounded, viewer, operator } = start()
  const refused = { kind: 'refused', status: 403, reason: 'this takes the role operator, and you are viewer' } as const
  t.deepEqual(await calls.call(hosts.change, { ref: 'node01', name: 'db1' }, viewer), refused)
  t.deepEqual(await calls.call(hosts.change, { ref: '../x', name: 7 }, viewer), refused)
  t.deepEqual(await calls.call(hosts.change, undefined, viewer), refused)
  t.is(pool.hosts[0]?.name, 'node01')
  t.deepEqual(words(bounded), [
    `grace: change host node01 (${idOf(1)}): {"name":"db1"}: refused (403): ${refused.reason}`,
    `grace: PATCH /hosts/../x: refused (403): ${refused.reason}`,
    `grace: PATCH /hosts/…: refused (403): ${refused.reason}`,
  ])
  t.is(bounded[0]?.peer, PEER)
  t.like(await calls.call(users.list, {}, operator), { kind: 'refused', status: 403 })
  t.deepEqual([bounded.length, entries], [3, []], 'a look that was refused is not written down')
})

test('input that is not what is declared is 400 with its place; the sentence is then only what was asked for', async (t) => {
  const { calls, pool, entries, bounded, operator, admin } = start()
  const name = await calls.call(hosts.change, { ref: 'node01', name: 'No Name' }, operator)
  t.like(name, { kind: 'refused', status: 400 })
  t.regex(name.kind === 'refused' ? name.reason : '', /^name: is no host name: 1 to 63/)
  const group = await calls.call(hosts.change, { ref: 'node01', groups: ['a', '!'] }, operator)
  t.regex(group.kind === 'refused' ? group.reason : '', /^group 2: is no group name/)
  const more = await calls.call(hosts.change, { ref: 'node01', colour: 'red' }, operator)
  t.regex(more.kind === 'refused' ? more.reason : '', /^Unrecognized key: "colour"/)
  for (const raw of [undefined, null, 7, 'x', []]) t.like(await calls.call(hosts.show, raw, operator), { kind: 'refused', status: 400 })
  t.is((await calls.call(users.add, { name: 'eve', password: 'too short', role: 'viewer' }, admin)).kind, 'refused')
  t.deepEqual(
    words(bounded).map((text) => text.replace(/is no (host|group) name.*/, '…')),
    [
      'alan: PATCH /hosts/node01: refused (400): name: …',
      'alan: PATCH /hosts/node01: refused (400): group 2: …',
      'alan: PATCH /hosts/node01: refused (400): Unrecognized key: "colour"',
      'ada: POST /users: refused (400): password: is shorter than 12 characters',
    ],
  )
  t.deepEqual([entries, pool.hosts[0]?.name], [[], 'node01'])
})

test('what a handler answers is passed on: what is done, what is missing, what is refused with its code', async (t) => {
  const { calls, entries, bounded, operator, admin } = start({
    approve: async () => ({ kind: 'refused', reason: 'it is another', code: 'identity' }),
    maintain: async ({ ref }) => ({ kind: 'missing', reason: `there is no host ${ref}` }),
    release: async () => ({ kind: 'refused', reason: 'too many', status: 429, retryAfter: 7 }),
    reject: async () => {
      throw new Error('of this test')
    },
  })
  t.like(await calls.call(hosts.show, { ref: 'node01' }, operator), { kind: 'done', value: { id: idOf(1), name: 'node01' } })
  t.deepEqual(await calls.call(hosts.approve, { ref: 'node01' }, operator), { kind: 'refused', reason: 'it is another', code: 'identity' })
  t.deepEqual(await calls.call(hosts.maintain, { ref: 'web' }, operator), { kind: 'missing', reason: 'there is no host web' })
  t.like(await calls.call(hosts.release, { ref: 'node01' }, operator), { retryAfter: 7 })
  await t.throwsAsync(calls.call(hosts.reject, { ref: 'node01' }, admin), { message: 'of this test' })
  t.deepEqual(
    words(bounded),
    [
      `alan: approve host node01 (${idOf(1)}): refused (409): it is another`,
      'alan: take host web into maintenance: refused (404): there is no host web',
    ],
    'who asks too often does not decide how much is written',
  )
  t.deepEqual(entries, [], 'what failed was not done')
})

test('an operator’s act has its sentence in the log, whole; a viewer’s and a stranger’s, who can do it without end, bounded', async (t) => {
  const { calls, entries, bounded, viewer, operator } = start()
  await calls.call(hosts.change, { ref: 'node01', groups: ['hot'] }, operator)
  await calls.call(alarms.clear, { key: 'siblings:memory' }, operator)
  await calls.call(tokens.issue, { label: 'ci' }, operator)
  t.deepEqual(words(entries), [
    `alan: change host node01 (${idOf(1)}): {"groups":["hot"]}`,
    'alan: clear alarm siblings:memory',
    'alan: issue token "ci" for 90 days',
  ])
  t.deepEqual(bounded, [])
  await calls.call(tokens.issue, { label: 'mine', days: 1 }, viewer)
  await calls.call(access.login, { user: 'ada', password: 'correct horse battery', label: 'cli' }, { peer: PEER })
  t.deepEqual([entries.length, words(bounded)], [3, ['grace: issue token "mine" for 1 days', 'ada: log in, for a token "cli"']])
})

test('looks are not written down, whoever looks', async (t) => {
  const { calls, entries, bounded, viewer } = start()
  t.is((await calls.call(hosts.list, {}, viewer)).kind, 'done')
  t.is((await calls.call(CONTRACT.placements.find, {}, viewer)).kind, 'done')
  t.is((await calls.call(things.show, { key: 'vlan:4000' }, viewer)).kind, 'missing')
  t.deepEqual([entries, bounded], [[], []])
})

test('what is one’s own takes no role, and only what is', async (t) => {
  const { calls, bounded, viewer } = start()
  const password = 'twelve letters'
  t.is((await calls.call(users.change, { name: 'grace', password }, viewer)).kind, 'done')
  for (const raw of [
    { name: 'ada', password },
    { name: ['grace'], password },
    { password },
    Object.create({ name: 'grace' }),
    'grace',
    null,
  ])
    t.like(await calls.call(users.change, raw, viewer), { kind: 'refused', status: 403 })
  t.like(await calls.call(users.remove, { name: 'grace' }, viewer), { kind: 'refused', status: 403 })
  t.is(words(bounded)[0], 'grace: set the password of grace')
  t.false(JSON.stringify(bounded).includes(password))
})

test('a stranger is called what they say they are, if that can be a name: people type their password there', async (t) => {
  const { calls, bounded } = start()
  const logIn = (user: unknown) => calls.call(access.login, { user, password: 'wrong', label: 'cli' }, { peer: PEER })
  for (const user of ['ada', 'My P4ssword!', 7, undefined]) t.is((await logIn(user)).kind, 'refused')
  t.deepEqual(
    bounded.map(({ who }) => who),
    ['ada', 'nobody', 'nobody', 'nobody'],
  )
  t.notRegex(JSON.stringify(bounded), /P4ssword|wrong"/)
})

test('an operation for those who are known is not done for a stranger, whatever door forgot to ask', async (t) => {
  const { calls } = start()
  await t.throwsAsync(calls.ask(hosts.list, {}, { peer: PEER }), { message: 'GET /hosts was asked for without a credential' })
})

test('a sentence is as long as the log takes, and what was cut is known again', async (t) => {
  const { calls, entries, operator } = start()
  await calls.call(hosts.change, { ref: 'node01', notes: 'x'.repeat(4000) }, operator)
  const [entry] = entries
  t.true((entry?.what.length ?? 0) < 1000)
  t.regex(entry?.what ?? '', /^change host node01 .*x… \(\d+ characters, SHA-256 [0-9a-f]{64}\)$/)
})

test('who is limited to groups is refused what is of others, by name, written down; of a console they get the look', async (t) => {
  const { calls, pool, entries, bounded, operator } = start()
  const rick = { ...operator, who: { ...operator.who, user: 'rick', groups: ['rack3'] } }
  t.like(await calls.call(hosts.cordon, { ref: 'node02' }, rick), { kind: 'done' })
  const refused = await calls.call(hosts.cordon, { ref: 'node04' }, rick)
  t.like(refused, { kind: 'refused', status: 403, code: 'outside-your-groups' })
  t.is(pool.hosts[3]?.service, 'in')
  t.regex(words(bounded)[0] ?? '', /^rick: cordon host node04: no reason given: refused \(403\): this acts on host node04 \(rack4/)
  t.is(entries.length, 1)
  t.true(await calls.may(hosts.cordon, { ref: 'node02' }, rick))
  t.false(await calls.may(hosts.cordon, { ref: 'node04' }, rick))
  t.false(await calls.may(hosts.fence, { ref: 'node02', proof: 'x' }, rick), 'the role counts, too')
  t.false(await calls.may(hosts.cordon, { ref: '../x' }, rick))
  t.deepEqual([entries.length, bounded.length], [1, 1], 'asking whether one may is not doing it')
  const vm = fakeGuest(1)
  pool.vms.push(vm)
  const open = async () => {
    const opened = await calls.call(CONTRACT.consoles.open, { ref: vm.name }, rick)
    return opened.kind === 'done' && opened.value.mode
  }
  t.is(await open(), 'look')
  pool.vms.splice(0, 1, { ...vm, tags: ['rack3'] })
  t.is(await open(), 'type')
})

test('a caller asks as themselves', async (t) => {
  const { calls, entries, admin } = start()
  const ask = calls.as(admin)
  t.like(await ask(access.whoami, {}), { kind: 'done', value: { user: 'ada', role: 'admin' } })
  t.like(await ask(hosts.reject, { ref: 'node07' }), { kind: 'done', value: { state: 'rejected', id: hostOf(7).id } })
  t.deepEqual(words(entries), ['ada: reject host node07'])
})
