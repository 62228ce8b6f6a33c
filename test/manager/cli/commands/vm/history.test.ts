import test from 'ava'
import { endedMove } from '../../../fake-vms.ts'
import { startFakeManager } from '../../fake-manager.ts'
import { run, settingFor } from '../../operator.ts'
import { poolData } from '../../pool-data.ts'

test('history has who moved which guest from where to where, bytes, seconds, pause and outcome; of a host, of a guest, and page by page', async (t) => {
  t.timeout(120_000)
  const pool = poolData()
  const manager = await startFakeManager(t, pool)
  const setting = await settingFor(t, manager)
  const hostless = (line: string) => run(setting, ...line.split(' '))
  t.regex((await hostless('vm history')).out, /No move has ended/)
  pool.moves.push(
    endedMove('m1'),
    endedMove('m2', { name: 'db1', outcome: 'failed', reason: 'VG data of node03 is full', to: { host: 'c'.repeat(16), name: 'node03' } }),
  )
  const { out } = await hostless('vm history')
  t.regex(out, /web1 +node01 +node02 .*done .*1 min 32 s +8(\.0)? GiB +1\.[23] GiB +180/)
  t.regex(out, /db1 +node01 +node03 .*failed/)
  const [first] = JSON.parse((await hostless('vm history --guest web1 --output json')).out)
  t.like(first, { guest: 'web1', seconds: 92, diskBytes: 2 ** 33, pauseMs: 180, automation: 'm1', who: 'ada' })
  t.deepEqual(
    JSON.parse((await hostless('vm history --host node03 --output json')).out).map(({ guest }: { guest: string }) => guest),
    ['db1'],
  )
  for (let index = 3; index < 2500; index += 1) pool.moves.push(endedMove(`m${index}`, { ended: 4_000_000_000_000 - index }))
  const rows = JSON.parse((await hostless('vm history --limit 2400 --output json')).out)
  t.is(new Set(rows.map(({ automation }: { automation: string }) => automation)).size, 2400)
  t.deepEqual(
    manager.asked.slice(-3).map(({ input }) => Number((input as { limit: unknown }).limit)),
    [1000, 1000, 400],
  )
})
