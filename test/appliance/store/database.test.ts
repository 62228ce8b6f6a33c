import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { openStore, type Store } from '../../../appliance/store/database.ts'
import { nfsKey } from '../../../appliance/store/files.ts'

const directory = mkdtempSync(join(tmpdir(), 'hostless-store-'))
test.after.always(() => rmSync(directory, { recursive: true }))

const tables = (store: Store): unknown[] => store.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").pluck().all()

test('a new store has the tables of the newest schema', (t) => {
  const store = openStore(':memory:')
  t.deepEqual(
    tables(store).filter((name) => ['leases', 'attempts', 'boot_events'].includes(String(name))),
    ['attempts', 'boot_events', 'leases'],
  )
})

test('a store, with what lies beside it, is closed to others, one that an older hostless left open too', (t) => {
  const file = join(directory, 'private.sqlite')
  const first = openStore(file)
  const all = [file, `${file}-wal`, `${file}-shm`]
  const modes = () => all.map((path) => statSync(path).mode & 0o777)
  t.deepEqual(modes(), [0o600, 0o600, 0o600])
  for (const path of all) chmodSync(path, 0o644)
  const second = openStore(file)
  t.deepEqual(modes(), [0o600, 0o600, 0o600])
  second.close()
  first.close()
})

test('the keys of an appliance are closed to others, those that an older hostless left open too', async (t) => {
  const dataDir = join(directory, 'open')
  const keys = join(dataDir, 'keys')
  mkdirSync(keys, { recursive: true, mode: 0o755 })
  const key = await nfsKey(dataDir)
  const modes = () => [keys, join(keys, 'nfs.key')].map((path) => statSync(path).mode & 0o777)
  t.deepEqual(modes(), [0o700, 0o600])
  chmodSync(keys, 0o755)
  chmodSync(join(keys, 'nfs.key'), 0o644)
  t.deepEqual(await nfsKey(dataDir), key)
  t.deepEqual(modes(), [0o700, 0o600])
})

test('a store is opened again with what it had, and brought up to date only once', (t) => {
  const file = join(directory, 'again.sqlite')
  const first = openStore(file)
  first.prepare("INSERT INTO attempts (id, mac, started) VALUES ('a', 'm', 1)").run()
  const version = first.pragma('user_version', { simple: true })
  first.close()
  const second = openStore(file)
  t.is(second.prepare('SELECT count(*) FROM attempts').pluck().get(), 1)
  t.is(second.pragma('user_version', { simple: true }), version)
  second.close()
})

test('what was acknowledged is on disk before the answer leaves: WAL, and a sync for each commit', (t) => {
  const store = openStore(join(directory, 'durable.sqlite'))
  t.is(store.pragma('journal_mode', { simple: true }), 'wal')
  t.is(store.pragma('synchronous', { simple: true }), 2)
  store.close()
})

test('an event without its attempt is refused, and goes with it', (t) => {
  const store = openStore(':memory:')
  const event = store.prepare("INSERT INTO boot_events (attempt, seq, at, event) VALUES ('a', 0, 1, '{}')")
  t.throws(() => event.run(), { any: true, code: 'SQLITE_CONSTRAINT_FOREIGNKEY' })
  store.prepare("INSERT INTO attempts (id, mac, started) VALUES ('a', 'm', 1)").run()
  event.run()
  store.prepare('DELETE FROM attempts').run()
  t.is(store.prepare('SELECT count(*) FROM boot_events').pluck().get(), 0)
})

test('an address is leased once', (t) => {
  const store = openStore(':memory:')
  const lease = store.prepare("INSERT INTO leases (subnet, mac, address, kind) VALUES ('10.77.0.0/24', ?, '10.77.0.100', 'bound')")
  lease.run('a')
  t.throws(() => lease.run('b'), { any: true, message: /leases\.address/ })
})

test('a store that a newer hostless wrote is refused with what to do, and left as it is', (t) => {
  const file = join(directory, 'newer.sqlite')
  const store = openStore(file)
  store.pragma('user_version = 999')
  store.close()
  const error = t.throws(() => openStore(file))
  t.regex(error?.message ?? '', /newer\.sqlite has schema 999, this hostless knows up to \d+: start the newer hostless/)
})
