// A driver on a clock that a test turns.
import { Driver } from '../../../manager/reconcile/driver.ts'
import { collectingLog } from '../../appliance/wire/collecting-log.ts'
import type { TestClock } from '../../images/agent/clock.ts'

export function testDriver(clock: TestClock) {
  const { log, lines } = collectingLog()
  const driver = new Driver({
    now: () => clock.wall(),
    elapsed: () => clock.now,
    after: (milliseconds, action) => clock.after(milliseconds, action),
    random: () => 0.5,
    log,
  })
  return { driver, lines }
}
