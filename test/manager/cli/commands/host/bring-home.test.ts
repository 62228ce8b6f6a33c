import test, { type ExecutionContext } from 'ava'
import { runningAutomation } from '../../../fake-automations.ts'
import { awayGuest } from '../../../fake-vms.ts'
import { startFakeManager } from '../../fake-manager.ts'
import { run, settingFor } from '../../operator.ts'
import { idOf, poolData } from '../../pool-data.ts'

async function start(t: ExecutionContext) {
  t.timeout(120_000)
  const pool = poolData()
  pool.away.push(awayGuest('web1'), awayGuest('db1', { was: 'stopped' }))
  const manager = await startFakeManager(t, pool)
  const setting = await settingFor(t, manager)
  return { pool, manager, hostless: (line: string) => run(setting, ...line.split(' ')) }
}

test('bring-home --plan says in which round each comes home and how, or why not, and does nothing', async (t) => {
  const { pool, hostless } = await start(t)
  const { code, out, err } = await hostless('host bring-home node01 --plan')
  t.is(code, 1)
  t.regex(out, /web1 +node02 +node01 +1: live to node01/)
  t.regex(out, /db1 +node02 +node01 +stays .*memory +node01 is <full>/)
  t.is(err, 'error: db1: would not come home\n')
  t.is((await hostless('host bring-home node01 --plan --restart-others')).code, 0)
  t.deepEqual(pool.asked, [])
  t.is((await hostless('host bring-home nowhere --plan')).code, 4)
})

test('bring-home of several hosts is one automation; --cancel ends the one that is under way', async (t) => {
  const { pool, manager, hostless } = await start(t)
  const begun = await hostless('host bring-home node01 node02 --restart-others --rate 40M --keep 0s --detach')
  t.is(begun.code, 0, begun.err)
  const asked = { refs: [idOf(1), idOf(2)], others: 'restart', rateBytes: 40 * 2 ** 20, keepMs: 0 }
  t.like(manager.asked.find(({ id }) => id === 'evacuations.bringHome')?.input as object, asked)
  pool.automations.push(runningAutomation('home1', { recipe: 'bring-home', title: 'bring home to node02, node03' }))
  t.regex((await hostless('host bring-home node03 --cancel')).out, /node03 +done +automation home1 is being taken back/)
  t.is(pool.automations.find(({ id }) => id === 'home1')?.state, 'aborted')
  t.regex((await hostless('host bring-home node04 --cancel')).out, /nobody is brought home/)
})
