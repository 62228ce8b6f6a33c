import test from 'ava'
import fc from 'fast-check'
import { type Standing, type StateEvent, type Transition, transition } from '../../../manager/hosts/state.ts'
import { HOST_STATES, type HostState } from '../../../manager/protocol/host.ts'

const host = (state: HostState, agent: Standing['agent'] = 'absent'): Standing => ({ name: 'node01', state, agent })
const after = (standing: Standing, event: StateEvent): Transition => transition(standing, event, 'admin alice', 1000)

function shown(result: Transition): string {
  switch (result.kind) {
    case 'changed':
      return result.state
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

/** One row a state, one column an event, in their orders; `-`: nothing, `!`: refused. */
const WHILE_ABSENT = `
pending      approved rejected -       -  -    !           !        !      !
approved     -        rejected booting up -    maintenance !        fenced !
booting      -        rejected -       up lost maintenance !        fenced !
up           -        rejected booting -  lost maintenance !        fenced !
maintenance  -        rejected -       -  -    -           approved fenced !
lost         -        rejected booting up -    !           !        fenced !
fenced       !        rejected !       !  -    !           !        -      approved
rejected     approved -        -       !  -    !           !        !      !`

const WHILE_CONNECTED = `
pending      up       rejected !       -  -    !           !        !      !
approved     -        rejected !       up -    maintenance !        !      !
booting      -        rejected !       up !    maintenance !        !      !
up           -        rejected !       -  !    maintenance !        !      !
maintenance  -        rejected !       -  -    -           up       !      !
lost         -        rejected !       up -    !           !        !      !
fenced       !        rejected !       !  -    !           !        !      !
rejected     up       -        !       !  -    !           !        !      !`

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
  t.deepEqual(after(host('up'), { kind: 'silent', cause: 'no connection for 30 s' }), {
    kind: 'changed',
    state: 'lost',
    change: { at: 1000, who: 'admin alice', what: 'lost (up before): no connection for 30 s' },
  })
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
  [host('fenced', 'connected'), { kind: 'connects' }, /the fence did not hold, and its guests may run twice/],
  [host('up', 'connected'), { kind: 'fence', proof: 'its BMC says that power is off' }, /its agent is connected, whatever says/],
  [host('fenced', 'connected'), { kind: 'release' }, /still running since before it was fenced/],
  [host('up', 'connected'), { kind: 'boots' }, /not believed until that connection ends$/],
  [host('pending'), { kind: 'maintain', guests: 0 }, /^node01 is pending: approve it first$/],
]

for (const [standing, event, reason] of REASONS) {
  test(`${event.kind} of a host that is ${standing.state} and ${standing.agent} is refused: ${reason.source}`, (t) => {
    const result = after(standing, event)
    t.regex(result.kind === 'refused' ? result.reason : result.kind, reason)
  })
}

test('whatever happens, no host leaves fenced but by release or rejection, and none becomes up without its agent', (t) => {
  const story = fc.array(fc.tuple(fc.constantFrom(...EVENTS), fc.constantFrom('connected' as const, 'absent' as const)), { maxLength: 30 })
  fc.assert(
    fc.property(story, (events) => {
      let state: HostState = 'pending'
      for (const [event, agent] of events) {
        const result = after(host(state, agent), event)
        if (result.kind !== 'changed') continue
        if (state === 'fenced' && event.kind !== 'release' && event.kind !== 'reject') return false
        if (result.state === 'up' && agent === 'absent' && event.kind !== 'connects') return false
        if (result.state === 'fenced' && (event.kind !== 'fence' || agent === 'connected')) return false
        state = result.state
      }
      return true
    }),
  )
  t.pass()
})
