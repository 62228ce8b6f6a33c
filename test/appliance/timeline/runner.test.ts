import test from 'ava'
import { AttemptRunner } from '../../../appliance/timeline/runner.ts'
import { newTracker, type Write } from '../../../appliance/timeline/tracker.ts'
import { A } from '../dhcp/packets.ts'
import { collectingLog } from '../wire/collecting-log.ts'
import { dhcp, MAC, NAMES, T0 } from './boots.ts'

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

test('what is observed in one turn is one write, each event at its time, and seen by who asks before it is written', (t) => {
  const { log } = collectingLog()
  const saved: number[] = []
  const turn: (() => void)[] = []
  let time = 0
  const attempts = new AttemptRunner({
    tracker: newTracker(new Map([[A, 'node01']]), []),
    save: (writes) => saved.push(writes.length),
    now: () => time,
    newId: () => `a${time}`,
    later: (action) => turn.push(action),
    log,
  })
  const told: string[] = []
  attempts.subscribe(({ id, state }) => told.push(`${id} ${state}`))
  const end = () => {
    for (const action of turn.splice(0)) action()
  }
  for (const message of ['DISCOVER', 'REQUEST'] as const) {
    attempts.observeSoon(A, dhcp(message, 'firmware'))
    time += 1000
  }
  t.deepEqual([saved, turn.length], [[], 1])
  end()
  t.deepEqual([saved, told], [[2], ['a0 booting']])
  attempts.observeSoon(A, dhcp('DISCOVER', 'ipxe'))
  t.is(attempts.views()[0]?.startedAt, 0)
  t.is(saved.length, 2)
  end()
  t.is(saved.length, 2)
  t.deepEqual(
    attempts.attempt('a0')?.events.map(({ at }) => at),
    [0, 1000, 2000],
  )
})

test('that packets are kept is said with the diagnosis, is stored, and is no sign of the host', (t) => {
  const { log } = collectingLog()
  const saved: Write[] = []
  let [now, id] = [T0, 'a0']
  const save = (writes: readonly Write[]) => void saved.push(...writes)
  const attempts = new AttemptRunner({ tracker: newTracker(NAMES, []), save, now: () => now, newId: () => id, log })
  attempts.observe(MAC, dhcp('DISCOVER', 'firmware'))
  attempts.captured('a0', { packets: 3, missed: 0 })
  t.like(attempts.views()[0], { state: 'booting', diagnosis: undefined, capture: { packets: 3, missed: 0 } })
  now += 60_000
  attempts.captured('a0', { packets: 4, missed: 1 })
  t.like(attempts.views()[0], { state: 'stuck', capture: { packets: 4, missed: 1 } })
  t.regex(attempts.views()[0]?.diagnosis ?? '', /\. What was on the wire is kept: hostless boot capture node01\.$/)
  t.deepEqual(
    saved.flatMap((write) => (write.kind === 'save' ? write.events.map(({ seq, event: { kind } }) => `${seq} ${kind}`) : [])),
    ['0 dhcp', '1 capture', '1 capture'],
  )
  attempts.captured('unknown', { packets: 1, missed: 0 })
  t.is(attempts.views().length, 1)
  // Two minutes after the DISCOVER, and one after the capture: the machine was quiet, and this is another boot.
  now += 61_000
  id = 'b0'
  attempts.observe(MAC, dhcp('DISCOVER', 'firmware'))
  t.deepEqual(
    attempts.views().map((view) => view.id),
    ['b0', 'a0'],
  )
})

test('that packets of a stranger who only asked for an address are kept costs no write', (t) => {
  const { log } = collectingLog()
  const saved: Write[] = []
  const save = (writes: readonly Write[]) => void saved.push(...writes)
  const attempts = new AttemptRunner({ tracker: newTracker(new Map(), []), save, now: () => T0, newId: () => 'a0', log })
  attempts.observe(MAC, dhcp('DISCOVER', 'firmware'))
  attempts.captured('a0', { packets: 3, missed: 0 })
  t.truthy(attempts.views()[0]?.capture)
  t.deepEqual(saved, [])
})
