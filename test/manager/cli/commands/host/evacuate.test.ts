import test from 'ava'
import { fakeGuest } from '../../../doors/web/fake-guests.ts'
import { startFakeManager } from '../../fake-manager.ts'
import { run, settingFor } from '../../operator.ts'
import { poolData } from '../../pool-data.ts'

test('host evacuate shows for each guest where it would go or why it stays, with totals; without --plan it is begun', async (t) => {
  const pool = { ...poolData(), vms: [fakeGuest(1), fakeGuest(2)] }
  const manager = await startFakeManager(t, pool)
  const setting = await settingFor(t, manager)
  const [first, other] = pool.vms.map(({ name }) => name)
  const planned = await run({ ...setting, columns: 80 }, 'host', 'evacuate', 'node01', '--plan')
  t.is(planned.code, 1)
  t.regex(planned.err, new RegExp(`${other}: would stay`))
  t.regex(planned.out, new RegExp(`${first} +live +node02`))
  t.regex(planned.out, new RegExp(`${other} +stays .*node02 is full`))
  t.regex(planned.out, /1 live, 0 stopped, 0 restarted, 1 would stay\n$/)
  t.deepEqual(
    planned.out.split('\n').filter((line) => line.length > 80),
    [],
  )
  t.deepEqual(pool.asked, [])
  const begun = await run(setting, 'host', 'evacuate', 'node01', '--restart-others', '--detach')
  t.regex(begun.out, /node01 +started +evacuate/)
  t.regex(pool.asked.join('\n'), /^evacuate \w+ .*"others":"restart"/)
  t.regex((await run(setting, 'host', 'evacuate', 'node02', '--cancel')).out, /node02 +done +no evacuation is under way/)
})
