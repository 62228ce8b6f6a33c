import { readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import Database from 'better-sqlite3'
import { type HostState, stateOf } from '../../../../manager/protocol/host.ts'
import { mac as macSchema } from '../../../../manager/protocol/values.ts'
import { backup, restore } from '../../../../manager/store/backup/backup.ts'
import { checkBackup, copyRows } from '../../../../manager/store/backup/file.ts'
import { beginRestore, draftKey, draftPath } from '../../../../manager/store/backup/restoring.ts'
import { homeless } from '../../../../manager/store/backup/users-of-now.ts'
import { keepAuthority, keepSiteSecret } from '../../../../manager/store/keys/authority.ts'
import { keepSealer } from '../../../../manager/store/keys/sealing.ts'
import { type DataPlace, openData } from '../../../../manager/store/open.ts'
import { attemptById, saveAttempt, spendToken } from '../../../../manager/store/tables/attempts.ts'
import { certificateOf, revokeCertificates, saveCertificate } from '../../../../manager/store/tables/certificates.ts'
import { saveMacs } from '../../../../manager/store/tables/host-macs.ts'
import { addHost, allHosts, updateHost } from '../../../../manager/store/tables/hosts.ts'
import { nextEpoch } from '../../../../manager/store/tables/settings.ts'
import { collectingLog } from '../../../appliance/wire/collecting-log.ts'
import { enrolled, PEER } from '../../access/second-factor/enrolled.ts'
import { accessAt, PASSWORD, value } from '../../access/site.ts'
import { hostIn } from '../../hosts/conditions.ts'
import { dataDirFor } from '../../site.ts'
import { DATABASES, onEach } from '../dialects.ts'

const { log } = collectingLog()
const host = (id: string, name: string, state: HostState) => ({
  id,
  name,
  uuid: undefined,
  ...hostIn(state),
  since: 1,
  groups: [],
  notes: '',
  created: 1,
  attempt: undefined,
})

const ATTEMPT = { id: 'boot', mac: macSchema.parse('52:54:00:00:00:01'), address: '10.0.0.9', tokenHash: 'h', expires: 1e15 }

const withKeys = ({ dataDir }: DataPlace) => Promise.all([keepAuthority(dataDir), keepSiteSecret(dataDir), keepSealer(dataDir)])

async function sqlitePlace(t: ExecutionContext): Promise<DataPlace> {
  const place = { dataDir: await dataDirFor(t), database: 'sqlite' }
  await withKeys(place)
  return place
}

onEach('what was rejected, revoked or removed since the backup stays so when that is restored, and is said', async (t, place) => {
  await withKeys(place)
  const { access, store } = await accessAt(t, place)
  await store.write((transaction) => nextEpoch(transaction))
  await store.write(async (transaction) => {
    await addHost(transaction, host('a', 'node01', 'approved'))
    await saveMacs(transaction, 'a', '52:54:00:00:00:01', [])
    await saveCertificate(transaction, { fingerprint: 'f1', host: 'a', attempt: 'x', issued: 1, expires: 2 })
    await saveAttempt(transaction, ATTEMPT)
  })
  for (const [name, role] of [
    ['alice', 'admin'],
    ['bob', 'viewer'],
    ['carol', 'operator'],
  ] as const) {
    value(await access.addUser(name, PASSWORD, role))
  }
  const [kept, revoked] = [
    value(await access.issueToken('alice', { label: 'kept', days: 10_000 })),
    value(await access.issueToken('alice', { label: 'x', days: 10_000 })),
  ]
  const session = await access.signIn('alice', PASSWORD, '10.0.0.1')
  const file = join(await dataDirFor(t), 'backup')
  await backup(place, file)
  const [admin] = [await access.byToken(kept.secret)]
  if (!admin) return t.fail()
  value(await access.revokeToken(revoked.id, admin))
  value(await access.removeUser('bob'))
  value(await access.changeUser('carol', { role: 'viewer', password: 'another twelve letters' }))
  await store.write(async (transaction) => {
    await updateHost(transaction, 'a', { trust: 'rejected', since: 5 })
    await revokeCertificates(transaction, 'a', 5, 'rejected')
    await spendToken(transaction, ATTEMPT.id, 5, 'key')
    await addHost(transaction, host('b', 'node02', 'rejected'))
    await saveMacs(transaction, 'b', '52:54:00:00:00:02', [])
  })
  await store.close()

  for (let time = 0; time < 2; time += 1) {
    const { stays: said } = await restore(place, file, log)
    for (const what of ['host node01 is rejected', '1 certificates of hosts', 'user bob is removed', 'user carol has', '1 tokens']) {
      t.true(
        said.some((line) => line.startsWith(what)),
        `${what} in ${said.join('; ')}`,
      )
    }
    const restored = await accessAt(t, place)
    t.deepEqual((await allHosts(restored.store.db)).map((one) => `${one.name} ${stateOf(one)}`).sort(), [
      'node01 rejected',
      'node02 rejected',
    ])
    t.like(await certificateOf(restored.store.db, 'f1'), { revoked: 5, reason: 'rejected' })
    t.like(
      await attemptById(restored.store.db, ATTEMPT.id),
      { spent: 5, spent_for: 'key' },
      'the token of a boot lets nobody in a second time',
    )
    t.is(await restored.access.byToken(revoked.secret), undefined)
    t.like(await restored.access.byToken(kept.secret), { user: 'alice' })
    if (session.kind === 'session') t.is(await restored.access.bySession(session.secret), undefined)
    t.deepEqual(
      (await restored.access.users()).map(({ name, role }) => `${name} ${role}`),
      ['alice admin', 'carol viewer'],
    )
    t.is((await restored.access.signIn('carol', PASSWORD, '10.0.0.2')).kind, 'refused')
    await restored.store.close()
  }
})

onEach(
  'who has a second factor or a narrower limit since the backup keeps it, and a code that was used since is no code',
  async (t, place) => {
    await withKeys(place)
    const sealing = { sealer: await keepSealer(place.dataDir) }
    const site = await accessAt(t, place, sealing)
    const { access } = site
    for (const [name, groups] of [
      ['alice', undefined],
      ['bob', undefined],
      ['carol', ['a', 'b']],
      ['dora', undefined],
    ] as const)
      value(await access.addUser(name, PASSWORD, name === 'alice' ? 'admin' : 'operator', groups))
    const dora = await enrolled(site, 'dora')
    const file = join(await dataDirFor(t), 'backup')
    await backup(place, file)
    const alice = await enrolled(site)
    value(await access.changeUser('bob', { groups: ['a'] }))
    value(await access.changeUser('carol', { groups: ['b', 'c'] }))
    const comeIn = async (one: typeof site, user: string, code: string) => {
      const halfway = await one.access.signIn(user, PASSWORD, PEER)
      return halfway.kind === 'code-wanted' ? (await one.access.signInWithCode(halfway.ticket, code, PEER)).kind : halfway.kind
    }
    const [used = '', unused = ''] = dora.recovery
    t.is(await comeIn(site, 'dora', used), 'session')
    await site.store.close()

    const { stays } = await restore(place, file, log)
    for (const what of [
      'user alice has the second factor',
      'user bob may act on',
      'user carol may act on',
      'user dora has the second factor',
    ])
      t.true(
        stays.some((line) => line.startsWith(what)),
        `${what} in ${stays.join('; ')}`,
      )
    const restored = await accessAt(t, place, sealing)
    restored.pass(site.clock.now - restored.clock.now + 60_000)
    t.deepEqual(
      (await restored.access.users()).map(({ name, groups }) => [name, groups]),
      [
        ['alice', undefined],
        ['bob', ['a']],
        ['carol', ['b']],
        ['dora', undefined],
      ],
    )
    t.is(await comeIn(restored, 'alice', alice.code(2)), 'session')
    t.is(await comeIn(restored, 'dora', used), 'refused')
    t.is(await comeIn(restored, 'dora', unused), 'session')
    await restored.store.close()
  },
)

test('what a backup of an older hostless has no place for is said before it is lost', (t) => {
  const user = {
    name: 'bob',
    role: 'operator',
    password: 'x',
    created: 1,
    limited_to: '["a"]',
    last_seen: null,
    issuer: null,
    subject: null,
  }
  const now = { users: [user], factors: [{ user: 'ann', sealed: 'x', confirmed: 1, last_step: null }], codes: [] }
  const both = new Set(['ann', 'bob'])
  t.is(homeless(now, 24, both), 'that "bob" may act on some groups alone, and the second factor of "ann"')
  t.is(homeless(now, 25, both), 'the second factor of "ann"')
  t.is(homeless(now, 26, both), undefined)
  t.is(homeless(now, 24, new Set(['bob'])), 'that "bob" may act on some groups alone', 'who was added since goes anyway')
  t.is(homeless({ ...now, users: [{ ...user, limited_to: null }], factors: [] }, 2, both), undefined)
})

test('where it cannot be told what was taken back since, restore says so and asks', async (t) => {
  const place = await sqlitePlace(t)
  await (await openData(place, log)).close()
  const file = join(place.dataDir, 'backup')
  await backup(place, file)
  await rm(join(place.dataDir, 'manager.db'))
  await t.throwsAsync(restore(place, file, log), { message: /cannot be told \(there is no .*manager.db\).*say --yes/i })
  await (await openData(place, log)).close()
  await t.throwsAsync(restore(place, file, log), { message: /did not go on from it.*say --yes/i })
  t.deepEqual((await readdir(place.dataDir)).sort(), ['backup', 'keys', 'manager.db', 'manager.lock'])
  t.deepEqual((await restore(place, file, log, { yes: true })).stays, [])
})

test('a bare machine: restore says what it would make and asks, and says what it has made', async (t) => {
  const place = await sqlitePlace(t)
  const { access, store } = await accessAt(t, place)
  value(await access.addUser('alice', PASSWORD, 'admin'))
  await store.write((transaction) => addHost(transaction, host('a', 'node01', 'approved')))
  await store.write((transaction) => addHost(transaction, host('b', 'node02', 'rejected')))
  await store.close()
  const file = join(await dataDirFor(t), 'backup')
  await backup(place, file)
  const bare = { dataDir: await dataDirFor(t), database: 'sqlite' }
  const makes = /a manager under authority (..:){7}..…, with 2 hosts \(1 trusted\), 1 user and 0 tokens/
  const asks = await t.throwsAsync(restore(bare, file, log))
  t.regex(asks?.message ?? '', /cannot be told \(there is no .*manager.db\).*say --yes/i)
  t.regex(asks?.message ?? '', makes)
  t.deepEqual((await readdir(bare.dataDir)).sort(), ['manager.lock'])
  const restored = await restore(bare, file, log, { yes: true })
  t.regex(restored.makes, makes)
  t.deepEqual(restored.stays, [])
  t.deepEqual((await readdir(bare.dataDir)).sort(), ['keys', 'manager.db', 'manager.lock'])
})

test('a backup with a view, a trigger, another table, an expression or keys that are none is refused, unread, and nothing is touched', async (t) => {
  const place = await sqlitePlace(t)
  const store = await openData(place, log)
  await store.write(async (transaction) => {
    const sealed = (await keepSealer(place.dataDir)).seal('c1', 'chap secret')
    await transaction
      .insertInto('connections')
      .values({
        id: 'c1',
        kind: 'iscsi',
        portal: 'x',
        target: null,
        groups: '[]',
        chap_user: 'u',
        chap_sealed: sealed,
        created: 1,
        created_by: 'a',
        ending: 0,
      })
      .execute()
  })
  await store.close()
  const before = [await readFile(join(place.dataDir, 'manager.db')), await readFile(join(place.dataDir, 'keys/site.key'))]
  const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)'
  const folder = await dataDirFor(t)
  for (const [statements, message] of [
    [`DROP TABLE settings; CREATE VIEW settings AS ${endless} SELECT 'schema' AS key, i AS value FROM n`, /no backup of hostless|the view/],
    [`CREATE VIEW anything AS ${endless} SELECT i FROM n`, /holds the view "anything"/],
    [`DROP TABLE scans; CREATE VIEW scans AS ${endless} SELECT i FROM n`, /holds the view "scans"/],
    ["CREATE TRIGGER t AFTER UPDATE ON settings BEGIN INSERT INTO users VALUES ('x', 'admin', '', 1, 1); END", /holds the trigger "t"/],
    ['CREATE TABLE other (x)', /holds the table "other"/],
    ['CREATE VIRTUAL TABLE other USING fts5(x)', /which no backup of hostless does/],
    ['CREATE INDEX slow ON hosts (hex(zeroblob(1000000)))', /holds the index "slow"/],
    ['ALTER TABLE hosts ADD COLUMN big AS (hex(zeroblob(1000000)))', /holds the table "hosts"/],
    ['DROP TABLE scans', /lacks the table scans/],
    ["UPDATE settings SET value = 'x' WHERE key = 'schema'", /does not say which schema/],
    ["UPDATE backup_keys SET content = 'x' WHERE name = 'site.key'", /no secret of a site/],
    [
      "UPDATE backup_keys SET content = (SELECT content FROM backup_keys WHERE name = 'site.key') WHERE name = 'manager-ca.key'",
      /are no pair/,
    ],
    ["UPDATE backup_keys SET content = 'eHh4' WHERE name = 'sealing.key'", /is no key/],
    [`UPDATE backup_keys SET content = '${Buffer.alloc(32).toString('base64')}' WHERE name = 'sealing.key'`, /"c1" cannot be opened/],
    ['PRAGMA journal_mode = WAL', /is no backup of hostless/],
  ] as const) {
    const file = join(folder, 'backup')
    await backup(place, file)
    const database = new Database(file)
    database.exec(statements)
    database.close()
    await t.throwsAsync(restore(place, file, log), { message }, statements)
    t.deepEqual(await readdir(folder), ['backup'])
    await rm(file)
  }
  t.deepEqual([await readFile(join(place.dataDir, 'manager.db')), await readFile(join(place.dataDir, 'keys/site.key'))], before)
  const left = (await readdir(place.dataDir)).filter((name) => !/-(wal|shm)$/.test(name))
  t.deepEqual(left.sort(), ['keys', 'manager.db', 'manager.lock'])
})

test('a backup whose rows take longer than ten minutes to read is given up', async (t) => {
  const place = await sqlitePlace(t)
  await (await openData(place, log)).close()
  const file = join(place.dataDir, 'backup')
  await backup(place, file)
  const { version } = await checkBackup(file)
  let elapsed = 0
  const slow = () => {
    elapsed += 601_000
    return elapsed
  }
  const target = (name: string) => join(place.dataDir, name)
  await t.throwsAsync(copyRows(file, version, target('slow'), slow), { message: /takes longer than 10 minutes to read/ })
  await t.notThrowsAsync(copyRows(file, version, target('fast'), () => 0))
})

test('a restore that was cut short before it was decided leaves nothing, and after that is done by the next start', async (t) => {
  const place = await sqlitePlace(t)
  const store = await openData(place, log)
  await store.write((transaction) => addHost(transaction, host('a', 'old', 'approved')))
  await store.close()
  const file = join(place.dataDir, 'backup')
  await backup(place, file)
  const secret = await keepSiteSecret(place.dataDir)
  await beginRestore(place.dataDir)
  await draftKey(place.dataDir, 'site.key', 'half')
  await (await openData(place, log)).close()
  t.is(await keepSiteSecret(place.dataDir), secret)
  t.false((await readdir(place.dataDir)).some((name) => name.startsWith('restore')))

  for (const moved of ['nothing', 'the old', 'the new'] as const) {
    await beginRestore(place.dataDir)
    const draft = await openData({ dataDir: await dataDirFor(t), database: 'sqlite' }, log)
    await draft.write((transaction) => addHost(transaction, host('b', moved, 'approved')))
    await draft.copyTo(draftPath(place.dataDir))
    await draft.close()
    await draftKey(place.dataDir, 'site.key', moved.padEnd(43, 'x'))
    const at = (name: string) => join(place.dataDir, name)
    await rename(at('restore.unfinished'), at('restore.decided'))
    if (moved !== 'nothing') await rename(at('manager.db'), at('manager.db.replaced'))
    if (moved === 'the new') await rename(at('restore.decided/manager.db'), at('manager.db'))
    const after = await openData(place, log)
    t.deepEqual(
      (await allHosts(after.db)).map(({ name }) => name),
      [moved],
    )
    await after.close()
    t.is(await keepSiteSecret(place.dataDir), moved.padEnd(43, 'x'))
    t.false((await readdir(place.dataDir)).some((name) => name.startsWith('restore')))
    t.is((await stat(at('manager.db'))).mode & 0o777, 0o600)
  }
})

test('PostgreSQL: a restore that a crash cut short behind the rows is done by the next start, which loads them no second time', async (t) => {
  const place = { dataDir: await dataDirFor(t), database: await DATABASES.PostgreSQL() }
  await withKeys(place)
  const store = await openData(place, log)
  await store.write((transaction) => nextEpoch(transaction))
  await store.write((transaction) => addHost(transaction, host('a', 'node01', 'approved')))
  await beginRestore(place.dataDir)
  await store.copyTo(draftPath(place.dataDir))
  await store.close()
  await draftKey(place.dataDir, 'site.key', 'x'.repeat(43))
  await draftKey(place.dataDir, '../version', 'one that cannot be loaded')
  await rename(join(place.dataDir, 'restore.unfinished'), join(place.dataDir, 'restore.decided'))
  const after = await openData(place, log)
  t.is((await allHosts(after.db)).length, 1)
  await after.close()
  t.is(await keepSiteSecret(place.dataDir), 'x'.repeat(43))
  t.false((await readdir(place.dataDir)).some((name) => name.startsWith('restore')))
})
