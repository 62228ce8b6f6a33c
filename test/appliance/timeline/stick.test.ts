import test from 'ava'
import type { BootEvent } from '../../../appliance/timeline/event.ts'
import { apply, applyReport, openAttempt, views } from '../../../appliance/timeline/tracker.ts'
import { generation, imageName } from '../boot/plans.ts'
import { ADDRESS, dhcp, MAC, NORMAL, report, script, T0, track } from './boots.ts'

const at = (seconds: number) => T0 + seconds * 1000

function stick(reason?: string): BootEvent {
  const told = { kind: 'stick', address: ADDRESS, image: imageName('dom0'), generation: generation('fedcba9876543210') } as const
  return reason === undefined ? { ...told, outcome: 'served' } : { ...told, outcome: 'refused', reason }
}

test('a host that runs from a stick has an attempt of its own, with the generation that it runs and the address that it asked from', (t) => {
  const opened = openAttempt(track(NORMAL), MAC, at(100), 's0', 'stick')
  t.is(opened.attempt.id, 's0')
  const joined = apply(opened.tracker, MAC, stick(), at(100), 'x')
  const up = applyReport(
    joined.tracker,
    's0',
    ADDRESS,
    { kind: 'report', stage: 'up', status: 'done', detail: {} },
    at(101),
    () => undefined,
  )
  if (up.kind === 'refused') return t.fail(up.reason)
  const [view] = views(up.tracker, at(102))
  t.like(view, { id: 's0', state: 'up', image: 'dom0', generation: 'fedcba9876543210', address: ADDRESS })
  t.deepEqual(
    view?.stages.map(({ stage, status, detail }) => [stage, status, detail]),
    [
      ['script', 'done', 'none: it runs from a stick with dom0, generation fedcba9876543210'],
      ['up', 'done', ''],
    ],
  )
})

test('it asks again with the same attempt until it has said something; a boot over the network that was begun is not its', (t) => {
  const begun = track(NORMAL.filter(([seconds]) => seconds <= 4))
  const first = openAttempt(begun, MAC, at(5), 's0', 'stick')
  t.is(first.attempt.id, 's0', 'the firmware had asked the network first')
  const asked = apply(first.tracker, MAC, stick(), at(5), 'x').tracker
  t.is(openAttempt(asked, MAC, at(400), 's1', 'stick').attempt.id, 's0', 'the answer was lost')
  const said = apply(asked, MAC, report('up'), at(401), 'x').tracker
  t.is(openAttempt(said, MAC, at(402), 's1', 'stick').attempt.id, 's1')
  const booted = apply(said, MAC, dhcp('DISCOVER', 'firmware'), at(600), 'b0').tracker
  t.is(views(booted, at(601))[0]?.id, 'b0', 'it boots over the network again')
})

test('one that is refused says why, and goes on when it is not any more', (t) => {
  const opened = openAttempt(track([]), MAC, T0, 's0', 'stick')
  const refused = apply(opened.tracker, MAC, stick('an admin has rejected node01'), T0, 'x')
  t.like(refused.changed[0], { state: 'failed', stages: [{ stage: 'script', status: 'failed', detail: 'an admin has rejected node01' }] })
  t.regex(refused.changed[0]?.diagnosis ?? '', /runs from a stick, and is none of ours: an admin has rejected node01/)
  t.is(refused.changed[0]?.generation, undefined, 'nothing is in use by it')
  const joined = apply(refused.tracker, MAC, stick(), at(9), 'x')
  t.like(joined.changed[0], { id: 's0', state: 'booting', generation: 'fedcba9876543210' })
  const [late] = views(joined.tracker, at(99))
  t.is(late?.state, 'stuck')
  t.regex(late?.diagnosis ?? '', /has its attempt, and Xen's toolstack has not answered/)
})

const STATES: readonly (readonly [state: string, events: readonly BootEvent[]])[] = [
  ['is up', [stick(), report('up')]],
  ['was begun', [stick()]],
  ['failed', [stick(), report('root', 'failed')]],
  ['is refused', [stick('an admin has rejected node01')]],
]

for (const [state, events] of STATES)
  test(`a host whose boot from a stick ${state} is reset seconds later: the network boot that follows is told from its first packet`, (t) => {
    const { tracker: opened } = openAttempt(track([]), MAC, T0, 's0', 'stick')
    const before = events.reduce((tracker, event) => apply(tracker, MAC, event, at(1), 'x').tracker, opened)
    const packets = [dhcp('DISCOVER', 'ipxe'), dhcp('REQUEST', 'ipxe')]
    const asked = packets.reduce((tracker, event) => apply(tracker, MAC, event, at(5), 'b0').tracker, before)
    const { tracker, attempt } = openAttempt(asked, MAC, at(6), 'b1')
    t.is(attempt.id, 'b0')
    const [newest, older] = views(apply(tracker, MAC, script(), at(6), 'b2').tracker, at(7))
    t.deepEqual(
      newest?.stages.map(({ stage }) => stage),
      ['ipxe', 'script'],
    )
    t.is(older?.id, 's0')
  })

test('a script that is asked for after a boot from a stick, with no packet before it that we saw, is of another attempt', (t) => {
  const { tracker: opened } = openAttempt(track([]), MAC, T0, 's0', 'stick')
  const refused = apply(opened, MAC, stick('an admin has rejected node01'), T0, 'x').tracker
  const { attempt } = openAttempt(refused, MAC, at(5), 'b0')
  t.is(attempt.id, 'b0')
  t.deepEqual(attempt.events, [])
})
