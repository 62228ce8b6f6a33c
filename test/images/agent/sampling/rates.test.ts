import test from 'ava'
import type { Backend } from '../../../../images/agent/backend.ts'
import { collect, EMPTY_INVENTORY, update } from '../../../../images/agent/collect.ts'
import { type Counters, readCounters } from '../../../../images/agent/sampling/counters.ts'
import { parseDiskstats } from '../../../../images/agent/sampling/diskstats.ts'
import { parseNetDev } from '../../../../images/agent/sampling/net-dev.ts'
import { type Moment, sampleBetween } from '../../../../images/agent/sampling/rates.ts'
import { sample } from '../../../../manager/protocol/sample.ts'
import { DOM0, dom0 } from '../dom0.ts'
import { fixture, textBackend } from '../machines.ts'

const MIB = 2 ** 20
const { inventory } = update(EMPTY_INVENTORY, await collect(dom0))
const readWhole = async (backend: Backend): Promise<Counters> => {
  const read = await readCounters(backend)
  if (!read) throw new Error('its counters are not read')
  return read
}
const counters = await readWhole(dom0)
const at = (steady: number, change: Partial<Counters> = {}): Moment => ({
  at: 1_700_000_000_000 + steady,
  steady,
  counters: { ...counters, ...change },
})

test('parseDiskstats counts in bytes', (t) => {
  t.deepEqual(parseDiskstats('   8       0 sda 100 5 2000 30 40 6 800 70 0 900 100 0 0 0 0 0 0\n').get('sda'), {
    reads: 100,
    writes: 40,
    readBytes: 2000 * 512,
    writtenBytes: 800 * 512,
    busyMilliseconds: 900,
  })
  t.true(parseDiskstats(fixture('diskstats-trixie.txt')).has('vda'))
})

test('parseNetDev takes neither head for an interface', (t) => {
  const found = parseNetDev(fixture('net-dev-trixie-vif.txt'))
  t.true(found.has('eth0') && found.has('vif1.0'))
  t.is(found.size, fixture('net-dev-trixie-vif.txt').trimEnd().split('\n').length - 2)
  t.deepEqual(parseNetDev(' vif1.0:  100 2 3 4 0 0 0 0 200 5 6 7 0 0 0 0\n').get('vif1.0'), {
    receivedBytes: 100,
    sentBytes: 200,
    receivedPackets: 2,
    sentPackets: 5,
    lostPackets: 20,
  })
})

test('readCounters reads a dom0, and vbds by domain', async (t) => {
  const statistics = '/sys/bus/xen-backend/devices/vbd-1-51712/statistics'
  const second = '/sys/bus/xen-backend/devices/vbd-1-51728/statistics'
  const files = {
    [`${statistics}/rd_req`]: '3\n',
    [`${statistics}/rd_sect`]: '24\n',
    [`${second}/rd_req`]: '4\n',
    [`${second}/wr_sect`]: '8\n',
  }
  const read = await readWhole(textBackend({ ...DOM0, files: { ...DOM0.files, ...files } }))
  t.deepEqual(read.vbds.get(1), { reads: 7, writes: 0, readBytes: 24 * 512, writtenBytes: 8 * 512 })
  t.is(read.threads, 1)
  t.is(read.freeBytes, 1288 * MIB)
  t.deepEqual(
    read.domains.map(({ domid }) => domid),
    [0, 1],
  )
})

test('what could not be read makes no counters: their zeros would be believed', async (t) => {
  const [commands, files] = [DOM0.commands ?? {}, DOM0.files ?? {}]
  const hangs = { kind: 'stopped', stdout: '', reason: 'stopped after 20 s' } as const
  for (const command of ['xl list -v', 'xl info -n'])
    t.is(await readCounters(textBackend({ files, commands: { ...commands, [command]: hangs } })), undefined, command)
  for (const path of ['/proc/meminfo', '/proc/diskstats', '/proc/net/dev']) {
    const unreadable = { kind: 'unreadable', reason: 'EIO' } as const
    t.is(await readCounters(textBackend({ commands, files: { ...files, [path]: unreadable } })), undefined, path)
  }
})

test('a host’s CPU is that of all domains, and dom0’s own is told apart', (t) => {
  const domains = counters.domains.map((domain) => ({ ...domain, cpuSeconds: domain.cpuSeconds + (domain.domid === 0 ? 1 : 4) }))
  const taken = sampleBetween(at(0), at(10_000, { domains }), inventory)
  t.like(taken?.host, { cpus: 0.5, dom0Cpus: 0.1, threads: 1, totalBytes: 2047 * MIB })
  t.like(taken?.guests[0], { cpus: 0.4, memoryBytes: 128 * MIB })
  t.deepEqual(sample.parse(taken), taken)
})

test('a guest sends what its vif receives', (t) => {
  const vif = { receivedBytes: 0, sentBytes: 0, receivedPackets: 0, sentPackets: 0, lostPackets: 0 }
  const from = new Map([['vif1.0', vif]])
  const to = new Map([['vif1.0', { ...vif, receivedBytes: 1000, sentPackets: 20 }]])
  const taken = sampleBetween(at(0, { interfaces: from }), at(10_000, { interfaces: to }), inventory)
  t.like(taken?.guests[0], { sentBytesPerSecond: 100, receivedBytesPerSecond: 0, receivedPacketsPerSecond: 2, sentPacketsPerSecond: 0 })
})

test('a disk’s share of busy time is at most all of it', (t) => {
  const disk = { reads: 0, writes: 0, readBytes: 0, writtenBytes: 0, busyMilliseconds: 0 }
  const taken = (busyMilliseconds: number) =>
    sampleBetween(
      at(0, { disks: new Map([['vda', disk]]) }),
      at(2_000, { disks: new Map([['vda', { ...disk, reads: 100, busyMilliseconds }]]) }),
      inventory,
    )?.host.disks[0]
  t.like(taken(500), { name: 'vda', busy: 0.25, readsPerSecond: 50 })
  t.is(taken(9_999)?.busy, 1)
})

test('a counter that went back claims nothing', (t) => {
  const back = counters.domains.map((domain) => ({ ...domain, cpuSeconds: 0 }))
  t.is(sampleBetween(at(0), at(10_000, { domains: back }), inventory)?.host.cpus, 0)
})

test('a guest that came, went, or took another’s number in between is left out', (t) => {
  const other = counters.domains.map((domain) => ({ ...domain, uuid: '00000000-0000-4000-8000-000000000001' }))
  t.deepEqual(sampleBetween(at(0, { domains: other }), at(10_000), inventory)?.guests, [])
  t.deepEqual(sampleBetween(at(0), at(10_000, { domains: [] }), inventory)?.guests, [])
  t.is(sampleBetween(at(0), at(10_000, { domains: [] }), inventory)?.host.cpus, 0)
})

test('no time, no sample', (t) => {
  t.is(sampleBetween(at(5), at(5.2), inventory), undefined)
})
