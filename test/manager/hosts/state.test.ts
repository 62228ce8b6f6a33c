import test from 'ava'
import { type Standing, type StateEvent, type Transition, transition } from '../../../manager/hosts/state.ts'
import { HOST_STATES, type HostState, stateOf } from '../../../manager/protocol/host.ts'
import { hostIn } from './conditions.ts'

const host = (state: HostState, agent: Standing['agent'] = 'absent', beside: Partial<Standing> = {}): Standing => ({
  ...{ name: 'node01', agent },
  ...hostIn(state),
  ...beside,
})
const after = (standing: Standing, event: StateEvent): Transition => transition(standing, event, 'admin alice', 1000)

function shown(result: Transition): string {
  switch (result.kind) {
    case 'changed':
      return stateOf(result.now)
    case 'same':
      return '-'
    case 'refused':
      return '!'
  }
}

const EVENTS: readonly StateEvent[] = [
  { kind: 'approve' },
  { kind: 'reject' },
  { kind: 'boots' },
  { kind: 'connects' },
  { kind: 'silent', cause: 'no connection for 30 s' },
  { kind: 'maintain', guests: 0 },
  { kind: 'resume' },
  { kind: 'fence', proof: 'its BMC says that power is off' },
  { kind: 'release' },
]

/** One row a host that is plainly in a state, one column an event, in their orders; `-`: nothing, `!`: refused. */
const WHILE_ABSENT = `
pending      approved rejected -           -  -    !           !  !      !
approved     -        rejected booting     up -    maintenance !  fenced !
booting      -        rejected -           up lost maintenance !  fenced !
up           -        rejected booting     -  lost maintenance !  fenced !
maintenance  -        rejected maintenance -  lost -           up fenced !
lost         -        rejected booting     up -    !           !  fenced !
fenced       !        rejected !       fenced -    !           !  -      approved
rejected     approved -        -           !  -    !           !  !      !`

const WHILE_CONNECTED = `
pending      up       rejected !           -  -    !           !  !      !
approved     -        rejected !           up -    maintenance !  !      !
booting      -        rejected !           up !    maintenance !  !      !
up           -        rejected !           -  !    maintenance !  !      !
maintenance  -        rejected !           -  !    -           up !      !
lost         -        rejected !           up -    !           !  !      !
fenced       !        rejected !       fenced -    !           !  !      !
rejected     up       -        !           !  -    !           !  !      !`

for (const [agent, table] of [
  ['absent', WHILE_ABSENT],
  ['connected', WHILE_CONNECTED],
] as const) {
  test(`every state follows on every event as written down, while the agent is ${agent}`, (t) => {
    const rows = table
      .trim()
      .split('\n')
      .map((line) => line.split(/\s+/))
    t.deepEqual(
      rows,
      HOST_STATES.map((state) => [state, ...EVENTS.map((event) => shown(after(host(state, agent), event)))]),
    )
  })
}

test('a change is a line of the history that says from where, by whom and why', (t) => {
  t.like(after(host('up'), { kind: 'silent', cause: 'no connection for 30 s' }), {
    kind: 'changed',
    now: hostIn('lost'),
    change: { at: 1000, who: 'admin alice', what: 'lost (up before): no connection for 30 s' },
  })
})

/** The words of the history, one event after the other: `connected` and `absent` say how its agent is from then on. */
function story(begin: Standing, ...events: readonly (StateEvent | Standing['agent'])[]): readonly string[] {
  let standing = begin
  return events.flatMap((event) => {
    if (typeof event === 'string') {
      standing = { ...standing, agent: event }
      return []
    }
    const result = after(standing, event)
    if (result.kind !== 'changed') return [result.kind]
    standing = { ...standing, ...result.now }
    return [result.change.what.replace(/: .*/, '')]
  })
}

test('a host in maintenance that dies is lost, and comes back into maintenance', (t) => {
  t.deepEqual(
    story(
      host('maintenance'),
      { kind: 'silent', cause: 'no connection for 30 s' },
      { kind: 'boots' },
      { kind: 'silent', cause: 'no connection for 600 s' },
      'connected',
      { kind: 'connects' },
      { kind: 'resume' },
    ),
    [
      'lost, in maintenance (maintenance before)',
      'maintenance, booting (lost, in maintenance before)',
      'lost, in maintenance (maintenance, booting before)',
      'maintenance (lost, in maintenance before)',
      'up (maintenance before)',
    ],
  )
  t.deepEqual(story(host('lost', 'absent', { service: 'maintenance' }), { kind: 'maintain', guests: 0 }, { kind: 'resume' }), [
    'same',
    'lost (lost, in maintenance before)',
  ])
})

test('a fence keeps the service of a host, and approval and rejection keep the fence', (t) => {
  t.deepEqual(
    story(host('lost', 'absent', { service: 'maintenance' }), { kind: 'fence', proof: 'x' }, { kind: 'reject' }, { kind: 'approve' }),
    [
      'fenced, in maintenance (lost, in maintenance before)',
      'rejected, fenced, in maintenance (fenced, in maintenance before)',
      'fenced, in maintenance (rejected, fenced, in maintenance before)',
    ],
  )
  t.deepEqual(story(host('fenced', 'absent', { service: 'maintenance' }), { kind: 'release' }, { kind: 'boots' }), [
    'maintenance (fenced, in maintenance before)',
    'maintenance, booting (maintenance before)',
  ])
  t.deepEqual(story(host('fenced', 'absent', { service: 'cordoned', cordoned: true }), { kind: 'release' }), ['approved (fenced before)'])
})

test('a host whose machine changed waits in the service that it was in, and can be fenced meanwhile', (t) => {
  const waiting = host('maintenance', 'absent', { trust: 'pending', presence: 'lost', power: 'unknown', claimed: true })
  t.deepEqual(story(waiting, 'connected', { kind: 'connects' }, { kind: 'approve' }), [
    'same',
    'maintenance (pending, lost, in maintenance before)',
  ])
  t.deepEqual(story(waiting, { kind: 'fence', proof: 'x' }, { kind: 'release' }, { kind: 'approve' }), [
    'fenced, not approved, in maintenance (pending, lost, in maintenance before)',
    'refused',
    'fenced, in maintenance (fenced, not approved, in maintenance before)',
  ])
})

test('a host that is cordoned is so again when its maintenance is over', (t) => {
  const resumed = after(host('maintenance', 'connected', { cordoned: true }), { kind: 'resume' })
  t.is(resumed.kind === 'changed' ? resumed.now.service : resumed.kind, 'cordoned')
})

test('a fence that did not hold is told, and ends by a new proof or a release only', (t) => {
  const heard = after(host('fenced', 'connected'), { kind: 'connects' })
  t.regex((heard.kind === 'changed' && heard.alarm) || heard.kind, /the fence did not hold, and its guests may run twice/)
  t.deepEqual(
    story(
      host('fenced', 'connected'),
      { kind: 'connects' },
      { kind: 'connects' },
      { kind: 'fence', proof: 'x' },
      'absent',
      { kind: 'silent', cause: 'no connection for 30 s' },
      { kind: 'fence', proof: 'its plug is in my hand' },
    ),
    [
      'fenced, its agent answers (fenced before)',
      'refused',
      'refused',
      'fenced, lost (fenced, its agent answers before)',
      'fenced (fenced, lost before)',
    ],
  )
})

const REASONS: readonly [standing: Standing, event: StateEvent, reason: RegExp][] = [
  [host('up'), { kind: 'maintain', guests: 1 }, /^1 guest runs on node01: evacuate it first$/],
  [host('up'), { kind: 'maintain', guests: 3 }, /^3 guests run on node01: evacuate it first$/],
  [
    host('up'),
    { kind: 'maintain', guests: 0, unread: 'guests (xl list -l: stopped after 20 s)' },
    /^whether guests run on node01 is not known: guests \(xl list -l: stopped after 20 s\)\. See to that on the host and ask again/,
  ],
  [host('lost'), { kind: 'maintain', guests: 0 }, /its guests may still run: fence it first$/],
  [host('up', 'connected'), { kind: 'fence', proof: 'its BMC says that power is off' }, /its agent is connected, whatever says/],
  [host('fenced', 'connected'), { kind: 'release' }, /still running since before it was fenced/],
  [host('up', 'connected'), { kind: 'boots' }, /not believed until that connection ends$/],
  [host('pending'), { kind: 'maintain', guests: 0 }, /^node01 is pending: approve it first$/],
  [host('fenced', 'absent', { trust: 'pending', claimed: true }), { kind: 'release' }, /^another machine boots as node01/],
]

for (const [standing, event, reason] of REASONS) {
  test(`${event.kind} of a host that is ${stateOf(standing)} and ${standing.agent} is refused: ${reason.source}`, (t) => {
    const result = after(standing, event)
    t.regex(result.kind === 'refused' ? result.reason : result.kind, reason)
  })
}
