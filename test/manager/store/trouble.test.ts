import test from 'ava'
import { sql } from 'kysely'
import { openPool } from '../../../manager/hosts/service.ts'
import { openStore } from '../../../manager/store/database.ts'
import { sqlite } from '../../../manager/store/dialects/sqlite.ts'
import { watchStore } from '../../../manager/store/trouble.ts'
import { collectingLog } from '../../appliance/wire/collecting-log.ts'

test('a store that is full says so from the first write that fails to the first that does not, and is an alarm as long', async (t) => {
  const opened = await openStore(sqlite(':memory:'))
  t.teardown(() => opened.close())
  const told: string[] = []
  const clock = { now: 5 }
  const store = watchStore(opened, { place: '/data', now: () => clock.now, onChange: (trouble) => told.push(trouble?.text ?? 'well') })
  const pool = await openPool({
    store,
    trouble: () => store.trouble(),
    now: () => clock.now,
    elapsed: () => 0,
    lostAfter: 1,
    log: collectingLog().log,
  })
  const write = () =>
    store.write((transaction) =>
      transaction
        .insertInto('settings')
        .values({ key: `${Math.random()}`, value: 'x'.repeat(100_000) })
        .execute(),
    )
  await write()
  await sql`pragma max_page_count = 1`.execute(store.db)
  for (const now of [6, 7]) {
    clock.now = now
    await t.throwsAsync(write(), { any: true, code: 'SQLITE_FULL' })
  }
  const [alarm, ...others] = await pool.alarms()
  t.deepEqual([alarm?.kind, alarm?.raised, alarm?.last, others], ['store-trouble', 6, 7, []])
  t.regex(alarm?.text ?? '', /^\/data: the disk is full, nothing is acknowledged to hosts until there is room/)

  await sql`pragma max_page_count = 100000`.execute(store.db)
  await write()
  t.deepEqual(await pool.alarms(), [])
  t.deepEqual([told.length, told[1]], [2, 'well'])
})

test('a change that is wrong by itself is no trouble of the disk', async (t) => {
  const opened = await openStore(sqlite(':memory:'))
  t.teardown(() => opened.close())
  const store = watchStore(opened, { place: '/data', now: () => 0, onChange: () => t.fail() })
  await t.throwsAsync(store.write(async () => Promise.reject(new Error('halfway'))))
  t.is(store.trouble(), undefined)
})
