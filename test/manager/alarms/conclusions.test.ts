import test from 'ava'
import { Conclusions, type ConditionChange } from '../../../manager/alarms/conclusions.ts'
import type { Inventory, Problem, SectionName } from '../../../manager/protocol/inventory.ts'
import { mac, reporting } from '../connectivity/inventories.ts'

const failing = (id: string) => reporting(id, { diskHealth: [{ device: '/dev/sda', passed: false }] })
const well = (id: string) => reporting(id, { diskHealth: [{ device: '/dev/sda', passed: true }] })
const KEY = 'disk-failing a /dev/sda'

function settle(conclusions: Conclusions): readonly string[] {
  const changes = conclusions.changes()
  conclusions.taken(changes)
  return changes.map(shown)
}

const shown = (change: ConditionChange): string => `${change.key} ${change.kind}`

test('a condition is told when it begins and when it ends, and not between', (t) => {
  const conclusions = new Conclusions(new Map())
  conclusions.complete()
  conclusions.update(failing('a'))
  t.deepEqual(settle(conclusions), [`${KEY} holds`])
  conclusions.update(failing('a'))
  t.deepEqual(settle(conclusions), [])
  conclusions.update(well('a'))
  t.deepEqual(settle(conclusions), [`${KEY} ends`])
  conclusions.update(failing('a'))
  conclusions.update(well('a'))
  t.deepEqual(settle(conclusions), [])
})

test('what could not be written down is told again, as it is then', (t) => {
  const conclusions = new Conclusions(new Map())
  conclusions.complete()
  conclusions.update(failing('a'))
  t.deepEqual(conclusions.changes().map(shown), [`${KEY} holds`])
  t.deepEqual(conclusions.changes().map(shown), [`${KEY} holds`])
  conclusions.update(well('a'))
  t.deepEqual(conclusions.changes(), [])
})

test('what begins while the change before it is written down is told next', (t) => {
  const conclusions = new Conclusions(new Map())
  conclusions.complete()
  conclusions.update(failing('a'))
  const changes = conclusions.changes()
  conclusions.update(well('a'))
  conclusions.taken(changes)
  t.deepEqual(settle(conclusions), [`${KEY} ends`])
})

test('after a start nothing ends before all hosts are known, and what still holds is not told again', (t) => {
  const before = new Conclusions(new Map())
  before.complete()
  before.update(failing('a'))
  before.update(failing('b'))
  const written = new Map(before.changes().map((change) => [change.key, change.kind === 'holds' ? change.condition.text : '']))

  const conclusions = new Conclusions(written)
  conclusions.update(well('b'))
  t.deepEqual(settle(conclusions), [])
  conclusions.update(failing('a'))
  conclusions.complete()
  t.deepEqual(settle(conclusions), ['disk-failing b /dev/sda ends'])
})

test('a host that goes takes with it all that was wrong with it', (t) => {
  const conclusions = new Conclusions(new Map())
  conclusions.complete()
  const nics = [{ name: 'eth0', mac: mac(1) }]
  conclusions.update(reporting('a', { nics, diskHealth: [{ device: '/dev/sda', passed: false }] }))
  conclusions.update(reporting('b', { nics }))
  conclusions.heardClock('a', 'a', 3600_000)
  t.deepEqual([...settle(conclusions)].sort(), ['clock-differs a holds', `${KEY} holds`, `shared-mac ${mac(1)} holds`])
  conclusions.remove('a')
  t.deepEqual([...settle(conclusions)].sort(), ['clock-differs a ends', `${KEY} ends`, `shared-mac ${mac(1)} ends`])
})

test('a host under another name is told under that', (t) => {
  const conclusions = new Conclusions(new Map())
  conclusions.complete()
  conclusions.update(failing('a'))
  settle(conclusions)
  conclusions.update({ ...failing('a'), name: 'renamed' })
  const [change] = conclusions.changes()
  t.regex(change?.kind === 'holds' ? change.condition.text : '', /renamed/)
})

const unread = (section: SectionName, more: Partial<Inventory> = {}, lacks: Problem['lacks'] = 'items', id = 'a') =>
  reporting(id, { ...more, problems: [{ section, source: 'a program', reason: 'stopped after 20 s', lacks }] })

test('what could not be read ends nothing; what is missing where all was read does', (t) => {
  const conclusions = new Conclusions(new Map())
  conclusions.complete()
  conclusions.update(failing('a'))
  settle(conclusions)
  conclusions.update(unread('diskHealth'))
  conclusions.update(unread('diskHealth'))
  t.deepEqual(settle(conclusions), [])
  conclusions.update(unread('diskHealth', {}, 'detail'))
  t.deepEqual(settle(conclusions), [`${KEY} ends`])
})

test('a fault in a section of which only a part could be read is told, beside those that were known', (t) => {
  const conclusions = new Conclusions(new Map())
  conclusions.complete()
  conclusions.update(failing('a'))
  settle(conclusions)
  conclusions.update(unread('diskHealth', { diskHealth: [{ device: '/dev/sdb', passed: false }] }))
  t.deepEqual(settle(conclusions), ['disk-failing a /dev/sdb holds'])
  conclusions.update(unread('diskHealth', { diskHealth: [{ device: '/dev/sda', passed: true }] }))
  t.deepEqual(settle(conclusions), [`${KEY} ends`], 'it was read')
})

test('what several hosts share goes on while one of them cannot read it', (t) => {
  const conclusions = new Conclusions(new Map())
  conclusions.complete()
  const nics = [{ name: 'eth0', mac: mac(1) }]
  for (const id of ['a', 'b']) conclusions.update(reporting(id, { nics }))
  t.deepEqual(settle(conclusions), [`shared-mac ${mac(1)} holds`])
  conclusions.update(unread('nics'))
  t.deepEqual(settle(conclusions), [])
  conclusions.update(reporting('a', {}))
  t.deepEqual(settle(conclusions), [`shared-mac ${mac(1)} ends`])
})

test('after a start nothing ends that could not be read since', (t) => {
  const shared = `shared-mac ${mac(1)}`
  const other = 'disk-failing b /dev/sda'
  const conclusions = new Conclusions(new Map([KEY, shared, other].map((key) => [key, 'as it was'])))
  conclusions.update(unread('diskHealth'))
  conclusions.update(well('b'))
  conclusions.complete()
  t.deepEqual([...settle(conclusions)].sort(), [`${other} ends`, `${shared} ends`])
  conclusions.update(unread('nics', well('a').inventory))
  t.deepEqual(settle(conclusions), [`${KEY} ends`])
})

test('what was wrong with a host that is gone ends, whatever cannot be read of others', (t) => {
  const later = new Conclusions(new Map([[KEY, 'as it was']]))
  later.update(unread('diskHealth', {}, 'items', 'b'))
  later.complete()
  t.deepEqual(settle(later), [`${KEY} ends`])

  const now = new Conclusions(new Map())
  now.complete()
  now.update(failing('a'))
  now.update(unread('diskHealth', {}, 'items', 'b'))
  settle(now)
  now.remove('a')
  t.deepEqual(settle(now), [`${KEY} ends`])
})

test('a condition that others share is told again when they are others, though the words for it are the same', (t) => {
  const conclusions = new Conclusions(new Map())
  conclusions.complete()
  const shared = (id: string) => ({ ...reporting(id, { dmi: { systemUuid: '4c4c4544-0035-3010-8052-b4c04f564231' } }), name: 'twin' })
  for (const id of ['a', 'b']) conclusions.update(shared(id))
  const hostsTold = (changes: readonly ConditionChange[]) =>
    changes.map((change) => (change.kind === 'holds' ? change.condition.hosts : []))
  t.deepEqual(hostsTold(conclusions.changes()), [['a', 'b']])
  conclusions.taken(conclusions.changes())
  conclusions.update(shared('c'))
  conclusions.remove('b')
  t.deepEqual(hostsTold(conclusions.changes()), [['a', 'c']])
  conclusions.taken(conclusions.changes())
  t.deepEqual(conclusions.changes(), [])
})
