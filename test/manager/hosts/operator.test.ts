import test from 'ava'
import { rule, type Wish } from '../../../manager/hosts/operator.ts'
import { stateOf } from '../../../manager/protocol/host.ts'
import { hostIn } from './conditions.ts'

const host = {
  id: 'a'.repeat(16),
  name: 'node01',
  uuid: undefined,
  ...hostIn('pending'),
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
    return ruling.kind === 'change' ? stateOf({ ...host, ...ruling.set }) : ruling.kind
  }
  t.is(state(true), 'up')
  t.is(state(false), 'approved')
})

test('an evacuation is a service of its host: it begins with its cordon, whosever that is, and ends by itself, by an uncordon, or by nothing else', (t) => {
  const asked = (wish: Wish, record: object) =>
    rule(wish, { ...host, ...hostIn('up'), ...record }, { isConnected: true, isNameTaken: false, who: 'automation x', at: 9 })
  const why = 'evacuated by automation x'
  const begin: Wish = { kind: 'cordon', reason: why, unless: 'cordoned', to: 'evacuate' }
  const cordon = { reason: 'PDU 2', who: 'user ada', at: 5 }
  t.like(asked(begin, {}), { set: { service: 'evacuating', cordon: { reason: why } }, what: `cordoned: ${why}` })
  t.deepEqual(asked(begin, { service: 'cordoned', cordon }), {
    kind: 'change',
    set: { service: 'evacuating' },
    what: 'evacuated, and cordoned as before: PDU 2',
  })
  const evacuating = { service: 'evacuating', cordon }
  t.is(asked(begin, evacuating).kind, 'nothing')
  t.like(asked({ kind: 'cordon', reason: 'fans' }, evacuating), { set: { service: 'evacuating', cordon: { reason: 'fans' } } })
  const over = { set: { service: 'cordoned' }, what: 'evacuated no more, and cordoned: PDU 2' }
  t.like(asked({ kind: 'evacuated' }, evacuating), over)
  t.like(asked({ kind: 'uncordon', of: why }, evacuating), over, 'it was cordoned before')
  t.like(asked({ kind: 'uncordon' }, evacuating), { set: { service: 'in', cordon: 'none' } })
  t.is(asked({ kind: 'evacuated' }, { service: 'cordoned', cordon }).kind, 'nothing')
  const idle = { service: 'maintenance', cordon }
  t.is(asked({ kind: 'evacuated' }, idle).kind, 'nothing')
  t.like(asked({ kind: 'uncordon' }, idle), { set: { service: 'maintenance', cordon: 'none' } })
  t.like(asked({ kind: 'cordon', reason: 'fans' }, idle), { set: { service: 'maintenance', cordon: { reason: 'fans' } } })
})

test('a cordon says why, since when and by whom; one for an evacuation leaves one that is there alone, and goes with its own', (t) => {
  const standing = { ...host, ...hostIn('up'), service: 'cordoned', cordon: { reason: 'PDU 2', who: 'user ada', at: 5 } }
  const asked = (wish: Wish, record: object = host) =>
    rule(wish, { ...host, ...record }, { isConnected: true, isNameTaken: false, who: 'user bob', at: 9 })
  t.deepEqual(asked({ kind: 'cordon', reason: 'PDU 2' }), {
    kind: 'change',
    set: { cordon: { reason: 'PDU 2', who: 'user bob', at: 9 }, service: 'cordoned' },
    what: 'cordoned: PDU 2',
  })
  t.is(asked({ kind: 'cordon', reason: 'PDU 2' }, standing).kind, 'nothing')
  t.like(asked({ kind: 'cordon', reason: 'fans' }, standing), { what: 'cordoned: fans (before: PDU 2)' })
  t.is(asked({ kind: 'cordon', reason: 'fans', unless: 'cordoned' }, standing).kind, 'nothing')
  t.is(asked({ kind: 'uncordon', of: 'fans' }, standing).kind, 'nothing')
  t.like(asked({ kind: 'uncordon', of: 'PDU 2' }, standing), {
    set: { cordon: 'none', service: 'in' },
    what: 'cordoned no more (before: PDU 2)',
  })
  t.is(asked({ kind: 'uncordon' }).kind, 'nothing')
  for (const reason of ['', 'a\nb', '\u001b[2J', '\u202e', 'x'.repeat(257)])
    t.is(asked({ kind: 'cordon', reason }).kind, 'refused', JSON.stringify(reason))
  t.is(asked({ kind: 'cordon', reason: 'x' }, hostIn('rejected')).kind, 'refused')
})
