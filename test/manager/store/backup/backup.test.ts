import { readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import Database from 'better-sqlite3'
import { backup, restore } from '../../../../manager/store/backup/backup.ts'
import { openStore, type Store } from '../../../../manager/store/database.ts'
import { sqlite } from '../../../../manager/store/dialects/sqlite.ts'
import { keepAuthority, keepSiteSecret } from '../../../../manager/store/keys/authority.ts'
import { MIGRATIONS } from '../../../../manager/store/migrations/steps.ts'
import { type DataPlace, dialectOf, openData } from '../../../../manager/store/open.ts'
import type { Tables } from '../../../../manager/store/schema.ts'
import { addHistory, historyOf } from '../../../../manager/store/tables/history.ts'
import { saveMacs } from '../../../../manager/store/tables/host-macs.ts'
import { addHost, allHosts } from '../../../../manager/store/tables/hosts.ts'
import { nextEpoch } from '../../../../manager/store/tables/settings.ts'
import { collectingLog } from '../../../appliance/wire/collecting-log.ts'
import { accessAt, PASSWORD, value } from '../../access/site.ts'
import { hostIn } from '../../hosts/conditions.ts'
import { dataDirFor } from '../../site.ts'
import { DATABASES, onEach, storeAt } from '../dialects.ts'
import { addOldHost } from '../old-hosts.ts'

const { log } = collectingLog()
const TABLES = [
  'hosts',
  'host_macs',
  'history',
  'users',
  'tokens',
  'sessions',
  'audit',
  'connections',
  'scans',
] as const satisfies readonly (keyof Tables)[]

const host = (id: string, name: string) => ({
  id,
  name,
  uuid: undefined,
  ...hostIn('up'),
  since: 1_700_000_000_000,
  groups: ['rack1', 'räck “2”'],
  notes: '',
  created: 1,
  attempt: undefined,
})

const freshPlace = async (t: ExecutionContext, database: () => Promise<string>): Promise<DataPlace> => ({
  dataDir: await dataDirFor(t),
  database: await database(),
})

async function rowsOf(store: Store): Promise<unknown> {
  const rows = await Promise.all(TABLES.map((table) => store.db.selectFrom(table).selectAll().execute()))
  return rows.map((each) => each.map((row) => JSON.stringify(row, Object.keys(row).sort())).sort())
}

for (const [from, databaseFrom] of Object.entries(DATABASES)) {
  for (const [to, databaseTo] of Object.entries(DATABASES)) {
    test(`a backup of ${from}, made while the manager writes, restores into ${to}`, async (t) => {
      const [source, target] = [await freshPlace(t, databaseFrom), await freshPlace(t, databaseTo)]
      const file = join(await dataDirFor(t), 'backup')
      const [authority, secret] = [await keepAuthority(source.dataDir), await keepSiteSecret(source.dataDir)]
      const { access, store } = await accessAt(t, source)
      await store.write((transaction) => addHost(transaction, host('a', 'node01')))
      await store.write((transaction) => saveMacs(transaction, 'a', '52:54:00:00:00:01', ['52:54:00:00:00:02']))
      await store.write((transaction) => nextEpoch(transaction))
      value(await access.addUser('alice', PASSWORD, 'admin'))
      const token = value(await access.issueToken('alice', { label: 'ci', days: 10_000 }))
      for (let index = 0; index < 450; index += 1) {
        void store.write((transaction) => addHistory(transaction, 'a', { at: index, who: 'x', what: `${index}` }))
      }
      await access.audit({ who: 'alice', peer: '', what: 'x' })
      const before = await rowsOf(store)
      const [, late] = await Promise.all([
        backup(source, file),
        store.write((transaction) => addHistory(transaction, 'late', { at: 1, who: 'x', what: 'y' })),
      ])
      t.is(late, undefined)
      t.is((await stat(file)).mode & 0o777, 0o600)
      await t.throwsAsync(backup(source, file), { message: /is there already/ })
      await store.close()

      for (const place of [target, source]) {
        await restore(place, file, log, { yes: true })
        t.is((await keepAuthority(place.dataDir)).pem, authority.pem)
        t.is(await keepSiteSecret(place.dataDir), secret)
        t.false((await readdir(place.dataDir)).some((name) => name.includes('unfinished')))
        const restored = await accessAt(t, place)
        await restored.store.write((transaction) => transaction.deleteFrom('history').where('host', '=', 'late').execute())
        t.deepEqual(await rowsOf(restored.store), before)
        t.true((await restored.store.write((transaction) => nextEpoch(transaction))) > 1_000_000)
        t.like(await restored.access.byToken(token.secret), { user: 'alice', role: 'admin' })
        t.true((await restored.access.auditTrail(1)).intact)
        await restored.access.audit({ who: 'alice', peer: '', what: 'goes on' })
        await restored.store.write((transaction) => addHistory(transaction, 'a', { at: 1, who: 'x', what: 'goes on' }))
        await restored.store.close()
      }
      t.true((await readdir(source.dataDir)).includes('manager.db.replaced'))
      const replaced = await openStore(sqlite(join(source.dataDir, 'manager.db.replaced')))
      t.is((await historyOf(replaced.db, 'late', 10)).length, 1)
      await replaced.close()
    })
  }
}

onEach('a backup of an older hostless is brought up to date when the manager starts', async (t, place) => {
  const old = { dataDir: await dataDirFor(t), database: 'sqlite' }
  await Promise.all([keepAuthority(old.dataDir), keepSiteSecret(old.dataDir)])
  const first = await openStore(dialectOf(old, undefined), { steps: MIGRATIONS.slice(0, 1) })
  await addOldHost(first, { id: 'a', state: 'up' })
  await first.close()
  const file = join(old.dataDir, 'backup')
  await backup(old, file)
  const now = await storeAt(t, place)
  await now.write((transaction) => addHost(transaction, host('b', 'node02')))
  await now.close()
  await restore(place, file, log, { yes: true })
  const { access, store } = await accessAt(t, place)
  t.deepEqual(
    (await allHosts(store.db)).map(({ name }) => name),
    ['node-a'],
  )
  value(await access.addUser('alice', PASSWORD, 'admin'))
  t.true((await readdir(place.dataDir)).includes('manager.db.schema-1'))
})

onEach('restore refuses what is no backup of hostless, and changes nothing', async (t, place) => {
  const folder = await dataDirFor(t)
  const source = { dataDir: folder, database: 'sqlite' }
  await Promise.all([keepAuthority(folder), keepSiteSecret(folder)])
  await (await openData(source, log)).close()
  const store = await storeAt(t, place)
  await store.write((transaction) => addHost(transaction, host('a', 'node01')))
  const at = (name: string) => join(folder, name)
  await backup(source, at('good'))
  await t.throwsAsync(restore(place, at('good'), log), { message: /another hostless manager works on .*: stop it first/ })
  await store.close()

  await writeFile(at('text'), 'x'.repeat(9000))
  await (await openStore(sqlite(at('bare')))).close()
  const tampered = async (name: string, statement: string) => {
    await backup(source, at(name))
    const database = new Database(at(name))
    database.exec(statement)
    database.close()
  }
  await tampered('keyless', "DELETE FROM backup_keys WHERE name = 'site.key'")
  await tampered('newer', "UPDATE settings SET value = '99' WHERE key = 'schema'")
  for (const [name, message] of [
    ['text', /is damaged, or no backup/],
    ['bare', /is no backup of hostless/],
    ['keyless', /lacks keys: it is no whole backup/],
    ['newer', /is of a newer hostless, with schema 99: restore it with that/],
    ['absent', /absent/],
  ] as const) {
    await t.throwsAsync(restore(place, at(name), log), { message })
  }
  const after = await storeAt(t, place)
  t.is((await allHosts(after.db)).length, 1)
})

test('what cannot be loaded into PostgreSQL leaves what is there, keys too', async (t) => {
  const source = await freshPlace(t, DATABASES.SQLite)
  const place = await freshPlace(t, DATABASES.PostgreSQL)
  for (const { dataDir } of [source, place]) await Promise.all([keepAuthority(dataDir), keepSiteSecret(dataDir)])
  await (await openData(source, log)).close()
  const file = join(source.dataDir, 'backup')
  await backup(source, file)
  const database = new Database(file)
  database.exec("INSERT INTO users (name, role, password, created) VALUES ('alice', 'admin', 'x', 'not a number')")
  database.close()
  const store = await storeAt(t, place)
  await store.write((transaction) => addHost(transaction, host('a', 'node01')))
  await store.close()
  const secret = await keepSiteSecret(place.dataDir)
  await t.throwsAsync(restore(place, file, log, { yes: true }), { message: /not a number/ })
  t.is(await keepSiteSecret(place.dataDir), secret)
  const after = await storeAt(t, place)
  t.is((await allHosts(after.db)).length, 1)
})

test('there is nothing to back up where no manager has run', async (t) => {
  const place = await freshPlace(t, DATABASES.SQLite)
  await t.throwsAsync(backup(place, join(place.dataDir, 'backup')), { message: /nothing to back up/ })
  const remote = await freshPlace(t, DATABASES.PostgreSQL)
  await Promise.all([keepAuthority(remote.dataDir), keepSiteSecret(remote.dataDir)])
  await t.throwsAsync(backup(remote, join(remote.dataDir, 'backup')), { message: /nothing to copy/ })
})
