import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { FirstAdminTask } from '../../../manager/doors/first-admin.ts'
import { collectingLog } from '../../appliance/wire/collecting-log.ts'
import { TestClock } from '../../images/agent/clock.ts'
import { testDriver } from '../reconcile/test-driver.ts'
import { dataDirFor, until } from '../site.ts'

test('while there is no user there is a link, another one before its hour is over, and none once there is one', async (t) => {
  const clock = new TestClock()
  const dataDir = await dataDirFor(t)
  let codes = 0
  let hasUser = false
  const firstAdminCode = async () => {
    if (hasUser) return undefined
    codes += 1
    return `code${codes}`
  }
  const { log, lines } = collectingLog()
  const task = new FirstAdminTask({ access: { firstAdminCode }, dataDir, site: 'https://10.77.0.1:8443', elapsed: () => clock.now, log })
  const link = join(dataDir, 'first-admin.link')
  await task.step()
  t.is(readFileSync(link, 'utf8').trim(), 'https://10.77.0.1:8443/first-admin?code=code1')
  t.regex(task.waitsFor().join(), /the first admin, who follows the link in .*first-admin\.link/)
  await task.step()
  t.is(codes, 1, 'it is good for a while')
  const { driver } = testDriver(clock)
  driver.start(task)
  await clock.advance(3600_000)
  await until('another link', () => lines.length === 2)
  t.is(codes, 2)
  hasUser = true
  clock.now += 3600_000
  await task.step()
  t.false(existsSync(link))
  t.deepEqual(task.waitsFor(), [])
  await driver.close()
})
