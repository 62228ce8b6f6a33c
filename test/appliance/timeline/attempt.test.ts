import test from 'ava'
import fc from 'fast-check'
import {
  addressOf,
  belongsTo,
  hasRoot,
  LOADING_TIME,
  openingBelongsTo,
  platformOfAttempt,
  QUIET_TIME,
  record,
} from '../../../appliance/timeline/attempt.ts'
import { ipv4 } from '../boot/plans.ts'
import { ADDRESS, attemptOf, dhcp, dropped, NORMAL, refusal, report, script, T0, type Timed, tftp } from './boots.ts'

const until = (seconds: number): readonly Timed[] => NORMAL.filter(([at]) => at <= seconds)
const after = (seconds: number) => T0 + seconds * 1000

test('a boot begins with a DISCOVER or REQUEST of firmware or iPXE, or with a script, and with nothing else', (t) => {
  t.is(belongsTo(undefined, dhcp('DISCOVER', 'firmware'), T0), 'new')
  t.is(belongsTo(undefined, dhcp('REQUEST', 'ipxe'), T0), 'new')
  t.is(belongsTo(undefined, script(), T0), 'new')
  for (const event of [dhcp('DISCOVER', 'initramfs'), tftp('x'), report('up'), { kind: 'mount', path: '/x' } as const])
    t.is(belongsTo(undefined, event, T0), 'none')
})

test('firmware, iPXE and initramfs of one boot are one attempt', (t) => {
  t.is(belongsTo(attemptOf(until(0.5)), dhcp('DISCOVER', 'ipxe'), after(1.5)), 'current')
  t.is(belongsTo(attemptOf(until(4)), dhcp('DISCOVER', 'initramfs'), after(6)), 'current')
})

test('a DISCOVER of firmware after the script is the next boot; before it, the same one', (t) => {
  t.is(belongsTo(attemptOf(until(1.6)), dhcp('DISCOVER', 'firmware'), after(20)), 'current')
  t.is(belongsTo(attemptOf(until(2)), dhcp('DISCOVER', 'firmware'), after(20)), 'new')
  t.is(belongsTo(attemptOf([...until(1.6), [2, refusal('x')]]), dhcp('DISCOVER', 'firmware'), after(20)), 'new')
  t.is(belongsTo(attemptOf(NORMAL), dhcp('DISCOVER', 'firmware'), after(25)), 'new')
})

test('after a quiet time firmware begins another boot', (t) => {
  const quiet = QUIET_TIME / 1000
  t.is(belongsTo(attemptOf(until(0)), dhcp('DISCOVER', 'firmware'), after(quiet)), 'current')
  t.is(belongsTo(attemptOf(until(0)), dhcp('DISCOVER', 'firmware'), after(quiet + 1)), 'new')
})

test('a running dom0 that renews its lease or reads files is no event of its boot; its reports are', (t) => {
  const up = attemptOf(NORMAL)
  for (const event of [dhcp('REQUEST', 'initramfs'), tftp('x'), { kind: 'mount', path: '/x' } as const])
    t.is(belongsTo(up, event, after(30)), 'none')
  t.is(belongsTo(up, report('dom0'), after(30)), 'current')
})

test('a script asked for again belongs to the same boot until the host has reported, the boot is quiet, or has been loading too long', (t) => {
  t.is(openingBelongsTo(attemptOf(until(4)), after(14), 'script'), 'current')
  t.is(openingBelongsTo(attemptOf(until(9)), after(14), 'script'), 'new')
  t.is(openingBelongsTo(attemptOf(until(4)), after(200), 'script'), 'new')
  const retrying = attemptOf(Array.from({ length: 70 }, (_, index) => [index * 10, script()]))
  t.is(openingBelongsTo(retrying, after(LOADING_TIME / 1000), 'script'), 'current')
  t.is(openingBelongsTo(retrying, after(LOADING_TIME / 1000 + 1), 'script'), 'new', 'it may take a newer generation')
  const refused = attemptOf(Array.from({ length: 100 }, (_, index) => [index * 10, refusal('x')]))
  t.is(openingBelongsTo(refused, after(1000), 'script'), 'current', 'without a generation there is nothing to renew')
})

test('the first script pins image and generation, and a later one does not change that', (t) => {
  t.deepEqual(attemptOf(until(1.6)).pin, undefined)
  const both = attemptOf([
    [0, script('00000000000000aa')],
    [1, script('00000000000000bb')],
  ])
  t.like(both.pin, { image: 'dom0', generation: '00000000000000aa' })
})

test('a repeated event is counted in its place, and stored once a second', (t) => {
  const begun = attemptOf([[0, dhcp('DISCOVER', 'firmware')]])
  const again = record(begun, dhcp('DISCOVER', 'firmware'), after(0.5))
  t.is(again.stored, undefined)
  const later = record(again.attempt, dhcp('DISCOVER', 'firmware'), after(4))
  t.like(later.stored, { seq: 0, at: T0, last: after(4), times: 3 })
  t.is(later.attempt.events.length, 1)
})

test('the address is that of the last ACK; where another server gives it, that of who asked for the script', (t) => {
  t.is(addressOf(attemptOf(until(1.6))), ADDRESS)
  t.is(addressOf(attemptOf([...until(1.6), [3, dhcp('REQUEST', 'initramfs', { address: ipv4('10.77.0.99') })]])), ipv4('10.77.0.99'))
  t.is(addressOf(attemptOf([[0, script()]])), ADDRESS)
  t.is(addressOf(attemptOf([[0, dhcp('DISCOVER', 'firmware')]])), undefined, 'an offer is no lease')
})

test('the platform is that of DHCP, and a root is held from its mount on', (t) => {
  t.is(platformOfAttempt(attemptOf(NORMAL)), 'bios')
  t.is(platformOfAttempt(attemptOf([[0, script()]])), undefined)
  t.false(hasRoot(attemptOf(until(10))))
  t.true(hasRoot(attemptOf(until(11))))
})

test('an attempt is bounded whatever is thrown at it, keeps its first DISCOVER, and no place is taken twice', (t) => {
  const hostile = fc.oneof(
    fc.string({ maxLength: 9 }).map((name) => tftp(name, 'not-found')),
    fc.string({ maxLength: 9 }).map((reason) => report('root', 'failed', { reason })),
    fc.string({ maxLength: 9 }).map((reason) => dropped('tftp', reason)),
    fc.integer({ min: 1, max: 250 }).map((byte) => dhcp('REQUEST', 'firmware', { address: ipv4(`10.0.0.${byte}`) })),
  )
  fc.assert(
    fc.property(fc.array(hostile, { minLength: 300, maxLength: 600, size: 'max' }), (events) => {
      const attempt = attemptOf([[0, dhcp('DISCOVER', 'firmware')], ...events.map((event, index): Timed => [1 + index, event])])
      t.true(attempt.events.length <= 228)
      t.is(new Set(attempt.events.map(({ seq }) => seq)).size, attempt.events.length)
      t.true(attempt.events.every(({ seq }) => seq < 228))
      t.true(attempt.events.some(({ event }) => event.kind === 'dhcp' && event.message === 'DISCOVER'))
    }),
    { numRuns: 10 },
  )
})
