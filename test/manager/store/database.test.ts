import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type Kysely, sql } from 'kysely'
import { keepAuthority, keepSiteSecret } from '../../../manager/store/authority.ts'
import { openStore, type Store } from '../../../manager/store/database.ts'
import { backup, copyBeforePath, databasePath, lockData, restore } from '../../../manager/store/files.ts'
import { addHistory, historyOf } from '../../../manager/store/history.ts'
import { addHost, allHosts } from '../../../manager/store/hosts.ts'
import { MIGRATIONS } from '../../../manager/store/migrations.ts'
import type { Tables } from '../../../manager/store/schema.ts'
import { nextEpoch } from '../../../manager/store/settings.ts'
import { type StoreDialect, sqlite } from '../../../manager/store/sqlite.ts'
import { dataDirFor } from '../site.ts'

/** A second dialect joins this list, and has the same tests. */
const DIALECTS: readonly { readonly name: string; readonly open: (folder: string) => StoreDialect }[] = [
  { name: 'SQLite', open: (folder) => sqlite(databasePath(folder)) },
]

const host = (id: string, name: string) => ({
  id,
  name,
  uuid: undefined,
  state: 'up',
  since: 1,
  groups: ['rack1'],
  notes: '',
  created: 1,
  attempt: undefined,
})

async function storeIn(t: ExecutionContext, dialect: StoreDialect): Promise<Store> {
  const store = await openStore(dialect)
  t.teardown(() => store.close())
  return store
}

for (const { name, open } of DIALECTS) {
  test(`${name}: a change is whole or not there, and one that fails takes none of those beside it along`, async (t) => {
    const store = await storeIn(t, open(await dataDirFor(t)))
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

  test(`${name}: history keeps its order, whatever the clock does`, async (t) => {
    const store = await storeIn(t, open(await dataDirFor(t)))
    for (const at of [5, 3, 9]) await store.write((transaction) => addHistory(transaction, 'a', { at, who: 'x', what: `at ${at}` }))
    t.deepEqual(
      (await historyOf(store.db, 'a', 2)).map(({ at }) => at),
      [9, 3],
    )
  })

  test(`${name}: epochs only grow`, async (t) => {
    const store = await storeIn(t, open(await dataDirFor(t)))
    t.is(await store.write((transaction) => nextEpoch(transaction)), 1)
    t.is(await store.write((transaction) => nextEpoch(transaction)), 2)
  })

  test(`${name}: a migration keeps what there is, a copy from before it, and all or nothing of itself`, async (t) => {
    const folder = await dataDirFor(t)
    const copyBefore = (version: number) => copyBeforePath(folder, version)
    const before = await openStore(open(folder), { copyBefore })
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
    await t.throwsAsync(openStore(open(folder), { steps: [...MIGRATIONS, add, fail] }), { message: 'power cut' })
    const after = await openStore(open(folder), { copyBefore, steps: [...MIGRATIONS, add] })
    t.is((await allHosts(after.db))[0]?.name, 'node01')
    await after.close()
    const copy = await openStore(sqlite(copyBefore(MIGRATIONS.length)))
    t.is((await allHosts(copy.db)).length, 1)
    await copy.close()
    await t.throwsAsync(openStore(open(folder)), {
      message: new RegExp(`has schema ${MIGRATIONS.length + 1}, this hostless knows up to ${MIGRATIONS.length}: start the newer hostless`),
    })
  })
}

test('backup and restore bring back hosts and keys, for the owner only, with epochs beyond all that were heard', async (t) => {
  const [from, to] = [await dataDirFor(t), await dataDirFor(t)]
  const file = join(await dataDirFor(t), 'backup')
  const authority = await keepAuthority(from)
  const secret = await keepSiteSecret(from)
  const store = await openStore(sqlite(databasePath(from)))
  await store.write((transaction) => addHost(transaction, host('a', 'node01')))
  await store.write((transaction) => nextEpoch(transaction))
  await backup(from, file)
  await store.write((transaction) => addHost(transaction, host('b', 'node02')))
  await store.close()
  t.is((await stat(file)).mode & 0o777, 0o600)
  await t.throwsAsync(backup(from, file), { message: /is there already/ })

  for (const target of [to, from]) {
    await restore(target, file)
    t.is((await keepAuthority(target)).pem, authority.pem)
    t.is(await keepSiteSecret(target), secret)
    const restored = await openStore(sqlite(databasePath(target)))
    t.deepEqual(
      (await allHosts(restored.db)).map(({ id }) => id),
      ['a'],
    )
    t.true((await restored.write((transaction) => nextEpoch(transaction))) > 1_000_000)
    await restored.close()
  }
  t.true((await readdir(from)).includes('manager.db.replaced'))
})

test('restore refuses what is no backup, and a data directory that a manager works on', async (t) => {
  const folder = await dataDirFor(t)
  await writeFile(join(folder, 'text'), 'x'.repeat(9000))
  await t.throwsAsync(restore(folder, join(folder, 'text')), { message: /is damaged, or no backup/ })
  const other = await openStore(sqlite(join(folder, 'other.db')))
  await other.close()
  await t.throwsAsync(restore(folder, join(folder, 'other.db')), { message: /is no backup of hostless/ })
  const unlock = lockData(folder)
  await t.throwsAsync(restore(folder, join(folder, 'other.db')), { message: /another hostless manager works on/ })
  unlock()
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
