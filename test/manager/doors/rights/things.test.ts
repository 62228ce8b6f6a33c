import test from 'ava'
import { createArgs as createArgsOf } from '../../../../manager/automations/guests/create.ts'
import { poolThings, type ThingsDeps } from '../../../../manager/doors/rights/things.ts'
import { createArgs } from '../../automations/guests/rig.ts'
import { EMPTY } from '../../site.ts'

const [U1, U2, U9] = [1, 2, 9].map((number) => `00000000-0000-4000-8000-00000000000${number}`)
const VG = { uuid: 'vgUUID', name: 'data', tags: [], sizeBytes: 1, freeBytes: 1 }
const LUN = { name: 'sdb', wwid: 'naa.6001405aabbccddeeff0011223344556', serial: 'SAN1', sizeBytes: 1, transport: 'iscsi' }
const HOSTS = [
  { id: 'aaaa', name: 'node01', groups: ['rack3'], inventory: { ...EMPTY, vgs: [VG], blockDevices: [LUN] } },
  {
    id: 'bbbb',
    name: 'node02',
    groups: ['rack4'],
    inventory: { ...EMPTY, vgs: [VG, { ...VG, uuid: 'own', name: 'own' }], blockDevices: [LUN] },
  },
  { id: 'cccc', name: 'node03', groups: [], inventory: undefined },
]
const GUESTS = [
  { uuid: U1, name: 'web1', host: HOSTS[0], record: { spec: { groups: ['front'], tags: ['rack3'] } } },
  { uuid: U2, name: 'db1', host: HOSTS[1], record: { spec: { groups: ['rack4'], tags: [] } } },
  { uuid: U9, name: 'stranger', host: HOSTS[0], record: undefined },
]

const TASKS = new Map([
  ['a1', { kind: 'automation', what: 'x' }],
  ['s1', { kind: 'scan', what: 'look' }],
])

function things(records: readonly { readonly id: string; readonly recipe: string; readonly args: unknown }[] = []) {
  const pool = {
    find: (ref: string) => HOSTS.find(({ id, name }) => id === ref || name === ref),
    hosts: () => HOSTS,
    knownInventory: (id: string) => HOSTS.find((one) => one.id === id)?.inventory,
    alarms: async () => [
      { key: 'of-node01', host: 'aaaa' },
      { key: 'of-nobody', host: null },
      { key: 'of-gone', host: 'gone' },
    ],
  }
  const book = {
    find: async (ref: string) => GUESTS.find(({ uuid, name, record }) => record && (uuid === ref || name === ref)),
    all: async () => GUESTS,
  }
  const deps = {
    ...{ pool, book },
    automations: { find: async (id: string) => records.find((one) => one.id === id) },
    work: { find: async (id: string) => TASKS.get(id) },
    connections: {
      list: async () => [
        { id: 'all', groups: [] },
        { id: 'some', groups: ['rack3', 'rack4'] },
      ],
    },
    away: async () => [{ uuid: U2 }],
  }
  return poolThings(deps as never as ThingsDeps)
}

const names = (all: readonly { readonly name: string }[] | undefined) => all?.map(({ name }) => name)

test('hosts and guests are found by name and id; what hostless did not make has neither groups nor tags', async (t) => {
  const found = things()
  t.deepEqual(await found.host('node01'), { name: 'host node01', groups: ['rack3'] })
  t.deepEqual(await found.host('bbbb'), { name: 'host node02', groups: ['rack4'] })
  t.is(await found.host('nowhere'), undefined)
  t.deepEqual(await found.guest('web1'), { name: 'guest web1', groups: ['front'], tags: ['rack3'] })
  t.deepEqual(await found.guest('stranger'), { name: 'guest stranger', groups: [], tags: [] })
  t.is(await found.guest('nobody'), undefined)
  t.deepEqual(names(await found.guestsOn('node01')), ['guest web1'], 'of strangers nothing is moved')
  t.deepEqual(names(await found.guestsAwayFrom('node01')), ['guest db1'])
})

test('a VG, or a LUN, is all those hosts’ that see it', (t) => {
  const found = things()
  t.deepEqual(names(found.seeingVg({ host: 'node01', vg: 'data' })), ['host node01', 'host node02'])
  t.deepEqual(names(found.seeingVg({ host: 'node02', vg: 'own' })), ['host node02'])
  t.deepEqual(found.seeingVg({ host: 'node03', vg: 'data' }), [], 'a host that has not reported: the plan refuses it')
  t.deepEqual(names(found.seeingDisks({ host: 'node01', disks: ['SAN1'] })), ['host node02'])
  t.deepEqual(found.seeingDisks({ host: 'node01', disks: 'empty' }), [])
})

test('an automation is of the guests that it is about; of hosts that it has for itself; of nobody where that is not understood', async (t) => {
  const guest = { uuid: U1, name: 'web1' }
  const host = { id: 'bbbb', name: 'node02' }
  const how = { maxPauseMs: 1, keepMs: 0 }
  const create = createArgsOf.parse(createArgs({ power: 'off' }))
  const made = { ...create, spec: JSON.stringify({ name: 'new1', memory: '1G', tags: ['rack3'] }) }
  const found = things([
    { id: 'a1', recipe: 'pause-guest', args: { guest, host } },
    {
      id: 'evacuation',
      recipe: 'evacuate-host',
      args: { host, guests: [{ uuid: U2, name: 'db1', state: 'running' }], stay: [], others: 'leave', how },
    },
    {
      id: 'vg',
      recipe: 'make-vg',
      args: { host, name: 'x', disks: [{ name: 'sdb', serial: 'S', wwid: 'w', sizeBytes: 1 }], elsewhere: [] },
    },
    { id: 'create', recipe: 'create-guest', args: made },
    { id: 'create-odd', recipe: 'create-guest', args: { ...create, spec: 'no JSON' } },
    { id: 'old', recipe: 'of-another-version', args: {} },
  ])
  t.deepEqual(names(await found.automation('a1')), ['guest web1'], 'on whose host it runs does not count')
  t.deepEqual(names(await found.automation('evacuation')), ['guest db1', 'host node02'])
  t.deepEqual(
    await found.automation('create'),
    [{ name: `guest ${create.guest.name}`, groups: [], tags: ['rack3'] }],
    'by the spec of what is to be',
  )
  t.deepEqual(
    (await found.automation('create-odd'))?.map(({ groups }) => groups),
    [[]],
  )
  t.deepEqual(await found.automation('old'), [{ name: 'automation old', groups: [] }])
  t.is(await found.automation('none'), undefined)
  t.deepEqual(names(await found.task('a1')), ['guest web1'])
  t.deepEqual(await found.task('s1'), [{ name: 'task s1 (look)', groups: [] }])
  t.is(await found.task('none'), undefined)
})

test('alarms are of their host, connections of their groups; what has none is nobody’s', async (t) => {
  const found = things()
  t.deepEqual(await found.alarm('of-node01'), [{ name: 'host node01', groups: ['rack3'] }])
  for (const key of ['of-nobody', 'of-gone']) t.deepEqual(await found.alarm(key), [{ name: `alarm ${key}`, groups: [] }])
  t.is(await found.alarm('none'), undefined)
  t.deepEqual(await found.connection('some'), [
    { name: 'all hosts of rack3', groups: ['rack3'] },
    { name: 'all hosts of rack4', groups: ['rack4'] },
  ])
  t.deepEqual(await found.connection('all'), [{ name: 'connection all', groups: [] }])
  t.is(await found.connection('none'), undefined)
})
