import test from 'ava'
import { NEW_SESSION, type Session, step } from '../../../manager/agents/session.ts'
import { type AgentMessage, PROTOCOL_VERSION } from '../../../manager/protocol/messages.ts'
import { EMPTY, uuidOf } from '../site.ts'

const [run, other] = [uuidOf(1), uuidOf(2)]
const knows = { epoch: 5, stored: undefined, isAsked: (id: string) => id === 'asked' }
const hello = (changed: object = {}): AgentMessage => ({
  kind: 'hello',
  versions: { oldest: 1, newest: 1 },
  agent: 'x',
  run,
  revision: 7,
  ...changed,
})
const delta = (base: number, revision: number): AgentMessage => ({ kind: 'delta', run, base, revision, sections: {}, problems: [] })
const ready: Session = { kind: 'ready', run, held: 3, asked: false }
const kinds = (session: Session, message: AgentMessage) => step(session, message, knows).actions.map(({ kind }) => kind)

test('hello is answered with what the store holds of this run, and with nothing of another run or of the future', (t) => {
  const have = (stored: { run: string; revision: number } | undefined) => {
    const [, sent] = step(NEW_SESSION, hello(), { ...knows, stored }).actions
    return sent?.kind === 'send' && sent.message.kind === 'welcome' ? sent.message.have : 'no welcome'
  }
  t.is(have({ run, revision: 3 }), 3)
  t.is(have({ run: other, revision: 3 }), undefined)
  t.is(have({ run, revision: 8 }), undefined)
  t.is(have(undefined), undefined)
})

test('an agent that has heard a later manager, or speaks only later versions, is told so and let go without an alarm', (t) => {
  for (const message of [hello({ epoch: 6 }), hello({ versions: { oldest: PROTOCOL_VERSION + 1, newest: PROTOCOL_VERSION + 2 } })]) {
    const { session, actions } = step(NEW_SESSION, message, knows)
    t.is(session, NEW_SESSION)
    t.deepEqual(
      actions.flatMap(({ kind }) => (kind === 'outdated' ? [] : [kind])),
      ['send', 'close'],
    )
    t.true(actions.every((action) => action.kind !== 'close' || !action.audit))
    t.deepEqual(
      actions.filter(({ kind }) => kind === 'outdated'),
      message.kind === 'hello' && message.epoch === 6 ? [{ kind: 'outdated', heard: 6 }] : [],
    )
  }
})

test('a delta that follows is saved; one that does not is answered with resend, once, until everything has come', (t) => {
  t.deepEqual(kinds(ready, delta(3, 4)), ['save'])
  const gap = step(ready, delta(5, 6), knows)
  t.deepEqual(gap.actions, [{ kind: 'send', message: { kind: 'resend' } }])
  t.deepEqual(kinds(gap.session, delta(6, 7)), [])
  const full = step(gap.session, { kind: 'inventory', run, revision: 9, inventory: EMPTY }, knows)
  t.deepEqual(
    full.actions.map(({ kind }) => kind),
    ['save'],
  )
  t.deepEqual(kinds(full.session, delta(9, 10)), ['save'])
})

test('words out of order end the connection, and the operator hears of it', (t) => {
  const wrong: [Session, AgentMessage][] = [
    [NEW_SESSION, delta(1, 2)],
    [ready, hello()],
    [ready, delta(3, 3)],
    [ready, { kind: 'inventory', run: other, revision: 1, inventory: EMPTY }],
    [ready, { kind: 'answer', id: 'x', answer: { kind: 'refused', cause: 'busy', reason: 'x' } }],
  ]
  for (const [session, message] of wrong) {
    const { actions } = step(session, message, knows)
    t.true(actions.length === 1 && actions[0]?.kind === 'close' && actions[0].audit, message.kind)
  }
})

test('an answer is taken when this connection has asked for it', (t) => {
  const answer = { kind: 'refused', cause: 'busy', reason: 'x' } as const
  t.deepEqual(step(ready, { kind: 'answer', id: 'asked', answer }, knows).actions, [{ kind: 'answer', id: 'asked', answer }])
})

test('what did not live on a host is in its hello, and an agent may be asked only once it has been welcomed', (t) => {
  const { actions } = step(NEW_SESSION, hello({ dropped: ['a'.repeat(64)] }), knows)
  t.deepEqual(
    actions.map(({ kind }) => kind),
    ['ready', 'send', 'welcomed'],
  )
  t.deepEqual(actions[0], { kind: 'ready', agent: 'x', speaks: 1, dropped: ['a'.repeat(64)] })
})

test('a ping is answered at any time', (t) => {
  for (const session of [NEW_SESSION, ready])
    t.deepEqual(step(session, { kind: 'ping', number: 4 }, knows).actions, [{ kind: 'send', message: { kind: 'pong', number: 4 } }])
})
