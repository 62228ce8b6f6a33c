import { createHash } from 'node:crypto'
import { readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { openStore } from '../../../manager/store/database.ts'
import { sqlite } from '../../../manager/store/dialects/sqlite.ts'
import { databasePath } from '../../../manager/store/files.ts'
import { attemptById } from '../../../manager/store/tables/attempts.ts'
import { enrolRaw, rawIdentity } from '../../manager/raw-agent.ts'
import { type BootOfHost, macOf, until } from '../../manager/site.ts'
import { newRack } from './rack.ts'

const addressOf = (index: number) => `127.0.2.${index + 1}`

const hashOf = (token: string) => createHash('sha256').update(token).digest('hex')

/** Of how many attempts the manager has the last token on disk, read beside it. */
async function knownOf(dataDir: string, boots: readonly BootOfHost[]): Promise<number> {
  const tokens = new Map(boots.map(({ attempt, token }) => [attempt, token]))
  const store = await openStore(sqlite(databasePath(dataDir)))
  try {
    const found = await Promise.all([...tokens.keys()].map((attempt) => attemptById(store.db, attempt)))
    return found.filter((one) => one && one.token_hash === hashOf(tokens.get(one.id) ?? '')).length
  } finally {
    await store.close()
  }
}

test.serial('hosts boot while there is no manager, and enrol once there is one, though the appliance was killed in between', async (t) => {
  t.timeout(900_000)
  const rack = await newRack(t)
  const first = await rack.start('appliance')
  const boots = await Promise.all(Array.from({ length: 5 }, (_, index) => rack.boot(macOf(index), addressOf(index))))
  const [boot] = boots
  if (!boot) return t.fail()
  t.is((await rack.get(`/manager/${boot.attempt}`, addressOf(0)))?.status, 503)
  t.is((await rack.get(`/manager/${boot.attempt}`, addressOf(1)))?.status, 404, 'not for another host')
  t.is((await rack.get(`/manager/${'a'.repeat(16)}`, addressOf(0)))?.status, 404)
  await until('one warning', () => first.said().includes('manager-ca.pem yet'))
  await first.kill()

  await rack.start('manager')
  await rack.start('appliance')
  for (const [index, each] of boots.entries()) {
    const manager = await rack.findManager(each, addressOf(index))
    const enrolled = await until('an enrolment', async () => {
      const answer = await enrolRaw(manager, each, [macOf(index)], rawIdentity(), addressOf(index))
      return answer.kind === 'enrolled' && answer
    })
    t.is(enrolled.kind, 'enrolled')
  }
})

test.serial(
  'kill -9 of manager and appliance in turn while hosts boot: every token that left is known to the manager in the end',
  async (t) => {
    t.timeout(900_000)
    const rack = await newRack(t)
    let [manager, appliance] = [await rack.start('manager'), await rack.start('appliance')]
    const boots: BootOfHost[] = []
    let booting = true
    const hosts = Array.from({ length: 2 }, async (_, host) => {
      for (let index = host; booting; index += 2) boots.push(await rack.boot(macOf(index % 200), addressOf(index % 200)))
    })
    const more = (count: number) => until(`${count} boots`, () => boots.length >= count, 240_000)
    await more(20)
    await manager.kill()
    await more(60)
    await appliance.kill()
    ;[manager, appliance] = await Promise.all([rack.start('manager'), rack.start('appliance')])
    await more(boots.length + 20)
    await appliance.kill()
    booting = false
    appliance = await rack.start('appliance')
    await Promise.all(hosts)
    // Of a host that asked twice within one attempt the last token counts.
    const attempts = new Set(boots.map(({ attempt }) => attempt)).size
    await until('all of them', async () => (await knownOf(rack.dataDir, boots)) === attempts, 60_000)
    t.log(`${boots.length} scripts in ${attempts} boots`)
    t.true(attempts > 40)
  },
)

test.serial('a manager with other keys gets nothing, the appliance serves on and says what to do', async (t) => {
  t.timeout(900_000)
  const rack = await newRack(t)
  const manager = await rack.start('manager')
  const appliance = await rack.start('appliance')
  const before = await rack.boot(macOf(1), addressOf(1))
  await until('that it is told', async () => (await knownOf(rack.dataDir, [before])) === 1)
  await manager.kill()
  await rename(join(rack.dataDir, 'keys/site.key'), join(rack.dataDir, 'keys/site.key.old'))
  const other = await rack.start('manager')
  t.not(await readFile(join(rack.dataDir, 'keys/site.key'), 'utf8'), await readFile(join(rack.dataDir, 'keys/site.key.old'), 'utf8'))
  await rename(join(rack.dataDir, 'keys/site.key.old'), join(rack.dataDir, 'keys/site.key'))
  const boot = await rack.boot(macOf(2), addressOf(2))
  await until('a warning', () => appliance.said().includes('does not know the secret in keys/site.key'))
  await until('that the manager says it, too', () => other.said().includes('not an appliance of this site'))
  t.is((await rack.get(`/manager/${boot.attempt}`, addressOf(2)))?.status, 200, 'the authority is the same')
  t.is(await knownOf(rack.dataDir, [boot]), 0)
})
