import test from 'ava'
import { collect, EMPTY_INVENTORY, update } from '../../../../images/agent/collect.ts'
import { type Counters, readCounters } from '../../../../images/agent/sampling/counters.ts'
import { counted } from '../../../../images/agent/simulator/machine/load.ts'
import { makeMachine, simulatedHost } from '../../../../images/agent/simulator.ts'
import { inventory as schema } from '../../../../manager/protocol/inventory.ts'
import { TestClock } from '../clock.ts'

async function read(seed: string, index: number) {
  const { backend } = simulatedHost(makeMachine(seed, index), new TestClock())
  const collected = await collect(backend)
  return { problems: collected.problems, inventory: update(EMPTY_INVENTORY, collected).inventory }
}

test('a simulated host is read whole, without a problem', async (t) => {
  for (const index of [0, 1, 40, 70, 999, 9_999]) {
    const { problems, inventory } = await read('whole', index)
    t.deepEqual(problems, [], `host ${index}`)
    t.deepEqual(schema.parse(inventory), inventory)
    const size = JSON.stringify(inventory).length
    t.true(size > 10_000 && size < 100_000, `${size} bytes`)
  }
})

test('the same seed and number make the same host, another number another one', async (t) => {
  t.deepEqual(await read('same', 5), await read('same', 5))
  t.notDeepEqual(await read('same', 5), await read('same', 6))
  t.notDeepEqual(await read('same', 5), await read('other', 5))
})

test('a thousand hosts have a thousand UUIDs, serials, names, addresses, NICs and disks', (t) => {
  const machines = Array.from({ length: 1000 }, (_, index) => makeMachine('many', index))
  for (const of of [
    (index: number) => machines[index]?.systemUuid,
    (index: number) => machines[index]?.serial,
    (index: number) => machines[index]?.name,
    (index: number) => machines[index]?.address,
  ]) {
    t.is(new Set(machines.map((_, index) => of(index))).size, 1000)
  }
  t.is(new Set(machines.flatMap(({ nics }) => nics.map(({ mac }) => mac))).size, 4000)
  const guests = machines.flatMap((machine) => machine.guests)
  t.is(new Set(guests.map(({ mac }) => mac)).size, guests.length)
  t.is(new Set(guests.map(({ uuid }) => uuid)).size, guests.length)
  t.is(new Set(machines.flatMap(({ disks }) => disks.map(({ wwid }) => wwid))).size, 3000)
  t.true(machines.some(({ nx }) => !nx) && machines.some(({ nx }) => nx))
  t.true(new Set(machines.map(({ cpu }) => cpu.name)).size > 1)
})

test('siblings see the same LUNs under one WWID; hosts of another array see others', async (t) => {
  const wwids = async (index: number) => (await read('shared', index)).inventory.multipaths.map(({ wwid }) => wwid)
  t.deepEqual(await wwids(0), await wwids(63))
  const [own, far] = [new Set<string>(await wwids(0)), await wwids(64)]
  t.deepEqual(
    far.filter((wwid) => own.has(wwid)),
    [],
  )
})

test('an iSCSI host has sessions, a Fibre Channel host has HBAs, and each path leads to its target', async (t) => {
  const iscsi = (await read('targets', 0)).inventory
  const fc = (await read('targets', 64)).inventory
  t.is(iscsi.iscsi.sessions.length, 2)
  t.deepEqual(iscsi.fcHbas, [])
  t.is(fc.fcHbas.length, 2)
  t.deepEqual(fc.iscsi.sessions, [])
  for (const { blockDevices } of [iscsi, fc]) {
    for (const { target, multipath, transport } of blockDevices.filter((disk) => disk.multipath !== undefined)) {
      t.is(target?.kind, transport === 'fc' ? 'fc' : 'iscsi')
      t.not(multipath, undefined)
    }
  }
  const [first] = fc.blockDevices.flatMap(({ target }) => (target?.kind === 'fc' ? [target] : []))
  t.is(fc.fcHbas[0]?.targets[0]?.port, first?.port)
})

test('hosts of one VLAN hear one gateway', async (t) => {
  const gateways = async (index: number) =>
    (await read('vlans', index)).inventory.heard
      .filter(({ port, bridge }) => bridge === 'xenbr10' && port.startsWith('bond0'))
      .map(({ mac }) => mac)
  const [first, far] = [await gateways(0), await gateways(500)]
  t.is(first.length, 1)
  t.deepEqual(first, far)
})

test('a machine whose NX is off says so in every row of its CPU', async (t) => {
  const machine = { ...makeMachine('nx', 1), nx: false }
  const { sections } = await collect(simulatedHost(machine, new TestClock()).backend, ['cpuPolicy'])
  t.false(sections.cpuPolicy?.nx)
  t.true(sections.cpuPolicy?.rows.every(({ words }) => (Number.parseInt(words[2] ?? '', 16) & 0x00100000) === 0))
})

test('what a host counts never goes back, and is the same at the same time', async (t) => {
  const clock = new TestClock()
  const { backend } = simulatedHost(makeMachine('load', 7), clock)
  const read = async (): Promise<Counters> => (await readCounters(backend)) ?? t.fail('its counters are not read')
  let last = await read()
  for (let step = 0; step < 20; step += 1) {
    clock.now += 37_000
    const next = await read()
    t.deepEqual(next, await read())
    for (const [index, { cpuSeconds }] of next.domains.entries()) t.true(cpuSeconds >= (last.domains[index]?.cpuSeconds ?? 0))
    for (const [name, disk] of next.disks) t.true(disk.readBytes >= (last.disks.get(name)?.readBytes ?? 0))
    for (const [name, link] of next.interfaces) t.true(link.sentBytes >= (last.interfaces.get(name)?.sentBytes ?? 0))
    last = next
  }
})

test('the tide of a counter swings about its average', (t) => {
  const day = 86_400
  t.true(Math.abs(counted(2, day, 0.3) / day - 2) < 0.05)
  const rates = Array.from({ length: 60 }, (_, index) => counted(1, index * 10 + 10, 0) - counted(1, index * 10, 0))
  t.true(Math.min(...rates) > 0 && Math.max(...rates) > 1.5 * Math.min(...rates))
})

test('a command that no agent runs is not there', async (t) => {
  const { backend } = simulatedHost(makeMachine('none', 0), new TestClock())
  t.deepEqual(await backend.run(['rm', '-rf', '/']), { kind: 'missing' })
  t.is(await backend.read('/etc/shadow'), undefined)
  t.deepEqual(await backend.list('/root'), [])
})
