import test, { type ExecutionContext } from 'ava'
import pg from 'pg'
import { placeOf } from '../../../../manager/store/dialects/postgres.ts'
import { openData, visitData } from '../../../../manager/store/open.ts'
import { addHistory, historyOf } from '../../../../manager/store/tables/history.ts'
import { collectingLog } from '../../../appliance/wire/collecting-log.ts'
import { dataDirFor, until } from '../../site.ts'
import { DATABASES, storeAt } from '../dialects.ts'
import { PostgresServer, sharedPostgres } from './postgres-server.ts'

const { log } = collectingLog()
const entry = (what: string) => ({ at: 1, who: 'x', what })

const freshPlace = async (t: ExecutionContext) => ({ dataDir: await dataDirFor(t), database: await DATABASES.PostgreSQL() })

test('connections that are lost are opened again, and nothing that was acknowledged is lost', async (t) => {
  const place = await freshPlace(t)
  const [store, server] = [await storeAt(t, place), await sharedPostgres()]
  const kept: string[] = []
  const refused: unknown[] = []
  for (let round = 0; round < 5; round += 1) {
    const writes = Array.from({ length: 40 }, (_, index) => `${round}.${index}`).map((what) =>
      store
        .write((transaction) => addHistory(transaction, 'a', entry(what)))
        .then(
          () => void kept.push(what),
          (error: unknown) => void refused.push(error),
        ),
    )
    await server.disconnectAll(place.database)
    await Promise.all(writes)
  }
  await until('writes are taken again', () =>
    store
      .write((transaction) => addHistory(transaction, 'a', entry('last')))
      .then(
        () => true,
        () => false,
      ),
  )
  const found = (await historyOf(store.db, 'a', 1000)).map(({ what }) => what)
  t.is(new Set(found).size, found.length, 'nothing twice')
  t.deepEqual(
    kept.filter((what) => !found.includes(what)),
    [],
  )
  for (const error of refused) t.regex(String(error), /the connection to the PostgreSQL database .* was lost|cannot be reached/)
})

test('while PostgreSQL is down each write says so, and when it is back the manager goes on and holds its lock', async (t) => {
  const server = new PostgresServer()
  await server.start()
  t.teardown(() => server.stop())
  const place = { dataDir: await dataDirFor(t), database: await server.newDatabase() }
  const { log: collecting, lines } = collectingLog()
  const store = await openData(place, collecting)
  t.teardown(() => store.close())
  await store.write((transaction) => addHistory(transaction, 'a', entry('before')))
  await server.stop()
  for (let times = 0; times < 3; times += 1) {
    const writes = Array.from({ length: 50 }, () => store.write((transaction) => addHistory(transaction, 'a', entry('lost'))))
    for (const result of await Promise.allSettled(writes)) {
      t.is(result.status, 'rejected')
      if (result.status === 'rejected') t.regex(String(result.reason), /PostgreSQL database test_\w+ on \S+ (cannot be reached|was lost)/)
    }
  }
  await t.throwsAsync(historyOf(store.db, 'a', 1), { message: /cannot be reached: is PostgreSQL running/ })
  await server.start()
  await store.write((transaction) => addHistory(transaction, 'a', entry('after')))
  t.deepEqual(
    (await historyOf(store.db, 'a', 9)).map(({ what }) => what),
    ['after', 'before'],
  )
  await until('the lock is held again', async () => lines.some(({ message }) => message.includes('is held again')))
  await t.throwsAsync(openData(place, log), { message: /another hostless manager works on the PostgreSQL database/ })
})

test('a manager whose lock another one got while the connection was lost changes nothing any more', async (t) => {
  const place = await freshPlace(t)
  const first = await storeAt(t, place)
  const server = await sharedPostgres()
  await server.disconnectAll(place.database)
  const second = await storeAt(t, place) // before the first one asks again, a second later
  await until('the first is refused', () =>
    first
      .write((transaction) => addHistory(transaction, 'a', entry('stale')))
      .then(
        () => false,
        (error: unknown) => /another hostless manager has taken over the PostgreSQL database/.test(String(error)),
      ),
  )
  t.deepEqual(await historyOf(second.db, 'a', 9), [])
  await second.write((transaction) => addHistory(transaction, 'a', entry('new')))
})

test('a command that came while the connection was lost takes nothing over', async (t) => {
  const place = await freshPlace(t)
  const manager = await storeAt(t, place)
  const server = await sharedPostgres()
  await server.disconnectAll(place.database)
  const visit = await visitData(place, log)
  await visit.write((transaction) => addHistory(transaction, 'a', entry('visit')))
  await visit.close()
  await until('the manager writes again', () =>
    manager
      .write((transaction) => addHistory(transaction, 'a', entry('manager')))
      .then(
        () => true,
        (error: unknown) => /taken over/.test(String(error)),
      ),
  )
  t.true((await historyOf(manager.db, 'a', 9)).some(({ what }) => what === 'manager'))
})

test('a server that is not there is said so at the start, without the password', async (t) => {
  const place = { dataDir: await dataDirFor(t), database: 'postgres://alice:hunter2@127.0.0.1:1/hostless' }
  const error = await t.throwsAsync(openData(place, log), { message: /PostgreSQL database hostless on 127.0.0.1:1 cannot be reached/ })
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) t.notRegex(`${cause.message}${cause.stack}`, /hunter2/)
})

test('placeOf shows where a database is, and no password however it is given', (t) => {
  for (const url of ['postgres://alice:hunter2@db:5433/pool', 'postgresql://db:5433/pool?user=alice&password=hunter2']) {
    t.is(placeOf(url), 'PostgreSQL database pool on db:5433')
  }
  t.is(placeOf('postgres://alice@/pool?host=/run/postgresql'), 'PostgreSQL database pool on /run/postgresql')
  for (const url of ['postgres://[::1/x', 'postgres://a:hunter2@h:99999999/x']) {
    t.notRegex(t.throws(() => placeOf(url)).message, /hunter2/)
  }
})

test('numbers come back as numbers, from counts too', async (t) => {
  const place = await freshPlace(t)
  const store = await storeAt(t, place)
  const at = 1_795_000_000_123
  await store.write((transaction) => addHistory(transaction, 'a', { ...entry('x'), at }))
  const row = await store.db
    .selectFrom('history')
    .select(({ fn }) => [fn.countAll().as('count'), fn.max('at').as('max'), 'seq'])
    .groupBy('seq')
    .executeTakeFirst()
  t.deepEqual(row, { count: 1, max: at, seq: 1 })
  t.is((await new pg.Client(place.database)).database?.startsWith('test_'), true)
})
