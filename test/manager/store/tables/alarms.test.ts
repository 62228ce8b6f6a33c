import { clearAlarm, endAlarm, heldAlarms, holdAlarm, openAlarms, raiseAlarm } from '../../../../manager/store/tables/alarms.ts'
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
