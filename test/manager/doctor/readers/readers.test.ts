// What the readers say of this machine, of files that are made for them, and of what is not there.
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import test from 'ava'
import { openStore, SCHEMA_VERSION } from '../../../../appliance/store/database.ts'
import { readConfig } from '../../../../manager/doctor/readers/config.ts'
import { readDisk } from '../../../../manager/doctor/readers/disk.ts'
import { readImages } from '../../../../manager/doctor/readers/images.ts'
import { readInterface } from '../../../../manager/doctor/readers/interface.ts'
import { readCertificate, readKeys } from '../../../../manager/doctor/readers/keys.ts'
import { readPorts } from '../../../../manager/doctor/readers/ports.ts'
import { ask } from '../../../../manager/doctor/readers/running.ts'
import { readSchemas } from '../../../../manager/doctor/readers/schema.ts'
import { keepAuthority, keepSiteSecret } from '../../../../manager/store/keys/authority.ts'
import { MIGRATIONS } from '../../../../manager/store/migrations/steps.ts'
import { openData } from '../../../../manager/store/open.ts'
import { collectingLog } from '../../../appliance/wire/collecting-log.ts'
import { dataDirFor } from '../../site.ts'
import { configOf } from '../site.ts'

test('readPorts sees a listener of this process, and that it is its own', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  t.teardown(() => void server.close())
  const address = server.address()
  const seen = await readPorts()
  if (seen.kind === 'unread' || typeof address === 'string' || address === null) return t.fail()
  const socket = seen.value.sockets.find(({ protocol, port }) => protocol === 'tcp' && port === address.port)
  t.is(socket?.address, '127.0.0.1')
  t.is(seen.value.holders.get(socket?.inode ?? '')?.pid, process.pid)
})

test('readInterface reads lo, and says what there is in the place of one that is not there', async (t) => {
  t.like(await readInterface('lo'), { kind: 'read', value: { link: { isUp: true, mtu: 65536 } } })
  const none = await readInterface('nowhere')
  t.true(none.kind === 'read' && none.value.link === undefined && none.value.names.includes('lo'))
})

test('readDisk measures where the data directory will be, and leaves nothing there', async (t) => {
  const folder = await dataDirFor(t)
  const before = await readdir(folder)
  const seen = await readDisk(join(folder, 'not/yet'))
  if (seen.kind === 'unread') return t.fail(seen.reason)
  t.is(seen.value.path, folder)
  t.is(seen.value.fsyncs.length, 15)
  t.true(seen.value.size >= seen.value.free)
  t.deepEqual(await readdir(folder), before)
})

test('readKeys and readCertificate: nothing yet, then what the manager made', async (t) => {
  const dataDir = await dataDirFor(t)
  t.like(await readKeys(join(dataDir, 'keys')), { kind: 'read', value: { files: undefined } })
  t.deepEqual(await readCertificate(dataDir), { kind: 'read', value: undefined })
  await keepAuthority(dataDir)
  await keepSiteSecret(dataDir)
  const keys = await readKeys(join(dataDir, 'keys'))
  if (keys.kind === 'unread') return t.fail(keys.reason)
  t.deepEqual(keys.value.files?.map(({ name, mode }) => `${name} ${mode.toString(8)}`).sort(), [
    ' 700',
    'manager-ca.key 600',
    'manager-ca.pem 644',
    'site.key 600',
  ])
  t.like(await readCertificate(dataDir), { kind: 'read', value: { from: 0, until: Date.parse('9999-12-31T23:59:59Z') } })
})

test('readSchemas: not there, then those of this hostless; a file that is no database is unread', async (t) => {
  const dataDir = await dataDirFor(t)
  const file = join(dataDir, 'appliance.db')
  const versions = async () =>
    (await readSchemas(file, dataDir, 'sqlite')).map((one) => (one.kind === 'read' ? one.value.version : one.reason))
  t.deepEqual(await versions(), [undefined, undefined])
  openStore(file).close()
  const store = await openData({ dataDir, database: 'sqlite' }, collectingLog().log)
  t.deepEqual(await versions(), [SCHEMA_VERSION, MIGRATIONS.length])
  await store.close()
  await writeFile(file, 'no database')
  t.is((await readSchemas(file, dataDir, undefined))[0]?.kind, 'unread')
})

test('readImages: nothing is published', async (t) => {
  const dataDir = await dataDirFor(t)
  const config = { ...configOf(t), dataDir }
  t.like(await readImages(config), [{ kind: 'read', value: { name: 'dom0', generation: undefined } }])
})

test('readConfig: not there, refused with its data directory, taken', async (t) => {
  const folder = await dataDirFor(t)
  await mkdir(folder, { recursive: true })
  const file = join(folder, 'hostless.yaml')
  t.like(await readConfig(file), { reading: { kind: 'unread', reason: 'is not there' }, config: undefined })
  await writeFile(file, 'dataDir: /srv/hostless\nnetwork: { interface: nowhere0 }\n')
  const refused = await readConfig(file)
  t.is(refused.dataDir, '/srv/hostless')
  t.regex(refused.reading.kind === 'read' ? (refused.reading.value.problems ?? '') : '', /nowhere0 has no IPv4 address/)
  await writeFile(file, 'network: { interface: lo, address: 127.0.0.1/8 }\ndhcp: { mode: off }\n')
  t.deepEqual((await readConfig(file)).reading, { kind: 'read', value: { problems: undefined } })
})

test('ask: what is not installed, and what fails, says so', async (t) => {
  t.deepEqual(await ask('no-such-program'), { kind: 'unread', reason: 'no-such-program is not installed' })
  t.like(await ask('cat', '/nowhere'), { kind: 'unread', reason: 'cat /nowhere: /usr/bin/cat: /nowhere: No such file or directory' })
  t.deepEqual(await ask('echo', 'yes'), { kind: 'read', value: 'yes' })
})
