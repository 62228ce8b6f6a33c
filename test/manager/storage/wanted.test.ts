import test from 'ava'
import { type Iscsi, iscsi } from '../../../manager/protocol/storage.ts'
import { iscsiName } from '../../../manager/protocol/values.ts'
import { type Candidate, initiatorOf, stepFor, type WantedConnection } from '../../../manager/storage/wanted.ts'
import { hostIn } from '../hosts/conditions.ts'

const PORTAL = '10.77.0.1:3260'
const T1 = 'iqn.2026-11.test:t1'
const NONE: Iscsi = { sessions: [] }
const SESSION = iscsi.parse({ sessions: [{ target: T1, portal: PORTAL, sid: 1, connected: false, luns: [] }] })
const up: Candidate = { ...hostIn('up'), groups: ['rack1'] }
const wanted = (changed: Partial<WantedConnection> = {}): WantedConnection => ({
  id: 'a',
  portal: PORTAL,
  target: T1,
  groups: [],
  ending: false,
  ...changed,
})
const step = (connection: WantedConnection, host: Candidate, seen: Iscsi, ...others: WantedConnection[]) =>
  stepFor(connection, host, seen, [connection, ...others])

test('a host connects when it is trusted, meant, and has no session; a session without its target for now is one', (t) => {
  t.is(step(wanted(), up, NONE), 'connect')
  t.is(step(wanted(), up, SESSION), 'nothing')
  t.is(step(wanted({ target: undefined }), up, SESSION), 'nothing')
  t.is(step(wanted({ groups: ['rack1'] }), up, NONE), 'connect')
  t.is(step(wanted({ groups: ['rack2'] }), up, NONE), 'nothing')
  for (const state of ['pending', 'fenced', 'rejected'] as const) t.is(step(wanted(), { ...up, ...hostIn(state) }, NONE), 'nothing')
})

test('what is taken away is disconnected, unless another connection wants the same session of this host', (t) => {
  const ending = wanted({ ending: true })
  t.is(step(ending, up, SESSION), 'disconnect')
  t.is(step(ending, up, NONE), 'nothing')
  t.is(step(ending, { ...up, ...hostIn('fenced') }, SESSION), 'nothing')
  t.is(step(ending, up, SESSION, wanted({ id: 'b' })), 'nothing')
  t.is(step(ending, up, SESSION, wanted({ id: 'b', target: undefined })), 'nothing')
  t.is(step(ending, up, SESSION, wanted({ id: 'b', target: 'iqn.2026-11.test:t2' })), 'disconnect')
  t.is(step(ending, up, SESSION, wanted({ id: 'b', groups: ['rack2'] })), 'disconnect')
  t.is(step(ending, up, SESSION, wanted({ id: 'b', ending: true })), 'disconnect')
})

test('the name of a host at targets is its own, and an iSCSI name', (t) => {
  t.is(initiatorOf('abcdefghijklmnop'), iscsiName.parse('iqn.2026-11.io.hostless:abcdefghijklmnop'))
})
