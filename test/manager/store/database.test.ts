import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { type Kysely, sql } from 'kysely'
import { type OpenOptions, openStore, type Store } from '../../../manager/store/database.ts'
import { sqlite } from '../../../manager/store/dialects/sqlite.ts'
import { copyBeforePath } from '../../../manager/store/files.ts'
import { keepAuthority, keepSiteSecret } from '../../../manager/store/keys/authority.ts'
import { MIGRATIONS } from '../../../manager/store/migrations/steps.ts'
import { dialectOf, openData, visitData } from '../../../manager/store/open.ts'
import type { Tables } from '../../../manager/store/schema.ts'
import { addHistory, historyOf } from '../../../manager/store/tables/history.ts'
import { addHost, allHosts } from '../../../manager/store/tables/hosts.ts'
import { nextEpoch } from '../../../manager/store/tables/settings.ts'
import { countLocalUsers } from '../../../manager/store/tables/users.ts'
import { collectingLog } from '../../appliance/wire/collecting-log.ts'
import { hostIn } from '../hosts/conditions.ts'
import { dataDirFor } from '../site.ts'
import { onEach, storeAt } from './dialects.ts'
import { addOldHost } from './old-hosts.ts'

const { log } = collectingLog()

const host = (id: string, name: string) => ({
  id,
  name,
  uuid: undefined,
  ...hostIn('up'),
  since: 1,
  groups: ['rack1'],
  notes: '',
  created: 1,
  attempt: undefined,
})

onEach('a change is whole or not there, and one that fails takes none of those beside it along', async (t, place) => {
  const store = await storeAt(t, place)
  const results = await Promise.allSettled([
    store.write((transaction) => addHost(transaction, host('a', 'node01'))),
    store.write(async (transaction) => {
      await addHost(transaction, host('b', 'node02'))
      throw new Error('halfway')
    }),
    store.write((transaction) => addHost(transaction, host('c', 'node01'))),
    store.write((transaction) => addHost(transaction, host('d', 'node04'))),
  ])
  t.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
  )
  t.deepEqual(
    (await allHosts(store.db)).map(({ id }) => id),
    ['a', 'd'],
  )
})

onEach('history keeps its order, whatever the clock does', async (t, place) => {
  const store = await storeAt(t, place)
  for (const at of [5, 3, 9]) await store.write((transaction) => addHistory(transaction, 'a', { at, who: 'x', what: `at ${at}` }))
  t.deepEqual(
    (await historyOf(store.db, 'a', 2)).map(({ at }) => at),
    [9, 3],
  )
})

onEach('epochs only grow', async (t, place) => {
  const store = await storeAt(t, place)
  t.is(await store.write((transaction) => nextEpoch(transaction)), 1)
  t.is(await store.write((transaction) => nextEpoch(transaction)), 2)
})

onEach('a migration keeps what there is, a copy from before it, and all or nothing of itself', async (t, place) => {
  const folder = place.dataDir
  const open = (options: OpenOptions = {}) => openStore(dialectOf(place, undefined), options)
  const copyBefore = (version: number) => copyBeforePath(folder, version)
  const before = await open({ copyBefore })
  await before.write((transaction) => addHost(transaction, host('a', 'node01')))
  await before.close()
  t.deepEqual(
    (await readdir(folder)).filter((file) => file.includes('schema')),
    [],
    'nothing to copy before the first',
  )

  const add = async (db: Kysely<Tables>) => void (await sql`ALTER TABLE hosts ADD COLUMN rack TEXT`.execute(db))
  const fail = async () => {
    throw new Error('power cut')
  }
  await t.throwsAsync(open({ steps: [...MIGRATIONS, add, fail] }), { message: 'power cut' })
  const copied = copyBefore(MIGRATIONS.length)
  const after = await open({ copyBefore, steps: [...MIGRATIONS, add] })
  t.is((await allHosts(after.db))[0]?.name, 'node01')
  await after.close()
  t.is((await stat(copied)).mode & 0o777, 0o600)
  const copy = await openStore(sqlite(copied))
  t.is((await allHosts(copy.db)).length, 1)
  await copy.close()
  const [newer, known] = [MIGRATIONS.length + 1, MIGRATIONS.length]
  await t.throwsAsync(open(), { message: new RegExp(`has schema ${newer}, this hostless knows up to ${known}: start the newer hostless`) })
})

onEach('one manager at a time; a command may come beside it, and writes too', async (t, place) => {
  const store = await storeAt(t, place)
  await t.throwsAsync(openData(place, log), { message: /another hostless manager works on .*: stop it first/ })
  const beside = await visitData(place, log)
  t.teardown(() => beside.close())
  const from = (each: Store) => each.write((transaction) => addHistory(transaction, 'a', { at: 1, who: 'x', what: 'y' }))
  for (let index = 0; index < 20; index += 1) await Promise.all([from(store), from(store)]).then(() => from(beside))
  t.is((await historyOf(store.db, 'a', 100)).length, 60)
})

onEach('the second step finds the data of the first', async (t, place) => {
  const old = await openStore(dialectOf(place, undefined), { steps: MIGRATIONS.slice(0, 1) })
  await addOldHost(old, { id: 'a', state: 'up' })
  await old.close()
  const store = await storeAt(t, place)
  t.is((await allHosts(store.db)).length, 1)
  t.is(await countLocalUsers(store.db), 0)
  t.true((await readdir(place.dataDir)).includes('manager.db.schema-1'))
})

onEach('what was copied before an upgrade that was cut short keeps no manager from starting, and is not written over', async (t, place) => {
  const old = await openStore(dialectOf(place, undefined), { steps: MIGRATIONS.slice(0, 1) })
  await addOldHost(old, { id: 'a', state: 'up' })
  await old.close()
  const copy = join(place.dataDir, 'manager.db.schema-1')
  await writeFile(copy, 'half of it')
  const store = await storeAt(t, place)
  t.is((await allHosts(store.db)).length, 1)
  t.is(await readFile(copy, 'utf8'), 'half of it')
  t.true((await stat(`${copy}.2`)).size > 4096)
})

test('an SQLite database can be read by its owner only, one that an older hostless made, too', async (t) => {
  const file = join(await dataDirFor(t), 'manager.db')
  await writeFile(file, '', { mode: 0o644 })
  const store = await openStore(sqlite(file))
  t.teardown(() => store.close())
  await store.write((transaction) => nextEpoch(transaction))
  for (const name of [file, `${file}-wal`, `${file}-shm`]) t.is((await stat(name)).mode & 0o777, 0o600, name)
})

test('a key that others can read, and a certificate without its key, are refused', async (t) => {
  const folder = await dataDirFor(t)
  await mkdir(join(folder, 'keys'))
  await writeFile(join(folder, 'keys/site.key'), 'x', { mode: 0o644 })
  await t.throwsAsync(keepSiteSecret(folder), { message: /can be read by others \(mode 644\): chmod 600/ })
  const [one, two] = [await dataDirFor(t), await dataDirFor(t)]
  const { pem } = await keepAuthority(one)
  await mkdir(join(two, 'keys'))
  await writeFile(join(two, 'keys/manager-ca.pem'), pem)
  await t.throwsAsync(keepAuthority(two), { message: /is not for the key beside it/ })
})

test('the keys, and the database with what lies beside it, are closed to others, those that an older hostless left open too', async (t) => {
  const dataDir = await dataDirFor(t)
  const keys = join(dataDir, 'keys')
  await mkdir(keys, { mode: 0o755 })
  const beside = ['', '-wal', '-shm'].map((suffix) => join(dataDir, `manager.db${suffix}`))
  await (await openData({ dataDir, database: 'sqlite' }, log)).close()
  await Promise.all(beside.map((path) => writeFile(path, '', { flag: 'a' }).then(() => chmod(path, 0o644))))
  await keepSiteSecret(dataDir)
  const store = await openData({ dataDir, database: 'sqlite' }, log)
  const modes = await Promise.all([keys, ...beside].map(async (path) => (await stat(path)).mode & 0o777))
  await store.close()
  t.deepEqual(modes, [0o700, 0o600, 0o600, 0o600])
})
