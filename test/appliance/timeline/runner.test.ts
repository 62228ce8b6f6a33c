import test from 'ava'
import { AttemptRunner } from '../../../appliance/timeline/runner.ts'
import { newTracker } from '../../../appliance/timeline/tracker.ts'
import { A } from '../dhcp/packets.ts'
import { collectingLog } from '../wire/collecting-log.ts'

test('an event that the disk does not take ends nothing, is told with what to do, and is not there; a boot is not begun without it', (t) => {
  const { log, lines } = collectingLog()
  let isFull = true
  const save = (): void => {
    if (isFull) throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' })
  }
  const attempts = new AttemptRunner({ tracker: newTracker(new Map(), [], (mac) => mac), save, now: () => 0, newId: () => 'a', log })
  const event = { kind: 'drop', protocol: 'dhcp', reason: 'cut off' } as const
  attempts.observe(A, event)
  t.deepEqual(
    lines.map(({ level, message, fields }) => [level, message, Reflect.get(fields, 'reason')]),
    [['error', 'boot timeline not written', 'the disk is full: make room where dataDir lies']],
  )
  t.deepEqual(attempts.views(), [])
  t.throws(() => attempts.open(A), { message: /disk is full/ })
  isFull = false
  attempts.open(A)
  t.is(attempts.views().length, 1)
})
