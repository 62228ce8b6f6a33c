import test from 'ava'
import { rule, type Wish } from '../../../manager/hosts/operator.ts'

const host = {
  id: 'a'.repeat(16),
  name: 'node01',
  uuid: undefined,
  state: 'pending',
  since: 0,
  groups: ['rack1'],
  notes: '',
  created: 0,
  attempt: undefined,
  macs: [],
}
const ask = (wish: Wish, changed: object = {}) =>
  rule(wish, host, { isConnected: false, isNameTaken: false, who: 'admin alice', at: 1, ...changed })

test('what is so already changes nothing and writes no history', (t) => {
  t.is(ask({ kind: 'rename', name: 'node01' }).kind, 'nothing')
  t.is(ask({ kind: 'group', groups: ['rack1', 'rack1'] }).kind, 'nothing')
  t.is(ask({ kind: 'note', notes: '' }).kind, 'nothing')
})

test('hostile and taken names are refused with a reason', (t) => {
  for (const name of ['', 'A', 'a b', 'a\n', '-a', '../x', 'a$b', 'a'.repeat(64), '<b>'])
    t.is(ask({ kind: 'rename', name }).kind, 'refused', name)
  t.is(ask({ kind: 'rename', name: 'node02' }, { isNameTaken: true }).kind, 'refused')
  for (const group of ['', 'a b', '@x', 'x\u0000']) t.is(ask({ kind: 'group', groups: [group] }).kind, 'refused', group)
  for (const notes of ['\u001b[2J', '\u202e', 'x'.repeat(5000)]) t.is(ask({ kind: 'note', notes }).kind, 'refused')
  t.is(ask({ kind: 'note', notes: 'PSU 2 is\tnoisy\nsee ticket' }).kind, 'change')
})

test('approval makes a connected host up, another one approved', (t) => {
  const approve: Wish = { kind: 'state', event: { kind: 'approve' } }
  const state = (isConnected: boolean) => {
    const ruling = ask(approve, { isConnected })
    return ruling.kind === 'change' ? ruling.set.state : ruling.kind
  }
  t.is(state(true), 'up')
  t.is(state(false), 'approved')
})
