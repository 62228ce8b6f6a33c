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

const statisticsOf = (folder: string, counts: readonly number[]) =>
  Object.fromEntries(['rd_req', 'wr_req', 'rd_sect', 'wr_sect'].map((name, index) => [`${folder}/${name}`, `${counts[index]}\n`]))

test('readCounters reads a dom0, and vbds by domain', async (t) => {
  const statistics = '/sys/bus/xen-backend/devices/vbd-1-51712/statistics'
  const second = '/sys/bus/xen-backend/devices/vbd-1-51728/statistics'
  const drive = '/sys/bus/xen-backend/devices/vbd-1-51744/statistics'
  const files = {
    ...statisticsOf(statistics, [3, 0, 24, 0]),
    ...statisticsOf(second, [4, 0, 0, 8]),
    [`${second}/wr_req`]: { kind: 'unreadable', reason: 'EIO' } as const,
    [`${drive}/../state`]: '4\n',
  }
  const read = await readWhole(textBackend({ ...DOM0, files: { ...DOM0.files, ...files } }))
  t.deepEqual(
    read.vbds.get(1),
    new Map([
      ['51712', { reads: 3, writes: 0, readBytes: 24 * 512, writtenBytes: 0 }],
      ['51728', undefined],
    ]),
    'what could not be read is not 0, and a drive without a medium is no disk',
  )
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
  const [far, back] = [9_999, 0].map((cpuSeconds) => counters.domains.map((domain) => ({ ...domain, cpuSeconds })))
  const taken = sampleBetween(at(0, { domains: far ?? [] }), at(10_000, { domains: back ?? [] }), inventory)
  t.is(taken?.host.cpus, 0)
  t.deepEqual(taken?.guests, [], 'of the guest nothing is known')
})

test('a guest that came, went, or took another’s number in between is left out', (t) => {
  const other = counters.domains.map((domain) => ({ ...domain, uuid: '00000000-0000-4000-8000-000000000001' }))
  t.deepEqual(sampleBetween(at(0, { domains: other }), at(10_000), inventory)?.guests, [])
  t.deepEqual(sampleBetween(at(0), at(10_000, { domains: [] }), inventory)?.guests, [])
  t.is(sampleBetween(at(0), at(10_000, { domains: [] }), inventory)?.host.cpus, 0)
})

const disk = (reads: number) => ({ reads, writes: 0, readBytes: reads * 4096, writtenBytes: 0 })
const vbds = (disks: Readonly<Record<string, number | undefined>>) =>
  new Map([[1, new Map(Object.entries(disks).map(([device, reads]) => [device, reads === undefined ? undefined : disk(reads)] as const))]])

test('a guest’s disks are counted together', (t) => {
  const taken = sampleBetween(at(0, { vbds: vbds({ a: 5, b: 7 }) }), at(10_000, { vbds: vbds({ a: 15, b: 17 }) }), inventory)
  t.like(taken?.guests[0], { readsPerSecond: 2, readBytesPerSecond: 8192, writtenBytesPerSecond: 0 })
})

test('a guest whose disk came, went, was not read or was begun anew in between is left out: neither 0 nor a leap', (t) => {
  const between = (before: Readonly<Record<string, number | undefined>>, now: Readonly<Record<string, number | undefined>>) =>
    sampleBetween(at(0, { vbds: vbds(before) }), at(10_000, { vbds: vbds(now) }), inventory)?.guests
  t.is(between({ a: 5 }, { a: 5 })?.length, 1)
  for (const [before, now] of [
    [{ a: 5 }, { a: 5, b: 9_000_000 }],
    [{ a: 5, b: 9 }, { a: 5 }],
    [{ a: 5 }, { b: 5 }],
    [{ a: undefined }, { a: 9_000_000 }],
    [{ a: 5 }, { a: undefined }],
    [{ a: 5 }, { a: 4 }],
  ] as const)
    t.deepEqual(between(before, now), [], JSON.stringify([before, now]))
})

test('of a host what was begun anew is left out, disk and NIC', (t) => {
  const nic = { receivedBytes: 9, sentBytes: 9, receivedPackets: 9, sentPackets: 9, lostPackets: 0 }
  const host = (reads: number, sentBytes: number) =>
    sampleBetween(
      at(0, { disks: new Map([['vda', disk(5)]]), interfaces: new Map([['eth0', nic]]) }),
      at(10_000, { disks: new Map([['vda', disk(reads)]]), interfaces: new Map([['eth0', { ...nic, sentBytes }]]) }),
      inventory,
    )?.host
  t.is(host(6, 10)?.disks.length, 1)
  t.is(host(6, 10)?.nics.length, 1)
  t.deepEqual(host(4, 10)?.disks, [])
  t.deepEqual(host(6, 8)?.nics, [])
})

test('no time, no sample', (t) => {
  t.is(sampleBetween(at(5), at(5.2), inventory), undefined)
})
