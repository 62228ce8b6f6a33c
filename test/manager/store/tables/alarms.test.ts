import { sql } from 'kysely'
import { openStore } from '../../../../manager/store/database.ts'
import { MIGRATIONS } from '../../../../manager/store/migrations/steps.ts'
import { dialectOf } from '../../../../manager/store/open.ts'
import {
  acknowledgedAlarms,
  clearAlarm,
  endAlarm,
  heldAlarms,
  holdAlarm,
  hostsOf,
  openAlarms,
  raiseAlarm,
  restateAlarm,
  wordsOf,
} from '../../../../manager/store/tables/alarms.ts'
import { noticesBehind } from '../../../../manager/store/tables/notices.ts'
import { onEach, storeAt } from '../dialects.ts'

const alarm = { kind: 'shared-uuid', about: 'x', host: 'a', text: 'two hosts have it' } as const

onEach('an alarm that is raised again is counted, and opens anew when it had been cleared', async (t, place) => {
  const store = await storeAt(t, place)
  for (const at of [1, 2]) await store.write((transaction) => raiseAlarm(transaction, at, { ...alarm, text: `at ${at}` }))
  const [open] = await openAlarms(store.db)
  t.like(open, { times: 2, raised: 1, last: 2, text: 'at 2', host: 'a' })
  const key = open?.key ?? ''
  t.true(await store.write((transaction) => clearAlarm(transaction, key, 3, 'alice')))
  t.false(await store.write((transaction) => clearAlarm(transaction, key, 3, 'alice')))
  t.false(await store.write((transaction) => clearAlarm(transaction, 'nothing\0', 3, 'alice')))
  t.deepEqual(await openAlarms(store.db), [])
  await store.write((transaction) => raiseAlarm(transaction, 4, alarm))
  t.like((await openAlarms(store.db))[0], { times: 3, last: 4 })
})

onEach('a condition that holds is shown until somebody clears it, and again when it comes back after it had ended', async (t, place) => {
  const store = await storeAt(t, place)
  const hold = (at: number) => store.write((transaction) => holdAlarm(transaction, at, alarm))
  t.true(await hold(1))
  t.true(await hold(2))
  const [open] = await openAlarms(store.db)
  t.like(open, { times: 1, last: 2 })
  const key = open?.key ?? ''
  t.true(await store.write((transaction) => clearAlarm(transaction, key, 3, 'alice')))
  t.false(await hold(4), 'an operator has seen it')
  t.deepEqual([...(await heldAlarms(store.db))], [[key, alarm.text]])
  t.false(await store.write((transaction) => endAlarm(transaction, key, 5)))
  t.is((await heldAlarms(store.db)).size, 0)
  t.true(await hold(6))
  t.like((await openAlarms(store.db))[0], { times: 2, last: 6 })
})

onEach(
  'an alarm about several hosts has all of them; when they are fewer it says so, uncounted, and when it is not open it does not',
  async (t, place) => {
    const store = await storeAt(t, place)
    const failed = { kind: 'connection-failed', about: 'c1', hosts: ['a', 'b', 'c'], text: 'three hosts' } as const
    await store.write((transaction) => raiseAlarm(transaction, 1, failed))
    t.like((await openAlarms(store.db))[0], { host: null, hosts: ['a', 'b', 'c'] })
    t.true(await store.write((transaction) => restateAlarm(transaction, { ...failed, hosts: ['b'], text: 'one host' })))
    const [open] = await openAlarms(store.db)
    t.like(open, { host: 'b', text: 'one host', times: 1, last: 1 })
    t.is(open?.hosts, undefined)
    t.deepEqual(open && hostsOf(open), ['b'])
    await store.write((transaction) => clearAlarm(transaction, 'connection-failed c1', 2, 'manager'))
    t.false(await store.write((transaction) => restateAlarm(transaction, failed)))
  },
)

onEach('what a person has acknowledged is kept with who and what they said, until it ends or happens again', async (t, place) => {
  const store = await storeAt(t, place)
  const clear = (key: string, who: string, comment?: string) => store.write((transaction) => clearAlarm(transaction, key, 2, who, comment))
  await store.write((transaction) => holdAlarm(transaction, 1, alarm))
  await store.write((transaction) => raiseAlarm(transaction, 1, { kind: 'host-state', about: 'a', text: 'lost' }))
  await clear('shared-uuid x', 'user ada', 'its board is changed on Friday')
  await clear('host-state a', 'manager')
  t.deepEqual(
    (await acknowledgedAlarms(store.db, 10)).map(({ key, acknowledged }) => [key, acknowledged]),
    [['shared-uuid x', { who: 'user ada', at: 2, comment: 'its board is changed on Friday' }]],
  )
  t.like((await noticesBehind(store.db, 0)).at(-2), {
    state: 'resolved',
    text: 'cleared by user ada (its board is changed on Friday): two hosts have it',
  })
  await store.write((transaction) => endAlarm(transaction, 'shared-uuid x', 3))
  t.deepEqual(await acknowledgedAlarms(store.db, 10), [])
  await store.write((transaction) => holdAlarm(transaction, 4, { ...alarm, hosts: ['a', 'b'] }))
  t.deepEqual([...(await heldAlarms(store.db)).values()], [wordsOf({ text: alarm.text, hosts: ['a', 'b'] })])
  t.is((await openAlarms(store.db))[0]?.acknowledged, undefined)
})

onEach('what many hosts could not log in to before becomes one alarm of them all', async (t, place) => {
  const old = await openStore(dialectOf(place, undefined), { steps: MIGRATIONS.slice(0, 23) })
  const row = (key: string, host: string, raised: number, cleared: number | null) => ({
    ...{
      key: `connection-failed ${key}`,
      kind: 'connection-failed',
      host,
      text: `${host} is not logged in`,
      raised,
      last: raised + 5,
      times: 2,
    },
    ...{ cleared, cleared_by: cleared === null ? null : 'user ada' },
  })
  const rows = [row('c1 a', 'a', 1, null), row('c1 b', 'b', 2, null), row('c1 c', 'c', 3, 4), row('c2 a', 'a', 5, null)]
  // As the columns were then.
  await old.write(async (transaction) => {
    for (const one of rows)
      await sql`insert into alarms ${sql.raw('(key, kind, host, text, raised, last, times, cleared, cleared_by)')} values (${sql.join(Object.values(one))})`.execute(
        transaction,
      )
  })
  await old.close()
  const store = await storeAt(t, place)
  const told = (await openAlarms(store.db)).map((one) => ({
    key: one.key,
    hosts: hostsOf(one),
    times: one.times,
    raised: one.raised,
    last: one.last,
  }))
  t.deepEqual(told, [
    { key: 'connection-failed c2', hosts: ['a'], times: 2, raised: 5, last: 10 },
    { key: 'connection-failed c1', hosts: ['a', 'b'], times: 4, raised: 1, last: 7 },
  ])
})

onEach(
  'what a person has acknowledged of some hosts is open anew, and told, when another one joins them; not when one leaves',
  async (t, place) => {
    const store = await storeAt(t, place)
    const failed = { kind: 'path-failed', about: 'portal 10.0.0.5:3260' } as const
    const hold = (at: number, ids: readonly string[]) =>
      store.write((transaction) =>
        holdAlarm(transaction, at, { ...failed, ...(ids.length > 1 ? { hosts: ids } : { host: ids[0] ?? '' }), text: ids.join(' ') }),
      )
    t.true(await hold(1, ['a']))
    t.true(await hold(2, ['a', 'b']))
    t.like((await openAlarms(store.db))[0], { hosts: ['a', 'b'], times: 1 }, 'the same alarm')
    const key = 'path-failed portal 10.0.0.5:3260'
    await store.write((transaction) => clearAlarm(transaction, key, 3, 'user alice', 'the switch is changed'))
    t.false(await hold(4, ['a']), 'fewer')
    t.deepEqual(await openAlarms(store.db), [])
    t.true(await hold(5, ['a', 'c']))
    t.like((await openAlarms(store.db))[0], { hosts: ['a', 'c'], times: 2, last: 5 })
    const told = (await noticesBehind(store.db, 0)).map(({ state, text }) => [state, text])
    t.deepEqual(told.at(-1), ['raised', 'a c'])
  },
)
