// kill -9 of a process that restores, before each change that it makes on disk.

import { randomInt } from 'node:crypto'
import { cp, readdir, readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import test from 'ava'
import { build } from 'esbuild'
import { execa } from 'execa'
import { backup } from '../../../../manager/store/backup/backup.ts'
import { keepAuthority, keepSiteSecret } from '../../../../manager/store/keys/authority.ts'
import { openData } from '../../../../manager/store/open.ts'
import { addHost, allHosts } from '../../../../manager/store/tables/hosts.ts'
import { collectingLog } from '../../../appliance/wire/collecting-log.ts'
import { patience } from '../../../patience.ts'
import { programAt } from '../../../program.ts'
import { hostIn } from '../../hosts/conditions.ts'
import { dataDirFor } from '../../site.ts'

const { log } = collectingLog()
const DIE_AT = programAt(new URL('die-at.ts', import.meta.url)).file
const AT_ONCE = 4
/** One change in so many is tried, from another one on each time. */
const STRIDE = 4

function host(name: string) {
  return { id: name, name, uuid: undefined, ...hostIn('approved'), since: 1, groups: [], notes: '', created: 1, attempt: undefined }
}

async function siteWith(dataDir: string, name: string) {
  await Promise.all([keepAuthority(dataDir), keepSiteSecret(dataDir)])
  const store = await openData({ dataDir, database: 'sqlite' }, log)
  await store.write((transaction) => addHost(transaction, host(name)))
  await store.close()
}

/** One file, which starts soon: it is started some thirty times. */
async function bundled(folder: string): Promise<string> {
  const outfile = join(folder, 'die-at.mjs')
  await build({ entryPoints: [DIE_AT], outfile, bundle: true, platform: 'node', format: 'esm', packages: 'external', logLevel: 'error' })
  // Wherever this test runs from, the packages lie where it finds its own.
  const packages = dirname(dirname(createRequire(import.meta.url).resolve('better-sqlite3/package.json')))
  await symlink(packages, join(folder, 'node_modules'))
  return outfile
}

/** What a manager that starts there finds: its hosts, with the keys that belong to them. */
async function foundIn(dataDir: string) {
  const store = await openData({ dataDir, database: 'sqlite' }, log)
  const names = (await allHosts(store.db)).map(({ name }) => name)
  await store.close()
  const keys = await Promise.all(
    ['manager-ca.pem', 'manager-ca.key', 'site.key'].map((key) => readFile(join(dataDir, 'keys', key), 'utf8')),
  )
  return JSON.stringify([names, keys])
}

test('killed before one of its changes, a restore leaves what there was or what it was to be, and nothing beside it', async (t) => {
  t.timeout(patience(300_000))
  const [one, other] = [await dataDirFor(t), await dataDirFor(t)]
  await siteWith(one, 'old')
  await siteWith(other, 'new')
  const file = join(await dataDirFor(t), 'backup')
  await backup({ dataDir: other, database: 'sqlite' }, file)
  const program = await bundled(await dataDirFor(t))
  const [old, restored] = [await foundIn(one), await foundIn(other)]
  const dying = async (at: number) => {
    const dataDir = await dataDirFor(t)
    await cp(one, dataDir, { recursive: true })
    const { signal, stdout, stderr } = await execa(process.execPath, [program, String(at), dataDir, file], { reject: false })
    const found = await foundIn(dataDir)
    const rests = (await readdir(dataDir)).filter((name) => !/^(keys|manager\.(db|lock)|manager\.db\.replaced)$/.test(name))
    return { at, signal, stdout, stderr, found, rests }
  }
  const whole = await dying(0)
  t.like(whole, { signal: undefined, found: restored, rests: [] }, whole.stderr)
  const changes = Number(whole.stdout)
  t.true(changes > 10)
  const seen = new Set<string>()
  const start = 1 + randomInt(STRIDE)
  t.log(`of ${changes} changes, every ${STRIDE}th from ${start} on`)
  const points = Array.from({ length: Math.floor((changes - start) / STRIDE) + 1 }, (_, index) => start + index * STRIDE)
  while (points.length > 0) {
    for (const { at, signal, found, rests } of await Promise.all(points.splice(0, AT_ONCE).map(dying))) {
      t.is(signal, 'SIGKILL', `at ${at}`)
      t.true(found === old || found === restored, `at ${at}: ${found}`)
      t.deepEqual(rests, [], `at ${at}`)
      seen.add(found === old ? 'old' : 'new')
    }
  }
  t.deepEqual(seen, new Set(['old', 'new']))
})
