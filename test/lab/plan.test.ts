import test from 'ava'
import { MOST_NODES, planNodes } from './plan.ts'

const folders = { runtime: '/run/hl-lab-1-1', run: '/lab/runs/x' }

test('planNodes gives each node a name, MACs, address, identity and BMC of its own', (t) => {
  const plans = planNodes([{}, {}, {}], 'bios', folders)
  for (const key of ['name', 'mac', 'address', 'uuid', 'serial', 'bmcAddress', 'consoleLog', 'consoleSocket', 'monitorSocket'] as const) {
    t.is(new Set(plans.map((plan) => plan[key])).size, 3, key)
  }
  t.deepEqual(
    plans.map(({ name, mac, address }) => [name, mac, address]),
    [
      ['node1', '52:54:00:77:00:01', '10.77.0.21'],
      ['node2', '52:54:00:77:00:02', '10.77.0.22'],
      ['node3', '52:54:00:77:00:03', '10.77.0.23'],
    ],
  )
  t.deepEqual(plans, planNodes([{}, {}, {}], 'bios', folders), 'a node keeps its identity from run to run')
})

test('planNodes numbers further NICs and sizes disks in bytes', (t) => {
  const [plan] = planNodes([{ name: 'big', nics: 2, disksMiB: [64, 128], firmware: 'uefi' }], 'bios', folders)
  t.deepEqual(plan?.nics, [
    { mac: '52:54:00:77:00:01', tap: 'big' },
    { mac: '52:54:00:77:01:01', tap: 'big.1' },
  ])
  t.deepEqual(
    plan?.disks.map((disk) => disk.bytes),
    [67_108_864, 134_217_728],
  )
  t.is(plan?.firmware, 'uefi')
})

test('planNodes keeps tap names and socket paths within the kernel’s limits for the largest rack', (t) => {
  const specs = Array.from({ length: MOST_NODES }, (_, index) => ({ name: `rack-row-${String.fromCharCode(97 + index)}`, nics: 8 }))
  for (const plan of planNodes(specs, 'bios', { ...folders, runtime: '/run/hl-lab-4194304-99' })) {
    t.true(plan.nics.every(({ tap }) => tap.length <= 15))
    t.true(plan.consoleSocket.length <= 107 && plan.monitorSocket.length <= 107)
  }
})

test('planNodes refuses racks that cannot be', (t) => {
  const refuse = (specs: Parameters<typeof planNodes>[0], message: RegExp) =>
    t.throws(() => planNodes(specs, 'bios', folders), { instanceOf: RangeError, message })
  refuse([], /1 to 16 nodes, not 0/)
  refuse(
    Array.from({ length: 17 }, () => ({})),
    /not 17/,
  )
  refuse([{ name: 'a' }, { name: 'a' }], /same name/)
  refuse([{ name: 'Node,if=x' }], /no node name/)
  refuse([{ name: 'elevenchars' }], /no node name/)
  refuse([{ nics: 0 }], /0 NICs/)
  refuse([{ nics: 9 }], /9 NICs/)
})
