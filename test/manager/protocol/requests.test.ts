import test from 'ava'
import { collide, holding, type Resource } from '../../../manager/protocol/requests/holds.ts'
import { answerFor, orderOf, type RequestBody, type RequestKind, requestBody, withheldFrom } from '../../../manager/protocol/requests.ts'
import { iscsiName, uuid } from '../../../manager/protocol/values.ts'

const portal = '10.77.0.1:3260'
const ONE_OF_EACH: { readonly [Kind in RequestKind]: RequestBody & { readonly kind: Kind } } = {
  collect: { kind: 'collect', sections: ['lvs'] },
  'connect-iscsi': { kind: 'connect-iscsi', initiator: iscsiName.parse('iqn.2026-11.test:a'), portal },
  'disconnect-iscsi': { kind: 'disconnect-iscsi', portal },
  'set-properties': { kind: 'set-properties', text: '' },
  upgrade: { kind: 'upgrade', version: '2', sha256: 'a'.repeat(64), size: 1 },
  'scan-file-system': { kind: 'scan-file-system', fileSystem: { kind: 'uuid', uuid: '78DF-2E1A' } },
}
const KINDS = Object.keys(ONE_OF_EACH) as RequestKind[]

test('each request is known under its own kind, and has an order', (t) => {
  for (const kind of KINDS) {
    t.deepEqual(requestBody.parse(ONE_OF_EACH[kind]), ONE_OF_EACH[kind])
    t.true(orderOf(ONE_OF_EACH[kind]).limit >= 60_000)
  }
  t.deepEqual(
    KINDS.filter((kind) => orderOf(ONE_OF_EACH[kind]).pace === 'long'),
    ['scan-file-system'],
  )
})

test('sessions are made and ended one after the other, and so are scans; what reads holds nobody up', (t) => {
  const collides = (a: RequestBody, b: RequestBody): boolean => collide(orderOf(a).holds, orderOf(b).holds)
  const { 'connect-iscsi': connect, 'disconnect-iscsi': disconnect, 'scan-file-system': scan, collect } = ONE_OF_EACH
  t.true(collides(connect, { ...disconnect, portal: '10.77.0.2:3260' }), 'whatever the portal: they write the same settings')
  t.true(collides(scan, { kind: 'scan-file-system', fileSystem: { kind: 'nfs', server: 'a', export: '/b' } }))
  for (const kind of KINDS) t.false(collides(collect, ONE_OF_EACH[kind]), kind)
  t.false(collides(scan, connect))
  t.false(collides(ONE_OF_EACH.upgrade, ONE_OF_EACH['set-properties']))
})

test('an agent of an older version is asked for what it knows and what changes nothing, and told to be upgraded for the rest', (t) => {
  const withheld = (version: number): readonly RequestKind[] => KINDS.filter((kind) => withheldFrom(kind, version) !== undefined)
  t.deepEqual(withheld(4), [])
  t.deepEqual(withheld(3), ['connect-iscsi', 'disconnect-iscsi'])
  t.deepEqual(withheld(2), ['connect-iscsi', 'disconnect-iscsi', 'scan-file-system'])
  t.deepEqual(
    KINDS.filter((kind) => withheldFrom(kind, 1) === undefined),
    ['collect'],
  )
  t.is(
    withheldFrom('connect-iscsi', 3),
    'its agent speaks version 3 of the protocol, and connect-iscsi changes the host, which is only asked of agents of version 4 and later: upgrade the agent',
  )
  t.is(
    withheldFrom('scan-file-system', 2),
    'its agent speaks version 2 of the protocol, and scan-file-system came with version 3: upgrade the agent',
  )
})

test('a manager before version 4 hears no word that it does not know', (t) => {
  for (const cause of ['cancelled', 'unknown'] as const) {
    const answer = { kind: 'refused', cause, reason: 'x' } as const
    t.deepEqual(answerFor(3, answer), { ...answer, cause: 'unable' })
    t.is(answerFor(4, answer), answer)
  }
  const busy = { kind: 'refused', cause: 'busy', reason: 'x' } as const
  t.is(answerFor(3, busy), busy)
})

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
    { kind: 'portal', portal },
    { kind: 'only', name: 'initiator' },
    lv,
  ]
  const host = holding('write', { kind: 'host' })
  for (const [index, one] of others.entries()) {
    t.true(collide(host, holding('read', one)), one.kind)
    for (const other of others.slice(index + 1)) t.false(collide(holding('write', one), holding('write', other)), other.kind)
  }
})
