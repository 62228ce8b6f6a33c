import { type Lock, sayHeld } from '../../../../manager/automation/admission/locks.ts'
import type { JournalEntry } from '../../../../manager/automation/journal.ts'
import { type Claims, durableStore } from '../../../../manager/automation/store/durable.ts'
import type { NewAutomation, StateChange } from '../../../../manager/automation/store/store.ts'
import { TaskLocks } from '../../../../manager/automation/store/task-locks.ts'
import type { Store } from '../../../../manager/store/database.ts'
import { forgetAutomations } from '../../../../manager/store/tables/automations.ts'
import { nextEpoch } from '../../../../manager/store/tables/settings.ts'
import { onEach, storeAt } from '../../store/dialects.ts'

/** One holder of everything. */
function oneClaim(): Claims & { holder: string | undefined } {
  const claims = {
    holder: undefined as string | undefined,
    take: async (_transaction: unknown, holder: string) => {
      if (claims.holder !== undefined && claims.holder !== holder) return { kind: 'refused', reason: `${claims.holder} has it` } as const
      claims.holder = holder
      return { kind: 'taken', given: {} } as const
    },
    release: async (_transaction: unknown, holder: string) => {
      if (claims.holder === holder) claims.holder = undefined
    },
  }
  return claims
}

async function openAt(store: Store, claims: Claims = oneClaim()) {
  const epoch = await store.write((transaction) => nextEpoch(transaction))
  return durableStore({ store, epoch, claims })
}

const GUEST: Lock = { key: 'guest 1', name: 'guest web1', access: 'exclusive' }
const HOST: Lock = { key: 'host 1', name: 'host node01', access: 'shared' }

const automation = (id: string, changed: Partial<NewAutomation> = {}): NewAutomation => ({
  ...{ id, recipe: 'move', version: 1, title: `move ${id}`, who: 'alice', seed: 's', created: 1, within: [], repeat: undefined },
  args: { guest: 'web1', to: ['node02'] },
  locks: [GUEST, HOST],
  outdated: async () => undefined,
  ...changed,
})

const DONE: StateChange = { state: 'done', reason: undefined, at: 9 }
const SLEEP = { kind: 'sleep', milliseconds: 5 } as const

onEach('a journal comes back as it was written, in its order, and what is open oldest first', async (t, place) => {
  const store = await storeAt(t, place)
  const automations = await openAt(store)
  t.deepEqual(await automations.create(automation('b', { created: 2, locks: [] })), { kind: 'created' })
  t.deepEqual(await automations.create(automation('a')), { kind: 'created' })
  const first: JournalEntry[] = [{ kind: 'started', step: '1', at: 3, effect: SLEEP }]
  const second: JournalEntry[] = [
    { kind: 'answered', step: '1', at: 4, answer: { kind: 'value', value: { räck: '“2”' } } },
    { kind: 'abort', at: 5, who: 'bob' },
  ]
  const running = { state: 'running', reason: undefined, at: 3 } as const
  t.like(await automations.record({ automation: 'a', from: 0, entries: first, claim: undefined, change: running }), { kind: 'recorded' })
  await automations.record({ automation: 'a', from: 1, entries: second, claim: undefined, change: undefined })
  t.deepEqual(await automations.journal('a'), [...first, ...second])
  t.deepEqual(
    (await automations.open()).map(({ id, state, args }) => [id, state, args]),
    [
      ['a', 'running', { guest: 'web1', to: ['node02'] }],
      ['b', 'queued', { guest: 'web1', to: ['node02'] }],
    ],
  )
  await automations.update('a', { state: 'aborted', reason: 'why', at: 7 })
  t.like(await automations.find('a'), { state: 'aborted', reason: 'why', ended: 7 })
  t.deepEqual(
    (await automations.newest(5)).map(({ id }) => id),
    ['b', 'a'],
  )
})

onEach('of two who want one guest at the same time one gets it, and the other is told who has it', async (t, place) => {
  const store = await storeAt(t, place)
  const automations = await openAt(store)
  const both = await Promise.all([
    automations.create(automation('a')),
    automations.create(automation('b', { who: 'bob', locks: [{ ...GUEST, name: 'guest 1' }] })),
  ])
  t.deepEqual(
    both.map(({ kind }) => kind),
    ['created', 'held'],
  )
  t.like(both[1], { by: { name: 'guest web1', automation: 'a', title: 'move a', who: 'alice' } })
  t.is((await automations.create(automation('c', { locks: [HOST] }))).kind, 'created', 'a host is shared')
  t.is((await automations.create(automation('d', { locks: [GUEST], within: ['a'] }))).kind, 'created', 'a part of a is not in its way')
  await automations.update('d', DONE)
  t.is((await automations.create(automation('b', { locks: [GUEST] }))).kind, 'held')
  await automations.record({ automation: 'a', from: 0, entries: [], claim: undefined, change: DONE })
  t.is((await automations.create(automation('b', { locks: [GUEST] }))).kind, 'created', 'free with its end')
})

onEach('what a plan rests on is looked at under its locks, and one that holds no more begins nothing', async (t, place) => {
  const store = await storeAt(t, place)
  const automations = await openAt(store)
  await automations.create(automation('a'))
  const looks: string[] = []
  const outdated = async (): Promise<string> => {
    looks.push('look')
    return 'web1 has moved'
  }
  t.is((await automations.create(automation('b', { outdated }))).kind, 'held')
  t.deepEqual(looks, [], 'whoever holds it may be about to change it')
  await automations.update('a', DONE)
  t.deepEqual(await automations.create(automation('b', { outdated })), { kind: 'outdated', reason: 'web1 has moved' })
  t.is(await automations.find('b'), undefined)
  t.is((await automations.create(automation('c'))).kind, 'created', 'it holds nothing')
})

onEach('a start that comes again under its key starts nothing, and another under that key is refused', async (t, place) => {
  const store = await storeAt(t, place)
  const automations = await openAt(store)
  const repeat = { key: 'k', body: 'x' }
  await automations.create(automation('a', { repeat }))
  t.deepEqual(await automations.create(automation('b', { repeat })), { kind: 'repeated', automation: 'a' })
  t.deepEqual(await automations.create(automation('c', { repeat: { key: 'k', body: 'y' } })), { kind: 'reused', automation: 'a' })
  await automations.update('a', DONE)
  t.deepEqual(await automations.create(automation('d', { repeat })), { kind: 'repeated', automation: 'a' })
  t.is((await automations.newest(5)).length, 1)
})

onEach('a claim is taken or refused in the transaction that says so, and free with the end', async (t, place) => {
  const store = await storeAt(t, place)
  const claims = oneClaim()
  const automations = await openAt(store, claims)
  for (const id of ['a', 'b']) await automations.create(automation(id, { locks: [] }))
  const claim = { step: '1', at: 2, needs: [{ kind: 'memory' }] }
  const taken = await automations.record({ automation: 'a', from: 0, entries: [], claim, change: undefined })
  t.like(taken, { answers: [{ step: '1', answer: { kind: 'value' } }] })
  const refused = await automations.record({ automation: 'b', from: 0, entries: [], claim, change: undefined })
  t.like(refused, { answers: [{ answer: { kind: 'failed', cause: 'taken', reason: 'a has it' } }] })
  t.is((await automations.journal('b')).length, 1)
  await automations.update('a', DONE)
  t.is(claims.holder, undefined)
})

onEach('a manager that a newer one has followed writes nothing any more', async (t, place) => {
  const store = await storeAt(t, place)
  const old = await openAt(store)
  await old.create(automation('a'))
  const young = await openAt(store)
  t.like(await old.create(automation('b', { locks: [] })), { kind: 'stale' })
  t.like(await old.record({ automation: 'a', from: 0, entries: [], claim: undefined, change: DONE }), { kind: 'stale' })
  t.like(await old.update('a', DONE), { kind: 'stale' })
  t.deepEqual(
    (await young.open()).map(({ id, state }) => [id, state]),
    [['a', 'queued']],
  )
})

onEach('history is forgotten by age, with its journal, and never what is open', async (t, place) => {
  const store = await storeAt(t, place)
  const automations = await openAt(store)
  const entries: JournalEntry[] = [{ kind: 'started', step: '1', at: 3, effect: SLEEP }]
  for (const id of ['a', 'b', 'c']) {
    await automations.create(automation(id, { locks: [] }))
    await automations.record({ automation: id, from: 0, entries, claim: undefined, change: undefined })
  }
  await automations.update('a', { ...DONE, at: 100 })
  await automations.update('b', { ...DONE, at: 200 })
  await store.write((transaction) => forgetAutomations(transaction, 150))
  t.deepEqual((await automations.newest(5)).map(({ id }) => id).sort(), ['b', 'c'])
  t.deepEqual(await automations.journal('a'), [])
  t.is((await automations.journal('c')).length, 1)
})

onEach('a commit whose answer is lost is found again, with what was claimed in it, and not written twice', async (t, place) => {
  const store = await storeAt(t, place)
  let lost = 0
  const losing: Store = {
    ...store,
    write: async (change) => {
      const value = await store.write(change)
      if (lost === 0) return value
      lost -= 1
      throw new Error('the connection was lost')
    },
  }
  const automations = await openAt(losing)
  await automations.create(automation('a'))
  const entries: JournalEntry[] = [{ kind: 'started', step: '1', at: 3, effect: SLEEP }]
  const claim = { step: '2', at: 3, needs: [{ kind: 'memory' }] }
  const batch = { automation: 'a', from: 0, entries, claim, change: undefined }
  lost = 1
  const recorded = await automations.record(batch)
  t.like(recorded, { kind: 'recorded', answers: [{ step: '2', answer: { kind: 'value' } }] })
  t.deepEqual(await automations.record(batch), recorded, 'asked for again')
  t.is((await automations.journal('a')).length, 2)
  const other: JournalEntry[] = [{ kind: 'abort', at: 4, who: 'bob' }]
  await t.throwsAsync(automations.record({ ...batch, entries: other }), { any: true }, 'what is there is something else')
  lost = 1
  t.like(await automations.record({ automation: 'a', from: 2, entries: other, claim: undefined, change: DONE }), {
    kind: 'recorded',
    answers: [],
  })
  t.like(await automations.find('a'), { state: 'done' })
})

onEach('what a task of the manager holds nobody else begins with, and a task waits for who has it, by name', async (t, place) => {
  const store = await storeAt(t, place)
  const tasks = new TaskLocks(store)
  const epoch = await store.write((transaction) => nextEpoch(transaction))
  const automations = durableStore({ store, epoch, claims: oneClaim(), tasks })
  const vg: Lock = { key: 'vg 1', name: 'VG san', access: 'exclusive' }
  const by = { task: 'left-disks', title: 'remove san/disk-1 of node01' }
  const taken = await tasks.take(vg, by)
  const refused = await automations.create(automation('a', { locks: [{ ...vg, access: 'shared' }] }))
  t.deepEqual(
    refused.kind === 'held' && sayHeld(refused.by),
    'VG san is held by the manager’s task left-disks (remove san/disk-1 of node01): ask again in a moment',
  )
  t.is((await automations.create(automation('b', { within: ['a'], locks: [vg] }))).kind, 'held')
  if (taken.kind === 'taken') taken.release()
  t.is((await automations.create(automation('c', { locks: [{ ...vg, access: 'shared' }] }))).kind, 'created')
  t.deepEqual(await tasks.take(vg, by), {
    kind: 'held',
    reason: 'VG san is held by automation c (move c, started by alice): wait for it, or abort it',
  })
  t.is((await tasks.take({ ...vg, access: 'shared' }, by)).kind, 'taken', 'those that share it do not keep each other out')
})

onEach(
  'a task takes what it asked for though another change of the same commit failed, and does not stand in its own way',
  async (t, place) => {
    const store = await storeAt(t, place)
    const tasks = new TaskLocks(store)
    const failing = () => store.write(() => Promise.reject(new Error('no')))
    // The first is in a commit of its own; the others are in one, which is done again without the one that fails.
    const [first, taken, last] = [
      store.write(async () => undefined),
      tasks.take({ key: 'vg 1', name: 'VG san', access: 'exclusive' }, { task: 'left-disks', title: 'remove' }),
      failing(),
    ]
    await t.throwsAsync(last, { message: 'no' })
    await first
    const answer = await taken
    t.is(answer.kind, 'taken')
    if (answer.kind === 'taken') answer.release()
    t.deepEqual(tasks.on(['vg 1']), [])
  },
)
