import test from 'ava'
import { parsePolicies, parseXenCpuid } from '../../../../images/agent/inventory/xen-cpuid.ts'
import { parseXlInfo } from '../../../../images/agent/inventory/xl-info.ts'
import { parseXlList } from '../../../../images/agent/inventory/xl-list.ts'
import { parseXlListLong } from '../../../../images/agent/inventory/xl-list-long.ts'
import { fixture } from '../machines.ts'

const MIB = 2 ** 20

test('parseXlInfo reads a dom0 of Xen 4.20', (t) => {
  const { value, reasons } = parseXlInfo(fixture('xl-info-n-4.20.txt'))
  t.deepEqual(reasons, [])
  t.like(value, {
    machine: 'x86_64',
    version: '4.20.5-pre',
    changeset: undefined,
    scheduler: 'credit2',
    threads: 1,
    kilohertz: 2_596_137,
    totalBytes: 2047 * MIB,
    freeBytes: 1288 * MIB,
  })
  t.deepEqual(value.virtCaps, ['pv', 'hvm', 'hap', 'gnttab-v1', 'gnttab-v2'])
  t.deepEqual(value.nodes, [{ node: 0, bytes: 2047 * MIB, freeBytes: 1288 * MIB, distances: [10] }])
})

test('parseXlInfo reads sockets, cores and NUMA distances', (t) => {
  const { value } = parseXlInfo(fixture('xl-info-n-two-sockets-documented.txt'))
  t.is(value.topology.length, 8)
  t.deepEqual(value.topology[7], { cpu: 7, core: 1, socket: 1, node: 1 })
  t.deepEqual(
    value.nodes.map(({ node, distances }) => ({ node, distances })),
    [
      { node: 0, distances: [10, 21] },
      { node: 1, distances: [21, 10] },
    ],
  )
})

test('parseXenCpuid gives the rows that are the machine’s, of Xen 4.20 and 4.17', (t) => {
  for (const [name, host] of [
    ['xen-cpuid-4.20-epyc.txt', '25d3fbfd'],
    ['xen-cpuid-4.17-epyc-masked.txt', '25d3fbfd'],
  ] as const) {
    const { value, reasons } = parseXenCpuid(fixture(name))
    t.deepEqual(reasons, [])
    t.is(value.key.length, 19)
    t.deepEqual([value.key[0], value.key[2], value.key[18]], ['1d', 'e1d', 'e21c'])
    t.deepEqual(
      value.rows.map(({ row }) => row),
      ['Raw', 'Host', 'PV Default', 'HVM Default', 'PV Max', 'HVM Max'],
    )
    t.true(value.rows.every(({ words }) => words.length === 19))
    t.is(value.rows[1]?.words[2], host)
  }
})

test('parsePolicies reads vendor, family, model, stepping and the largest leaves', (t) => {
  const { value, reasons } = parsePolicies(fixture('xen-cpuid-p-4.20-epyc.txt'))
  t.deepEqual(reasons, [])
  t.deepEqual(
    value.map(({ policy }) => policy),
    ['Raw', 'Host', 'PV Max', 'HVM Max', 'PV Default', 'HVM Default'],
  )
  t.deepEqual(value[1], {
    policy: 'Host',
    vendor: 'AuthenticAMD',
    family: 23,
    model: 1,
    stepping: 2,
    maxBasicLeaf: 0xd,
    maxExtendedLeaf: 0x8000001e,
    maxStructuredSubleaf: 0,
  })
  t.is(value.find(({ policy }) => policy === 'HVM Max')?.maxStructuredSubleaf, 2)
})

test('parsePolicies counts Intel’s extended model, which begins at family 6', (t) => {
  const text =
    'Host policy: 2 leaves, 0 MSRs\n  00000000:ffffffff -> 00000016:756e6547:6c65746e:49656e69\n  00000001:ffffffff -> 00050654:00000800:7ffefbff:bfebfbff\n'
  t.like(parsePolicies(text).value[0], { vendor: 'GenuineIntel', family: 6, model: 85, stepping: 4 })
})

test('output that has no rows is a reason, not silence', (t) => {
  t.is(parseXenCpuid('xen-cpuid: permission denied\n').reasons.length, 1)
  t.is(parsePolicies('nothing\n').reasons.length, 1)
  t.is(parseXlInfo('nothing\n').reasons.length, 1)
})

test('parseXlList reads states, names with blanks, and CPU time', (t) => {
  const paused = parseXlList(fixture('xl-list-v-4.20-paused.txt'))
  t.deepEqual(paused.reasons, [])
  t.deepEqual(paused.value[1], {
    domid: 1,
    name: 'web 01',
    uuid: '5696d4b1-d96a-4bb4-8afd-6f96d9eb702f',
    mebibytes: 128,
    vcpus: 1,
    state: 'paused',
    cpuSeconds: 0,
  })
  t.is(parseXlList(fixture('xl-list-v-4.20-crashed.txt')).value[1]?.state, 'crashed')
  t.like(paused.value[0], { domid: 0, state: 'running', cpuSeconds: 117.7 })
})

test('every state that Xen has is told apart; being idle is running', (t) => {
  const state = (flags: string, reason: string) =>
    parseXlList(`head\nx 3 96 1 ${flags} 3.2 578f4c91-18ab-4096-b81d-924229e82462 ${reason} -\n`).value[0]?.state
  t.is(state('-b----', '-'), 'running')
  t.is(state('------', '-'), 'running')
  t.is(state('--p---', '-'), 'paused')
  t.is(state('---s--', '0'), 'shutdown')
  t.is(state('---s--', '2'), 'suspended')
  t.is(state('---sc-', '3'), 'crashed')
  t.is(state('---s--', '3'), 'crashed')
  t.is(state('-----d', '-'), 'dying')
})

test('a guest’s name cannot pass for columns', (t) => {
  const line =
    'x 9 9 9 r----- 9.9 00000000-0000-0000-0000-000000000000 - -   7    64     2     -b----    1.5 578f4c91-18ab-4096-b81d-924229e82462        -                -'
  t.deepEqual(
    parseXlList(`head\n${line}\n`).value.map(({ domid, uuid }) => ({ domid, uuid })),
    [{ domid: 7, uuid: '578f4c91-18ab-4096-b81d-924229e82462' }],
  )
})

test('parseXlListLong reads guests of Xen 4.17 and 4.20, and leaves dom0 out', (t) => {
  const { value, reasons } = parseXlListLong(fixture('xl-list-l-4.20-paused.json'))
  t.deepEqual(reasons, [])
  t.deepEqual(value, [
    {
      domid: 1,
      uuid: '5696d4b1-d96a-4bb4-8afd-6f96d9eb702f',
      name: 'web 01',
      type: 'pvh',
      maxVcpus: 4,
      memoryBytes: 128 * MIB,
      maxMemoryBytes: 128 * MIB,
      disks: [{ vdev: 'xvda', target: '/dev/vg0/g1', format: 'raw', readOnly: false }],
      nics: [{ devid: 0, mac: '00:16:3e:00:00:01', bridge: 'xenbr0', vif: 'vif1.0' }],
    },
  ])
  t.is(parseXlListLong(fixture('xl-list-l-4.17-pvh.json')).value[0]?.disks[0]?.target, '/dev/mapper/g1')
})
