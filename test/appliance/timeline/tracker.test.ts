import test from 'ava'
import { ATTEMPT_LIMIT, HOST_LIMIT } from '../../../appliance/timeline/kept.ts'
import {
  apply,
  applyReport,
  attemptById,
  forget,
  macAt,
  newTracker,
  openAttempt,
  regrouped,
  type Tracker,
  tick,
  views,
} from '../../../appliance/timeline/tracker.ts'
import { macFromBytes } from '../../../appliance/wire/addresses.ts'
import { ipv4, mac } from '../boot/plans.ts'
import { ADDRESS, dhcp, dropped, MAC, NAMES, NORMAL, report, script, T0, type Timed, tftp, track } from './boots.ts'

const until = (seconds: number): readonly Timed[] => NORMAL.filter(([at]) => at <= seconds)
const at = (seconds: number) => T0 + seconds * 1000
const STRANGER = mac('52:54:00:99:00:01')
const leased = () => ADDRESS

test('a normal boot is one attempt, and each event gives its view and a write', (t) => {
  const { changes, ...tracker } = track(NORMAL)
  t.deepEqual(
    views(tracker, at(30)).map(({ id, host, state }) => [id, host, state]),
    [['a0', 'node01', 'up']],
  )
  t.true(changes.every(({ changed, write }) => changed.length === 1 && write.length === 1))
  t.like(changes[6]?.write, [{ kind: 'save', attempt: { id: 'a0', pin: { generation: '0123456789abcdef' } } }])
})

test('the next boot is another attempt; the one before, if it was not up, has ended with a reason', (t) => {
  const unfinished = track(until(4))
  const next = apply(unfinished, MAC, dhcp('DISCOVER', 'firmware'), at(60), 'b0')
  t.deepEqual(
    next.changed.map(({ id, state }) => [id, state]),
    [
      ['b0', 'booting'],
      ['a0', 'failed'],
    ],
  )
  t.regex(next.changed[1]?.diagnosis ?? '', /began another boot before this one was up \(it had got to: kernel\)\. .*has not reported/)
  const finished = apply(track(NORMAL), MAC, dhcp('DISCOVER', 'firmware'), at(60), 'b0')
  t.deepEqual(
    finished.changed.map(({ state }) => state),
    ['booting', 'up'],
  )
})

test('events that belong to no boot change nothing', (t) => {
  const tracker = newTracker(NAMES, [])
  for (const event of [tftp('x'), report('up'), dhcp('REQUEST', 'initramfs')])
    t.deepEqual(apply(tracker, MAC, event, T0, 'x'), { tracker, changed: [], write: [] })
})

test('a script request opens the attempt that DHCP began, or a new one, and has it stored before a token is made', (t) => {
  const known = openAttempt(track(until(1.6)), MAC, at(2), 'fresh')
  t.is(known.attempt.id, 'a0')
  t.deepEqual(known.write, [], 'it is stored already')

  const rom = until(1.6).filter(([seconds]) => seconds >= 1.5)
  const unknown = openAttempt(track(rom, newTracker(new Map(), []), STRANGER), STRANGER, at(2), 'fresh')
  t.like(unknown.write, [{ kind: 'save', attempt: { id: 'a0' } }])
  t.is(unknown.write[0]?.kind === 'save' && unknown.write[0].events.length, 2, 'with what DHCP had before')

  const first = openAttempt(newTracker(NAMES, []), MAC, at(2), 'fresh')
  t.like(first, { attempt: { id: 'fresh' }, write: [{ kind: 'save', attempt: { id: 'fresh' } }] })
  const served = apply(first.tracker, MAC, script(), at(2), 'other')
  t.is(served.changed[0]?.id, 'fresh', 'the event goes to the attempt that was opened')
  t.is(openAttempt(served.tracker, MAC, at(12), 'other').attempt.pin?.generation, '0123456789abcdef' as never)
  t.is(openAttempt(track(NORMAL), MAC, at(60), 'next').attempt.id, 'next')
})

test('DHCP alone of a MAC that the config does not know is not written; with its first file it is, all of it', (t) => {
  const { changes } = track(until(0.5), newTracker(new Map(), []), STRANGER)
  t.deepEqual(
    changes.map(({ write }) => write.length),
    [0, 0, 1, 1],
  )
  t.is(changes[2]?.write[0]?.kind === 'save' && changes[2].write[0].events.length, 3)
})

test('a report counts only for an attempt that exists and from the address that its host has', (t) => {
  const tracker = track(until(4))
  const from = (peer: string, id = 'a0', lease: () => ReturnType<typeof ipv4> | undefined = leased) =>
    applyReport(tracker, id, ipv4(peer), report('initramfs'), at(9), lease)
  t.like(from('10.77.0.21'), { kind: 'accepted' })
  t.deepEqual(from('10.77.0.66'), { kind: 'refused', reason: '52:54:00:77:00:01 has 10.77.0.21, and this came from 10.77.0.66' })
  t.deepEqual(from('10.77.0.21', 'nope'), { kind: 'refused', reason: 'there is no such boot attempt' })
  t.is(from('10.77.0.21', 'a0', () => ipv4('10.77.0.50')).kind, 'refused', 'the lease decides, where there is one')
  t.is(from('10.77.0.21', 'a0', () => undefined).kind, 'accepted', 'another server gave the address: what the boot used counts')
})

test('a late report of an attempt that another has followed goes to its own', (t) => {
  const next = apply(track(until(11)), MAC, dhcp('DISCOVER', 'firmware'), at(60), 'b0').tracker
  const late = applyReport(next, 'a0', ADDRESS, report('dom0'), at(61), leased)
  if (late.kind === 'refused') return t.fail(late.reason)
  t.like(late.changed, [{ id: 'a0', state: 'failed' }])
  t.like(late.write, [{ kind: 'save', attempt: { id: 'a0' } }])
  t.deepEqual(
    views(late.tracker, at(61)).map(({ id, stages }) => [id, stages.at(-1)?.stage]),
    [
      ['b0', 'firmware'],
      ['a0', 'dom0'],
    ],
  )
})

test('time alone turns a silent boot to stuck, once, and the next event turns it back', (t) => {
  const tracker = track(until(4))
  t.deepEqual(tick(tracker, at(100)).changed, [])
  const stuck = tick(tracker, at(200))
  t.like(stuck.changed, [{ id: 'a0', state: 'stuck' }])
  t.deepEqual(tick(stuck.tracker, at(201)).changed, [], 'said once')
  t.like(apply(stuck.tracker, MAC, report('initramfs'), at(202), 'x').changed, [{ id: 'a0', state: 'booting' }])
  t.deepEqual(tick(track(NORMAL), at(10_000)).changed, [], 'what is up stays up')
})

test('after a restart in mid-boot the same attempt goes on with the same generation', (t) => {
  const before = track(until(4))
  const [tracked] = before.hosts.get(MAC) ?? []
  if (!tracked) return t.fail()
  const restarted = newTracker(NAMES, [tracked.attempt])
  t.deepEqual(views(restarted, at(5)), views(before, at(5)))
  t.like(openAttempt(restarted, MAC, at(12), 'other').attempt, { id: 'a0', pin: { generation: '0123456789abcdef' } })
  t.is(applyReport(restarted, 'a0', ADDRESS, report('initramfs'), at(9), () => undefined).kind, 'accepted')
})

test('of a host the newest attempts are kept, and the one whose root it may still run; the rest is forgotten', (t) => {
  let tracker: Tracker = track(NORMAL)
  const forgotten: string[] = []
  for (let boot = 1; boot <= 2 * ATTEMPT_LIMIT; boot += 1) {
    for (const event of [dhcp('DISCOVER', 'firmware'), script()]) {
      const change = apply(tracker, MAC, event, at(boot * 100), `b${boot}`)
      tracker = change.tracker
      forgotten.push(...change.write.flatMap((write) => (write.kind === 'forget' ? [write.id] : [])))
    }
  }
  const kept = tracker.hosts.get(MAC)?.map(({ attempt }) => attempt.id) ?? []
  t.is(kept.length, ATTEMPT_LIMIT + 1)
  t.is(kept.at(-1), 'a0')
  t.deepEqual(
    forgotten,
    Array.from({ length: ATTEMPT_LIMIT }, (_, index) => `b${index + 1}`),
  )
})

test('a flood of unknown MACs is bounded, writes nothing, and takes neither known hosts nor those that boot', (t) => {
  let tracker: Tracker = track([[0, dhcp('DISCOVER', 'firmware')]])
  tracker = track(until(4), tracker, STRANGER)
  for (let index = 0; index < HOST_LIMIT + 200; index += 1) {
    const change = apply(
      tracker,
      macFromBytes(Uint8Array.of(2, 0, 0, 0, index >> 8, index & 255)),
      dhcp('DISCOVER', 'firmware'),
      at(10 + index / 1000),
      `f${index}`,
    )
    t.deepEqual(change.write, [])
    tracker = change.tracker
  }
  t.is(tracker.hosts.size, HOST_LIMIT + 1)
  t.true(tracker.hosts.has(MAC))
  t.true(tracker.hosts.has(STRANGER))
})

test('what we dropped of a machine is an event of its boot, counted once for each reason, and a flood of it writes little', (t) => {
  let tracker = newTracker(NAMES, [])
  let writes = 0
  for (let index = 0; index < 5000; index += 1) {
    const change = apply(tracker, MAC, dropped('dhcp', `options 12 at byte ${index}: 200 bytes wanted, 1 left`), at(index / 1000), 'd0')
    writes += change.write.length
    tracker = change.tracker
  }
  t.is(writes, 5, 'one a second')
  const [view] = views(tracker, at(100))
  t.like(view, { id: 'd0', state: 'stuck', stages: [{ stage: 'firmware', status: 'running' }] })
  t.regex(view?.stages[0]?.detail ?? '', /^5000 dropped here: DHCP options 12 at byte 4999/)
  t.regex(view?.diagnosis ?? '', /^5000 DHCP packets of this host reached the appliance, which dropped them itself/)
})

test('packets of a stranger that were dropped are not written, those of a running dom0 are no event of its boot', (t) => {
  t.deepEqual(apply(newTracker(NAMES, []), STRANGER, dropped('dhcp', 'cookie'), T0, 's0').write, [])
  const { changes: _, ...running } = track(NORMAL)
  for (const protocol of ['dhcp', 'tftp', 'http', 'nfs'] as const) {
    t.deepEqual(apply(running, MAC, dropped(protocol, 'x'), at(60), 'x').changed, [])
  }
})

test('an attempt is found by its id', (t) => {
  t.is(attemptById(track(until(4)), 'a0')?.mac, MAC)
  t.is(attemptById(track(until(4)), 'b0'), undefined)
})

test('the MAC behind an address is that of the boot that has it', (t) => {
  t.is(macAt(track(until(4)), ADDRESS), MAC)
  t.is(macAt(track(until(4)), ipv4('10.77.0.99')), undefined)
})

test('a host that is forgotten leaves nothing, in memory or in the store; others stay', (t) => {
  const { changes: _, ...tracker } = track(NORMAL)
  const change = forget(tracker, MAC)
  t.deepEqual(views(change.tracker, at(60)), [])
  t.deepEqual(change.write, [{ kind: 'forget', id: 'a0' }])
  t.deepEqual(forget(tracker, STRANGER).tracker.hosts, tracker.hosts)
})

const OTHER_NIC = mac('52:54:00:77:00:0b')
const bonded = (stored: Parameters<typeof newTracker>[1] = []) =>
  newTracker(new Map([...NAMES, [OTHER_NIC, 'node01']]), stored, (nic) => (nic === OTHER_NIC ? MAC : nic))

test('firmware that tries the NICs of one host in turn is one boot, whichever of them gets the script', (t) => {
  const tried = track([[0, dhcp('DISCOVER', 'firmware')]], bonded(), OTHER_NIC)
  const both = track([[5, dhcp('DISCOVER', 'firmware')]], tried, MAC)
  t.deepEqual(
    views(both, at(6)).map(({ host, id, mac: nic }) => [host, id, nic]),
    [['node01', 'a0', OTHER_NIC]],
  )
  const opened = openAttempt(both, MAC, at(6), 'b0')
  t.is(opened.attempt.mac, MAC)
  t.deepEqual(
    opened.changed.map(({ id, state, stages }) => [id, state, stages.map(({ stage }) => stage)]),
    [
      ['b0', 'booting', ['firmware']],
      ['a0', 'failed', ['firmware']],
    ],
  )
  const loaded = apply(opened.tracker, OTHER_NIC, { kind: 'tftp', file: 'x', outcome: 'served', bytes: 1 }, at(7), 'c0')
  t.is(loaded.changed[0]?.id, 'b0', 'what is heard of any NIC belongs to the boot of its host')
  const later = openAttempt(loaded.tracker, OTHER_NIC, at(8), 'd0')
  t.is(later.attempt.id, 'd0')
  t.is(openAttempt(later.tracker, OTHER_NIC, at(9), 'e0').attempt.id, 'd0')
})

test('attempts of all NICs of a host are one list after a restart, and forgotten together', (t) => {
  const begun = { id: 'a0', mac: MAC, startedAt: T0, events: [] }
  const tracker = bonded([begun, { ...begun, id: 'b0', mac: OTHER_NIC, startedAt: T0 + 1000 }])
  t.deepEqual(
    views(tracker, at(2)).map(({ id, diagnosis }) => [id, diagnosis === undefined]),
    [
      ['b0', true],
      ['a0', false],
    ],
  )
  t.deepEqual(
    forget(tracker, OTHER_NIC).write.map((write) => write.kind === 'forget' && write.id),
    ['b0', 'a0'],
  )
})

test('what is one host by another config has its attempts together, newest first, and apart again by the next', (t) => {
  const begun = { id: 'a0', mac: MAC, startedAt: T0, events: [] }
  const apart = newTracker(NAMES, [begun, { ...begun, id: 'b0', mac: OTHER_NIC, startedAt: T0 + 1000 }])
  const lists = ({ hosts }: Tracker) => [...hosts].map(([host, tracked]) => [host, tracked.map(({ attempt: { id } }) => id)])
  t.deepEqual(lists(apart), [
    [MAC, ['a0']],
    [OTHER_NIC, ['b0']],
  ])
  const together = regrouped(apart, (nic) => (nic === OTHER_NIC ? MAC : nic))
  t.deepEqual(lists(together), [[MAC, ['b0', 'a0']]])
  t.is(openAttempt(together, OTHER_NIC, at(2), 'c0').attempt.id, 'b0')
  t.deepEqual(lists(regrouped(together, (nic) => nic)), [
    [OTHER_NIC, ['b0']],
    [MAC, ['a0']],
  ])
})
