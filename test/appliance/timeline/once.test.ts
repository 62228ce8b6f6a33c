import test from 'ava'
import { belongsTo, ONCE_TIME, onceServed, openingBelongsTo } from '../../../appliance/timeline/attempt.ts'
import { type BootEvent, bootEventSchema } from '../../../appliance/timeline/event.ts'
import { viewOf } from '../../../appliance/timeline/timeline.ts'
import { newTracker, tick } from '../../../appliance/timeline/tracker.ts'
import type { OnceKind } from '../../../manager/protocol/once.ts'
import { ADDRESS, attemptOf, dhcp, file, MAC, NAMES, NORMAL, refusal, script, T0, type Timed, view } from './boots.ts'

const BEFORE = NORMAL.filter(([at]) => at < 2)
const once = (what: OnceKind, transport: 'http' | 'tftp' = 'http'): BootEvent => ({
  ...{ kind: 'script', transport, outcome: 'served', address: ADDRESS },
  once: what,
})
const HOURS = 5 * 3600

test('a boot of something else is once, never stuck, and says what it is; nothing of it is wrong', (t) => {
  for (const [what, said] of [
    ['local', 'local disk, once, over HTTP'],
    ['memtest', 'memtest86+, once, over HTTP'],
    ['shell', 'iPXE shell, once, over HTTP'],
  ] as const) {
    const events: readonly Timed[] = [...BEFORE, [2, once(what)]]
    for (const seconds of [2, 100, HOURS]) {
      const seen = view(events, seconds)
      t.like(seen, { state: 'once', once: what })
      t.is(seen.diagnosis, undefined)
      t.like(seen.stages.at(-1), { stage: 'script', status: 'done', detail: said })
    }
    const superseded = viewOf(attemptOf(events), { host: 'node01', superseded: true, now: T0 + HOURS * 1000 })
    t.like(superseded, { state: 'once' })
    t.is(superseded.diagnosis, undefined)
  }
})

test('memtest86+ that was fetched is a stage, and no loader of the firmware', (t) => {
  const seen = view([...BEFORE, [2, once('memtest')], [2.4, file('memtest.bin', 144_312)]], HOURS)
  t.like(seen.stages.at(-1), { stage: 'kernel', status: 'done', detail: 'memtest.bin 145 kB HTTP' })
  t.regex(seen.stages[0]?.detail ?? '', /undionly\.kpxe/)
  t.is(seen.state, 'once')
})

test('one that comes back says that it did not start, and what to look at; a retry by TFTP is none', (t) => {
  const asking = (what: OnceKind, ...more: readonly Timed[]) => view([...BEFORE, [2, once(what)], ...more], 50)
  t.is(asking('local', [22, once('local', 'tftp')]).diagnosis, undefined)
  const back: readonly Timed[] = [12, 22, 32].map((at) => [at, once('local')])
  t.regex(asking('local', ...back).diagnosis ?? '', /asked for its script four times.*first local disk/)
  t.is(asking('local', ...back).state, 'once')
  const tests: readonly Timed[] = [12, 22].map((at) => [at, once('memtest')])
  t.regex(asking('memtest', ...tests).diagnosis ?? '', /has not fetched memtest86\+ whole/)
  t.regex(asking('memtest', [3, file('memtest.efi', 1)], ...tests).diagnosis ?? '', /did not start: on UEFI Secure Boot must be off/)
  t.is(asking('shell', ...[12, 22].map((at): Timed => [at, once('shell')])).diagnosis, undefined)
})

test('refused for want of memtest86+ it is failed until it is there', (t) => {
  const refused: readonly Timed[] = [...BEFORE, [2, refusal('there is no memtest86+')]]
  t.like(view(refused, 10), { state: 'failed' })
  t.like(view([...refused, [12, once('memtest')]], HOURS), { state: 'once' })
  t.like(view([...BEFORE, [2, once('memtest')], [12, refusal('it is gone')]], 20), { state: 'failed' })
})

test('what comes after is another boot: firmware that begins anew at once, a script only after a minute', (t) => {
  const attempt = attemptOf([...BEFORE, [2, once('local')]])
  t.like(onceServed(attempt), { what: 'local', at: T0 + 2000 })
  t.is(belongsTo(attempt, dhcp('DISCOVER', 'firmware'), T0 + 5000), 'new')
  t.is(belongsTo(attempt, dhcp('DISCOVER', 'ipxe'), T0 + 5000), 'new')
  t.is(openingBelongsTo(attempt, T0 + 2000 + ONCE_TIME, 'script'), 'current')
  t.is(openingBelongsTo(attempt, T0 + 2001 + ONCE_TIME, 'script'), 'new')
  t.is(belongsTo(attempt, dhcp('DISCOVER', 'initramfs'), T0 + 30_000), 'current', 'the system on its disk')
})

test('after a restart of the appliance it is once at the first look, and stays so', (t) => {
  const tracker = newTracker(NAMES, [attemptOf([...BEFORE, [2, once('memtest')]])])
  const first = tick(tracker, T0 + HOURS * 1000)
  t.like(first.changed, [{ mac: MAC, state: 'once', once: 'memtest' }])
  t.deepEqual(tick(first.tracker, T0 + 2 * HOURS * 1000).changed, [])
})

test('an event of before has no such member, and one of later that is not known is not read', (t) => {
  t.is(bootEventSchema.safeParse(script()).success, true)
  t.is(bootEventSchema.safeParse({ ...once('local'), once: 'firmware' }).success, false)
})
