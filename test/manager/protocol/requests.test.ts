import test from 'ava'
import { vgRef } from '../../../manager/protocol/guest-disk.ts'
import { guestRecord } from '../../../manager/protocol/guest-record.ts'
import { guestConfig } from '../../../manager/protocol/requests/guest-config.ts'
import { collide } from '../../../manager/protocol/requests/holds.ts'
import {
  answerFor,
  beyond,
  orderOf,
  type RequestBody,
  type RequestKind,
  requestBody,
  withheldFrom,
} from '../../../manager/protocol/requests.ts'
import { iscsiName, mac, uuid } from '../../../manager/protocol/values.ts'

const portal = '10.77.0.1:3260'
const vg = vgRef.parse({ name: 'data', uuid: 'Zx0ldv-abcd-abcd-abcd-abcd-abcd-Zx0ldv' })
const disk = uuid.parse('00000000-0000-4000-8000-00000000000d')
const guest = uuid.parse('00000000-0000-4000-8000-00000000000e')
const WEB1 = guestConfig.parse({
  uuid: guest,
  name: 'web1',
  type: 'pvh',
  boot: { kind: 'grub' },
  memoryMiB: 128,
  maxMemoryMiB: 256,
  vcpus: 1,
  maxVcpus: 2,
  disks: [{ disk, vg, generation: 1, vdev: 'xvda', access: 'read-write' }],
  nics: [{ mac: mac.parse('52:54:00:77:01:01'), bridge: 'xenbr0' }],
  xl: [{ key: 'cpu_weight', value: '512' }],
})
const ENDS = { own: '10.77.0.21', peer: '10.77.0.22', port: 7800, secret: { of: 'automation 7/1' } }
const RECORD = guestRecord.parse({
  ...{ guest, name: 'web1', spec: '{"name":"web1"}', host: 'node01', networks: [{ name: 'lan', bridge: 'xenbr0' }] },
  disks: [{ disk, vdev: 'xvda', vg, sizeBytes: 1 << 20, generation: 1, access: 'read-write' }],
  ...{ created: 1, createdBy: 'ada', epoch: 7, written: 2 },
})
const ONE_OF_EACH: { readonly [Kind in RequestKind]: RequestBody & { readonly kind: Kind } } = {
  collect: { kind: 'collect', sections: ['lvs'] },
  'connect-iscsi': { kind: 'connect-iscsi', initiator: iscsiName.parse('iqn.2026-11.test:a'), portal },
  'disconnect-iscsi': { kind: 'disconnect-iscsi', portal },
  'set-properties': { kind: 'set-properties', text: '' },
  upgrade: { kind: 'upgrade', version: '2', sha256: 'a'.repeat(64), size: 1 },
  'scan-file-system': { kind: 'scan-file-system', fileSystem: { kind: 'uuid', uuid: '78DF-2E1A' } },
  'make-vg': { kind: 'make-vg', name: 'data', disks: [{ name: 'sdb', serial: 'S1', sizeBytes: 1 << 30, contents: 'none' }] },
  'remove-vg': { kind: 'remove-vg', vg },
  'make-disk': { kind: 'make-disk', vg, disk, guest, generation: 1, epoch: 7, sizeBytes: 1 << 20 },
  'grow-disk': { kind: 'grow-disk', vg, disk, sizeBytes: 2 << 20 },
  'remove-disk': { kind: 'remove-disk', vg, disk },
  'start-guest': { kind: 'start-guest', guest: WEB1, restart: 'on-failure' },
  'stop-guest': { kind: 'stop-guest', uuid: guest, seconds: 60 },
  'destroy-guest': { kind: 'destroy-guest', uuid: guest },
  'reboot-guest': { kind: 'reboot-guest', uuid: guest, domid: 3 },
  'pause-guest': { kind: 'pause-guest', uuid: guest, state: 'paused' },
  'resize-guest': { kind: 'resize-guest', uuid: guest, vcpus: 2 },
  'attach-disk': { kind: 'attach-disk', uuid: guest, disk: { disk, vg, generation: 1, vdev: 'xvdb', access: 'read-write' } },
  'detach-disk': { kind: 'detach-disk', uuid: guest, disk: { disk, vg } },
  'attach-nic': { kind: 'attach-nic', uuid: guest, nic: { mac: mac.parse('52:54:00:77:01:02'), bridge: 'xenbr0' } },
  'detach-nic': { kind: 'detach-nic', uuid: guest, mac: mac.parse('52:54:00:77:01:02') },
  'rename-guest': { kind: 'rename-guest', uuid: guest, name: 'web2' },
  'open-receive': { kind: 'open-receive', migration: 'm-1', guest: WEB1, restart: 'always', address: '10.77.0.22', holdMs: 20_000 },
  'prepare-send': { kind: 'prepare-send', migration: 'm-1', guest },
  'accept-send': { kind: 'accept-send', migration: 'm-1', guest, pin: 'a'.repeat(64), address: '10.77.0.21' },
  'send-guest': {
    ...{ kind: 'send-guest', migration: 'm-1', guest, name: 'web1', holdMs: 10_000 },
    to: { address: '10.77.0.22', port: 40_000, pin: 'b'.repeat(64) },
  },
  'pace-send': { kind: 'pace-send', migration: 'm-1', rateKBps: 1000 },
  'go-receive': { kind: 'go-receive', migration: 'm-1', guest },
  'end-receive': { kind: 'end-receive', migration: 'm-1', guest, become: 'moved' },
  'end-send': { kind: 'end-send', migration: 'm-1', guest, name: 'web1', become: 'not moved', target: 'dropped' },
  'look-stream': { kind: 'look-stream', migration: 'm-1', guest },
  'cap-guest': { kind: 'cap-guest', uuid: guest, percent: 50 },
  'announce-guest': { kind: 'announce-guest', uuid: guest },
  'make-copy': { kind: 'make-copy', vg, disk, guest, generation: 2, epoch: 7, sizeBytes: 1 << 20 },
  'remove-copy': { kind: 'remove-copy', vg, disk, generation: 2 },
  'open-mirror': { kind: 'open-mirror', vg, disk, minor: 3, sizeBytes: 1 << 20, role: 'primary' },
  'swap-disk': { kind: 'swap-disk', vg, disk, minor: 3 },
  'connect-mirror': { kind: 'connect-mirror', vg, disk, minor: 3, ...ENDS },
  'sync-mirror': { kind: 'sync-mirror', vg, disk, minor: 3, ...ENDS },
  'pace-mirror': { kind: 'pace-mirror', vg, disk, minor: 3, rateKBps: 1000 },
  'verify-mirror': { kind: 'verify-mirror', vg, disk, minor: 3, ...ENDS },
  'expose-copy': { kind: 'expose-copy', vg, disk, guest, sizeBytes: 1 << 20 },
  'settle-mirror': { kind: 'settle-mirror', vg, disk, minor: 3, generation: 2 },
  'keep-copy': { kind: 'keep-copy', vg, disk, guest, generation: 2, epoch: 7 },
  'drop-mirror': { kind: 'drop-mirror', vg, disk, minor: 3 },
  'leave-disk': { kind: 'leave-disk', vg, disk, minor: 3, generation: 1, untilMs: 1_800_000_000_000 },
  'bring-kernel': { kind: 'bring-kernel', uuid: guest, files: { kernel: { id: 'a'.repeat(64), sizeBytes: 1 } } },
  'leave-kernel': { kind: 'leave-kernel', uuid: guest },
  'keep-guest': { kind: 'keep-guest', vg, record: RECORD },
  'forget-guest': { kind: 'forget-guest', vg, guest },
  'read-guests': { kind: 'read-guests', vg },
  'prepare-seed': { kind: 'prepare-seed', seed: 's-1', disk },
  'begin-bitmap': { kind: 'begin-bitmap', vg, disk, minor: 3 },
  'receive-seed': {
    ...{ kind: 'receive-seed', seed: 's-1', vg, disk, minor: 3, sizeBytes: 1 << 20 },
    ...{ address: '10.77.0.22', port: 7800, from: '10.77.0.21', pin: 'a'.repeat(64) },
  },
  'send-seed': {
    ...{ kind: 'send-seed', seed: 's-1', vg, disk, minor: 3, sizeBytes: 1 << 20 },
    to: { address: '10.77.0.22', port: 7800, from: '10.77.0.21', pin: 'b'.repeat(64) },
  },
  'pace-seed': { kind: 'pace-seed', seed: 's-1', disk, rateKBps: 1000 },
  'close-bitmap': { kind: 'close-bitmap', vg, disk, minor: 3, generation: '786974BBEA6973D4' },
  'take-generation': { kind: 'take-generation', vg, disk, minor: 3, sizeBytes: 1 << 20, generation: '786974BBEA6973D4' },
  'join-mirror': { kind: 'join-mirror', vg, disk, minor: 3, ...ENDS },
  'join-disk': { kind: 'join-disk', vg, disk, guest, generation: 2, luns: ['naa.600'] },
  'fence-disk': { kind: 'fence-disk', vg, disk, guest },
  'unfence-disk': { kind: 'unfence-disk', vg, disk, guest },
  'part-disk': { kind: 'part-disk', vg, disk, guest },
  'prove-empty': { kind: 'prove-empty', disks: [{ name: 'sdb', wwid: 'naa.600', sizeBytes: 1 << 30, contents: 'none' }] },
}
const KERNELS = ['bring-kernel', 'leave-kernel'] as const
const SEEDS = [
  ...(['prepare-seed', 'begin-bitmap', 'receive-seed', 'send-seed', 'pace-seed', 'close-bitmap', 'take-generation'] as const),
  'join-mirror',
] as const
const SHARED_DISKS = ['join-disk', 'fence-disk', 'unfence-disk', 'part-disk', 'prove-empty'] as const
const SINCE_11 = [...KERNELS, ...SEEDS, ...SHARED_DISKS] as const
const SINCE_9 = [...KERNELS, 'keep-guest', 'forget-guest', 'read-guests', ...SEEDS, ...SHARED_DISKS] as const
const SINCE_8 = [
  ...(['make-copy', 'remove-copy', 'open-mirror', 'swap-disk', 'connect-mirror', 'sync-mirror', 'pace-mirror', 'verify-mirror'] as const),
  ...(['expose-copy', 'settle-mirror', 'keep-copy', 'drop-mirror', 'leave-disk'] as const),
  ...SINCE_9,
]
const SINCE_7 = [
  'open-receive',
  'prepare-send',
  'accept-send',
  'send-guest',
  'pace-send',
  'go-receive',
  'end-receive',
  'end-send',
  'look-stream',
  'cap-guest',
  'announce-guest',
  ...SINCE_8,
] as const
const SINCE_6 = ['attach-disk', 'detach-disk', 'attach-nic', 'detach-nic', 'rename-guest', ...SINCE_7] as const
const SINCE_5 = [
  'make-vg',
  'remove-vg',
  'make-disk',
  'grow-disk',
  'remove-disk',
  'start-guest',
  'stop-guest',
  'destroy-guest',
  'reboot-guest',
  'pause-guest',
  'resize-guest',
  ...SINCE_6,
] as const
const KINDS = Object.keys(ONE_OF_EACH) as RequestKind[]

test('each request is known under its own kind, and has an order', (t) => {
  for (const kind of KINDS) {
    t.deepEqual(requestBody.parse(ONE_OF_EACH[kind]), ONE_OF_EACH[kind])
    t.true(orderOf(ONE_OF_EACH[kind]).limit >= 20_000)
  }
  t.deepEqual(
    KINDS.filter((kind) => orderOf(ONE_OF_EACH[kind]).pace === 'long'),
    [
      ...['scan-file-system', 'make-disk', 'grow-disk', 'remove-disk', 'start-guest', 'stop-guest', 'send-guest'],
      ...['make-copy', 'remove-copy', 'sync-mirror', 'verify-mirror', 'bring-kernel', 'receive-seed', 'send-seed', 'join-mirror'],
    ],
  )
})

test('a guest is started beside others of its VG, and after what is done to its own disks', (t) => {
  const collides = (a: RequestBody, b: RequestBody): boolean => collide(orderOf(a).holds, orderOf(b).holds)
  const { 'start-guest': start, 'make-disk': make, 'destroy-guest': destroy, 'remove-vg': removeVg } = ONE_OF_EACH
  t.true(collides(start, make))
  t.true(collides(start, destroy))
  t.true(collides(start, removeVg))
  t.true(collides(make, removeVg))
  t.true(collides(ONE_OF_EACH['attach-disk'], make))
  t.true(collides(ONE_OF_EACH['attach-nic'], start))
  t.false(collides(make, { ...make, disk: uuid.parse('00000000-0000-4000-8000-0000000000dd') }))
  t.is(orderOf(destroy).pace, 'urgent')
  t.is(orderOf(start).yields, 'to urgent')
})

test('an undo of a stream makes its send end; a pace and a look wait for nothing', (t) => {
  const collides = (a: RequestBody, b: RequestBody): boolean => collide(orderOf(a).holds, orderOf(b).holds)
  const send = ONE_OF_EACH['send-guest']
  t.is(orderOf(send).yields, 'to urgent')
  for (const kind of ['end-send', 'end-receive'] as const) {
    t.is(orderOf(ONE_OF_EACH[kind]).pace, 'urgent')
    t.true(collides(send, ONE_OF_EACH[kind]))
  }
  for (const kind of ['pace-send', 'look-stream', 'cap-guest', 'announce-guest', 'pace-seed'] as const)
    t.false(collides(send, ONE_OF_EACH[kind]), kind)
})

test('what takes a copy away waits for the seed that still writes to it; its pace does not', (t) => {
  const collides = (a: RequestBody, b: RequestBody): boolean => collide(orderOf(a).holds, orderOf(b).holds)
  for (const end of ['receive-seed', 'send-seed'] as const) {
    for (const kind of ['drop-mirror', 'remove-copy', 'close-bitmap', 'take-generation', 'join-mirror'] as const)
      t.true(collides(ONE_OF_EACH[end], ONE_OF_EACH[kind]), kind)
    t.false(collides(ONE_OF_EACH[end], ONE_OF_EACH['pace-seed']))
  }
})

test('a name of a guest is no option of a program and no path', (t) => {
  for (const name of ['web1', 'a', 'Web-1.example_x', 'x'.repeat(63)]) t.true(guestConfig.safeParse({ ...WEB1, name }).success, name)
  for (const name of ['', '-a', 'a--incoming', 'a/b', 'a\nb', 'x'.repeat(64), '.', 'ä'])
    t.false(guestConfig.safeParse({ ...WEB1, name }).success, name)
  for (const value of ['1 ', '"', "'", '[', '/x', '\n'])
    t.false(guestConfig.safeParse({ ...WEB1, xl: [{ key: 'cpus', value }] }).success, value)
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
  t.deepEqual(withheld(11), [])
  t.deepEqual(withheld(10), [...SINCE_11])
  t.deepEqual(withheld(9), [...SINCE_11])
  t.deepEqual(withheld(8), [...SINCE_9])
  t.deepEqual(withheld(7), [...SINCE_8])
  t.deepEqual(withheld(6), [...SINCE_7])
  t.deepEqual(withheld(5), [...SINCE_6])
  t.deepEqual(withheld(4), [...SINCE_5])
  t.deepEqual(withheld(3), ['connect-iscsi', 'disconnect-iscsi', ...SINCE_5])
  t.deepEqual(withheld(2), ['connect-iscsi', 'disconnect-iscsi', 'scan-file-system', ...SINCE_5])
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

test('an agent that would drop the word filter unread is not asked for a NIC that is to be held to its MAC', (t) => {
  const nic = { mac: mac.parse('00:16:3e:00:00:01'), bridge: 'xenbr0' }
  const held = { ...nic, filter: 'mac' } as const
  for (const kind of ['start-guest', 'open-receive'] as const) {
    const body = ONE_OF_EACH[kind]
    const withNics = (nics: readonly (typeof nic)[]): RequestBody => ({ ...body, guest: { ...body.guest, nics } })
    t.is(beyond(withNics([nic]), 9), undefined, kind)
    t.regex(beyond(withNics([nic, held]), 9) ?? '', /speaks version 9 .* since version 10: upgrade the agent/, kind)
    t.is(beyond(withNics([held]), 10), undefined, kind)
  }
  const attach = { ...ONE_OF_EACH['attach-nic'], nic: held }
  t.regex(beyond(attach, 9) ?? '', /upgrade the agent/)
  t.is(beyond(ONE_OF_EACH.upgrade, 1), undefined)
})

test('an agent that knows no kernel but the guest’s own is not asked to start a guest by one, nor to take one that comes', (t) => {
  for (const kind of ['start-guest', 'open-receive'] as const) {
    const body = ONE_OF_EACH[kind]
    const boot = { kind: 'kernel', kernel: { id: 'a'.repeat(64), sizeBytes: 1 }, cmdline: '' } as const
    const byKernel: RequestBody = { ...body, guest: { ...body.guest, boot } }
    t.is(beyond(body, 10), undefined, kind)
    t.is(beyond(byKernel, 11), undefined, kind)
    t.regex(beyond(byKernel, 10) ?? '', /speaks version 10 .* by a kernel of the image store since version 11: upgrade the agent/, kind)
  }
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
