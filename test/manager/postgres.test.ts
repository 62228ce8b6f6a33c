import test from 'ava'
import { openAlarms } from '../../manager/store/tables/alarms.ts'
import { historyOf } from '../../manager/store/tables/history.ts'
import { dataDirFor, macOf, pushBoot, startSite, startTestAgent, until, uuidOf } from './site.ts'
import { sharedPostgres } from './store/dialects/postgres-server.ts'

test('on PostgreSQL hosts enrol and report, a lost database ends no process, and a new manager knows all of them', async (t) => {
  const server = await sharedPostgres()
  const database = await server.newDatabase()
  const dataDir = await dataDirFor(t)
  const first = await startSite(t, { enrol: 'auto', dataDir, database })
  const agents = []
  for (const index of [1, 2, 3]) {
    const boot = await pushBoot(first, macOf(index))
    agents.push(startTestAgent(t, async () => first.address, boot, { systemUuid: uuidOf(index), macs: [macOf(index)] }))
  }
  const reported = async (totalBytes?: number) => {
    const { pool } = first.manager
    const inventories = await Promise.all(pool.hosts().map(({ id }) => pool.inventory(id)))
    return inventories.filter((inventory) => inventory && (totalBytes === undefined || inventory.memory.totalBytes === totalBytes)).length
  }
  await until('three hosts with an inventory', async () => (await reported()) === 3)
  await server.disconnectAll(database)
  for (const agent of agents) agent.change({ memory: { totalBytes: 7 } })
  await until('what changed is known', async () => (await reported(7)) === 3)

  // A fourth claims the UUID of the first: an alarm, by the same words as with SQLite.
  const twin = await pushBoot(first, macOf(4))
  startTestAgent(t, async () => first.address, twin, { systemUuid: uuidOf(1), macs: [macOf(4)] })
  await until('an alarm', async () => (await openAlarms(first.manager.store.db)).some(({ kind }) => kind === 'duplicate-uuid'))
  const before = first.manager.pool.hosts().map(({ id, name }) => [id, name])
  await first.manager.close()

  const second = await startSite(t, { enrol: 'auto', dataDir, database })
  const { pool, store } = second.manager
  t.deepEqual(
    pool.hosts().map(({ id, name }) => [id, name]),
    before,
  )
  for (const [id = '', name] of before.slice(0, 3)) {
    t.is((await pool.inventory(id))?.memory.totalBytes, 7, name)
    t.true((await historyOf(store.db, id, 10)).length > 0)
  }
})
