import test from 'ava'
import { readGuests } from '../../../../images/agent/sections/guests.ts'
import { readIscsi } from '../../../../images/agent/sections/iscsi.ts'
import { readCpuPolicy, readCpus, readMemory, readNuma, readXen } from '../../../../images/agent/sections/processors.ts'
import { DOM0, dom0 } from '../dom0.ts'
import { fixture, textBackend } from '../machines.ts'

const MIB = 2 ** 20
const bigMachine = textBackend({
  ...DOM0,
  commands: { ...DOM0.commands, 'xl info -n': fixture('xl-info-n-two-sockets-documented.txt') },
})

test('sockets and cores are counted in the topology, or follow from what Xen says of all alike', async (t) => {
  t.like((await readCpus(bigMachine)).value, { sockets: 2, cores: 4, threads: 8 })
  t.like((await readCpus(dom0)).value, { sockets: 1, cores: 1, threads: 1, vendor: 'AuthenticAMD', family: 23 })
})

test('the CPU policy has the rows, each with its largest leaves, and says that NX is on', async (t) => {
  const { value, problems } = await readCpuPolicy(dom0)
  t.deepEqual(problems, [])
  t.like(value, { xenVersion: '4.20.5-pre', vendor: 'AuthenticAMD', family: 23, model: 1, stepping: 2, nx: true })
  const max = value.rows.find(({ row }) => row === 'HVM Max')
  t.is(max?.words[value.key.indexOf('e1d')], '24500800')
  t.like(max, { maxBasicLeaf: 0xd, maxStructuredSubleaf: 2 })
  t.deepEqual(value.virtCaps.slice(0, 3), ['pv', 'hvm', 'hap'])
})

test('NX that the firmware hides is off; NX that nobody could read is neither', async (t) => {
  const text = fixture('xen-cpuid-4.20-epyc.txt').replaceAll('25d3fbfd', '25c3fbfd')
  const off = textBackend({ ...DOM0, commands: { ...DOM0.commands, '/usr/lib/hostless/xen/xen-cpuid': text } })
  t.false((await readCpuPolicy(off)).value.nx)
  t.is((await readCpuPolicy(textBackend({}))).value.nx, undefined)
})

test('without xen-cpuid the policy says what dom0 knows, and that the rest is missing', async (t) => {
  const { value, problems } = await readCpuPolicy(textBackend({ files: DOM0.files }))
  t.deepEqual(value.rows, [])
  t.is(value.family, 23)
  t.deepEqual(
    problems.map(({ source }) => source),
    ['/usr/lib/hostless/xen/xen-cpuid', '/usr/lib/hostless/xen/xen-cpuid -p', 'xl info -n'],
  )
})

test('NUMA is Xen’s, with the CPUs of each node; without Xen it is the kernel’s', async (t) => {
  t.deepEqual((await readNuma(bigMachine)).value, [
    { node: 0, bytes: 66560 * MIB, freeBytes: 60250 * MIB, cpus: [0, 1, 2, 3], distances: [10, 21] },
    { node: 1, bytes: 65536 * MIB, freeBytes: 60250 * MIB, cpus: [4, 5, 6, 7], distances: [21, 10] },
  ])
  // The lab's machine tells no topology: its only node has its only CPU.
  t.deepEqual(
    (await readNuma(dom0)).value.map(({ cpus }) => cpus),
    [[0]],
  )
  const files = { '/sys/devices/system/node/node0/meminfo': 'Node 0 MemTotal: 4 kB\n', '/sys/devices/system/node/node0/cpulist': '0\n' }
  t.deepEqual((await readNuma(textBackend({ files }))).value, [{ node: 0, bytes: 4096, cpus: [0], distances: [] }])
})

test('memory is the machine’s, and dom0’s share of it', async (t) => {
  t.like((await readMemory(dom0)).value, { totalBytes: 2047 * MIB, dom0TotalBytes: 533660 * 1024 })
  t.like((await readXen(dom0)).value, { freeBytes: 1288 * MIB, scheduler: 'credit2' })
})

test('a guest has what the hypervisor says of it now', async (t) => {
  const { value, problems } = await readGuests(dom0)
  t.deepEqual(problems, [])
  t.like(value[0], { name: 'web 01', state: 'paused', vcpus: 1, maxVcpus: 4, memoryBytes: 128 * MIB })
})

test('a guest that went between two commands is there with an unknown state; one that took its number is not taken for it', async (t) => {
  const list = fixture('xl-list-v-4.20-paused.txt')
  for (const other of [list.replace(/^web 01.*\n/m, ''), list.replace('5696d4b1', '00000001')]) {
    const backend = textBackend({ ...DOM0, commands: { ...DOM0.commands, 'xl list -v': other } })
    t.like((await readGuests(backend)).value[0], { name: 'web 01', state: 'unknown' })
  }
})

test('iSCSI is the initiator’s name and the sessions', async (t) => {
  const { value } = await readIscsi(dom0)
  t.is(value.initiator as string | undefined, 'iqn.2025-01.net.hostless:node1')
  t.is(value.sessions.length, 2)
})
