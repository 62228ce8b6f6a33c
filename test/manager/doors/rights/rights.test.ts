import test from 'ava'
import { CONTRACT, OPERATIONS } from '../../../../manager/contract/contract.ts'
import { methodOf, type Operation } from '../../../../manager/contract/operation.ts'
import { hostsWithin } from '../../../../manager/doors/rights/hosts-within.ts'
import { inherited, nobodys, type PoolThings, Rights, type Subject } from '../../../../manager/doors/rights/rights.ts'

const { hosts, vms, users, networks, migrations, evacuations, storage, automations, tasks, alarms, connections } = CONTRACT

const HOSTS: readonly Subject[] = [
  { name: 'host node01', groups: ['rack3', 'ssd'] },
  { name: 'host node02', groups: ['rack3'] },
  { name: 'host node07', groups: ['rack4'] },
  { name: 'host node09', groups: [] },
]
const GUESTS: readonly Subject[] = [
  { name: 'guest web1', groups: ['front'], tags: ['rack3'] },
  { name: 'guest web2', groups: ['rack3'], tags: [] },
  { name: 'guest db1', groups: ['rack4'], tags: ['prod'] },
]

/** web1 and db1 are on node02, web2 alone on node01. */
const THINGS: PoolThings = {
  host: async (ref) => HOSTS.find(({ name }) => name === `host ${ref}`),
  guest: async (ref) => GUESTS.find(({ name }) => name === `guest ${ref}`),
  guestsOn: async (host) => GUESTS.filter(({ name }) => (host === 'node02' ? name !== 'guest web2' : name === 'guest web2')),
  guestsAwayFrom: async (host) => (host === 'node02' ? GUESTS : []),
  seeingVg: ({ vg }) => (vg === 'san' ? HOSTS : HOSTS.slice(0, 1)),
  seeingDisks: ({ disks }) => (disks.includes('LUN') ? HOSTS.slice(2, 3) : []),
  automation: async (id) => (id === 'none' ? undefined : id === 'own' ? [GUESTS[0] ?? nobodys('x')] : [GUESTS[2] ?? nobodys('x')]),
  task: async (id) => (id === 'scan' ? [nobodys('task scan')] : [HOSTS[0] ?? nobodys('x')]),
  alarm: async (key) => (key === 'own' ? HOSTS.slice(0, 1) : [nobodys(`alarm ${key}`)]),
  connection: async () => [{ name: 'all hosts of rack4', groups: ['rack4'] }],
}
const rights = new Rights(THINGS)
const OTTO = { groups: ['rack3'] }

async function said(operation: Operation, input: object, who: { readonly groups?: readonly string[] } = OTTO): Promise<string> {
  const verdict = await rights.mayAct(operation, operation.input.parse(input), who)
  if (verdict.kind === 'refused' && (verdict.status !== 403 || verdict.code !== 'outside-your-groups')) return JSON.stringify(verdict)
  return verdict.kind === 'may' ? 'may' : verdict.reason
}

test('who has no limit may all that their role may, whatever it is on', async (t) => {
  for (const [operation, input] of [
    [hosts.cordon, { ref: 'node07' }],
    [hosts.cordon, { ref: 'nowhere' }],
    [users.remove, { name: 'x' }],
  ] as const)
    t.is(await said(operation, input, {}), 'may')
})

test('a host is one’s own by its groups', async (t) => {
  t.is(await said(hosts.cordon, { ref: 'node01' }), 'may')
  t.is(await said(hosts.cordon, { ref: 'node07' }), 'this acts on host node07 (rack4): you may act on rack3 alone')
  t.is(await said(hosts.cordon, { ref: 'node09' }), 'this acts on host node09 (in no group): you may act on rack3 alone')
  t.is(await said(hosts.cordon, { ref: 'node07' }, { groups: ['rack3', 'rack4'] }), 'may')
  t.is(await said(hosts.cordon, { ref: 'node01' }, { groups: [] }), 'this acts on host node01 (rack3, ssd): you may act on nothing')
  t.is(await said(hosts.cordon, { ref: 'nowhere' }), 'there is no host nowhere')
})

test('a guest is one’s own by its groups and tags, wherever it runs', async (t) => {
  t.is(await said(vms.stop, { ref: 'web1' }), 'may', 'by a tag')
  t.is(await said(vms.stop, { ref: 'web2' }), 'may', 'by a group')
  t.is(await said(vms.destroy, { ref: 'db1' }), 'this acts on guest db1 (rack4, prod): you may act on rack3 alone')
  t.is(await said(vms.stop, { ref: 'nobody' }), 'there is no guest "nobody"')
  t.true(await rights.mayActOnGuest('web1', OTTO))
  t.false(await rights.mayActOnGuest('db1', OTTO))
  t.false(await rights.mayActOnGuest('nobody', OTTO))
  t.true(await rights.mayActOnGuest('db1', {}))
})

test('all of several have to be: those that are not are named, some and how many more', async (t) => {
  t.is(await said(migrations.start, { ref: 'web1', host: 'node02' }), 'may')
  t.is(
    await said(migrations.start, { ref: 'db1', host: 'node07' }),
    'this acts on host node07 (rack4), guest db1 (rack4, prod): you may act on rack3 alone',
  )
  t.is(await said(evacuations.start, { ref: 'node01' }), 'may')
  t.is(
    await said(evacuations.start, { ref: 'node02' }),
    'this acts on guest db1 (rack4, prod): you may act on rack3 alone',
    'of another on a host of one’s own',
  )
  t.is(await said(evacuations.bringHome, { refs: ['node01'] }), 'may')
  t.regex(await said(evacuations.bringHome, { refs: ['node01', 'node02'] }), /^this acts on guest db1 /)
  const many = new Rights({ ...THINGS, guestsOn: async () => Array.from({ length: 12 }, (_, at) => nobodys(`guest g${at}`)) })
  const verdict = await many.mayAct(evacuations.start, { ref: 'node01' }, OTTO)
  t.regex(verdict.kind === 'refused' ? verdict.reason : '', /guest g4 \(in no group\) and 7 more: you may act on rack3 alone$/)
})

test('a VG or disks that hosts of others see, too, are not one’s own alone', async (t) => {
  t.is(await said(storage.removeVg, { host: 'node01', vg: 'data' }), 'may')
  t.regex(await said(storage.removeVg, { host: 'node01', vg: 'san' }), /^this acts on host node07 \(rack4\), host node09/)
  t.is(await said(storage.createVg, { host: 'node01', name: 'a', disks: 'empty' }), 'may')
  t.regex(await said(storage.createVg, { host: 'node01', name: 'a', disks: ['LUN'] }), /^this acts on host node07/)
})

test('automations, tasks, alarms and connections are of those that they are about', async (t) => {
  t.is(await said(automations.abort, { id: 'own' }), 'may')
  t.regex(await said(automations.resume, { id: 'other' }), /^this acts on guest db1/)
  t.is(await said(automations.abort, { id: 'none' }), 'there is no automation none')
  t.is(await said(tasks.cancel, { id: 'a' }), 'may')
  t.is(await said(tasks.cancel, { id: 'scan' }), 'this acts on task scan (in no group): you may act on rack3 alone')
  t.is(await said(alarms.clear, { key: 'own' }), 'may')
  t.regex(await said(alarms.clear, { key: 'x' }), /^this acts on alarm x/)
  const portal = { kind: 'iscsi', portal: '10.0.0.1' }
  t.is(await said(connections.add, { ...portal, groups: ['rack3'] }), 'may')
  t.is(
    await said(connections.add, { ...portal, groups: ['rack3', 'rack4'] }),
    'this acts on all hosts of rack4 (rack4): you may act on rack3 alone',
  )
  t.regex(await said(connections.add, portal), /^this acts on the whole pool/)
  t.regex(await said(connections.remove, { id: 'x' }), /^this acts on all hosts of rack4/)
})

test('nobody widens their limit: groups of hosts stay, a guest keeps what makes it one’s own, and a new one has it', async (t) => {
  t.is(await said(hosts.change, { ref: 'node01', notes: 'x' }), 'may')
  t.is(await said(hosts.change, { ref: 'node01', notes: 'x', groups: ['ssd', 'rack3'] }), 'may', 'a form brings what is there')
  for (const groups of [['rack3'], ['rack3', 'ssd', 'hot'], []])
    t.is(await said(hosts.change, { ref: 'node01', groups }), 'in which groups a host is says who acts on it: you may act on rack3 alone')
  t.regex(await said(hosts.change, { ref: 'node09', groups: ['rack3'] }), /^this acts on host node09/)
  t.is(await said(vms.change, { ref: 'web1', change: { memory: '1G' } }), 'may')
  t.is(await said(vms.change, { ref: 'web1', change: { tags: ['rack3', 'x'] } }), 'may')
  t.regex(await said(vms.change, { ref: 'web1', change: { tags: ['x'] } }), /^guest web1 would have none of your groups any more/)
  t.is(await said(vms.change, { ref: 'web2', change: { tags: [] } }), 'may', 'its group stays')
  const spec = { name: 'new1', memory: '1G' }
  t.is(await said(vms.create, { spec }), 'may', 'it inherits the one that there is')
  t.is(
    await said(vms.create, { spec }, { groups: ['rack3', 'rack4'] }),
    'guest new1 is to have one of your groups as a tag, to be yours: rack3, rack4',
  )
  t.is(await said(vms.create, { spec: { ...spec, tags: ['rack4'] } }, { groups: ['rack3', 'rack4'] }), 'may')
  t.regex(await said(vms.create, { spec, hosts: ['node01', 'node07'] }), /^this acts on host node07/)
  t.deepEqual(inherited({ tags: ['a'], groups: [] }, OTTO).tags, ['a', 'rack3'])
  t.deepEqual(inherited({ tags: [], groups: ['rack3'] }, OTTO).tags, [])
  t.deepEqual(inherited({ tags: [], groups: [] }, {}).tags, [])
})

test('what is the whole pool’s takes who has no limit, and so does what does not say on what it acts', async (t) => {
  for (const [operation, input] of [
    [users.add, { name: 'eve', password: 'twelve letters', role: 'viewer' }],
    [users.change, { name: 'otto', groups: null }],
    [networks.create, { name: 'lan', bridge: 'xenbr0' }],
    [CONTRACT.vmImages.remove, { ref: 'debian' }],
    [CONTRACT.properties.set, { text: '' }],
  ] as const)
    t.is(await said(operation, input), 'this acts on the whole pool: you may act on rack3 alone')
  const careless = { did: () => 'something' }
  t.like(await rights.mayAct(careless, {}, OTTO), { kind: 'refused', code: 'outside-your-groups' })
})

test('looks are everybody’s, and one’s own account one’s own', async (t) => {
  for (const { id, operation } of OPERATIONS.filter((named) => methodOf(named.operation) === 'GET'))
    t.is((await rights.mayAct(operation, {}, OTTO)).kind, 'may', id)
  for (const operation of [vms.where, vms.preview, migrations.plan, evacuations.plan])
    t.is((await rights.mayAct(operation, {}, OTTO)).kind, 'may')
  t.is(await said(users.change, { name: 'otto', password: 'twelve letters' }), 'may')
  t.is(await said(CONTRACT.tokens.issue, { label: 'x' }), 'may')
})

test('placement chooses among one’s own hosts', (t) => {
  const pool = {
    hosts: () => [
      { id: 'a', groups: ['rack3'] },
      { id: 'b', groups: ['rack4'] },
      { id: 'c', groups: [] },
    ],
  }
  t.deepEqual([...(hostsWithin(pool, OTTO) ?? [])], ['a'])
  t.is(hostsWithin(pool, {}), undefined)
  t.deepEqual([...(hostsWithin(pool, { groups: [] }) ?? ['x'])], [])
})
