// What requests hold of their host, and which of them wait for each other.
import test from 'ava'
import { collide, holding, type Resource } from '../../../../manager/protocol/requests/holds.ts'
import { uuid } from '../../../../manager/protocol/values.ts'

test('whoever holds a thing reads what it lies in, and writes it where it holds that, too', (t) => {
  const lv: Resource = { kind: 'lv', vg: 'vg0', name: 'disk' }
  t.deepEqual(holding('write', lv), [
    { key: 'host', access: 'read' },
    { key: 'vg vg0', access: 'read' },
    { key: 'lv vg0/disk', access: 'write' },
  ])
  for (const order of [[lv, { kind: 'vg', name: 'vg0' }] as const, [{ kind: 'vg', name: 'vg0' }, lv] as const])
    t.deepEqual(holding('write', ...order).find(({ key }) => key === 'vg vg0')?.access, 'write')
  const others: Resource[] = [
    { kind: 'guest', uuid: uuid.parse('00000000-0000-4000-8000-000000000001') },
    { kind: 'disk', name: 'sda' },
    { kind: 'bridge', name: 'sda' },
    { kind: 'minor', number: 7 },
    { kind: 'portal', portal: '10.77.0.1:3260' },
    { kind: 'only', name: 'initiator' },
    lv,
  ]
  const host = holding('write', { kind: 'host' })
  for (const [index, one] of others.entries()) {
    t.true(collide(host, holding('read', one)), one.kind)
    for (const other of others.slice(index + 1)) t.false(collide(holding('write', one), holding('write', other)), other.kind)
  }
})
