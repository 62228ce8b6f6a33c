import test from 'ava'
import { host as hostSchema } from '../../../../manager/contract/hosts.ts'
import { guestsOn, type HostParts, runningGuests, summaryOf } from '../../../../manager/doors/answers/host-summary.ts'
import { Summaries } from '../../../../manager/doors/answers/summaries.ts'
import type { HostView } from '../../../../manager/hosts/pool-change.ts'
import type { Sample } from '../../../../manager/protocol/sample.ts'
import { report } from '../../connectivity/inventories.ts'
import { shownIn } from '../../hosts/conditions.ts'
import { uuidOf } from '../../site.ts'

const view: HostView = {
  id: 'a'.repeat(16),
  name: 'node01',
  ...shownIn('up'),
  since: 1,
  groups: ['rack1'],
  notes: '',
  created: 0,
  macs: [{ mac: '52:54:00:00:00:01', boot: true }],
  connection: { address: '10.0.0.1', agent: '1', since: 2 },
}
const rates = { readBytesPerSecond: 1, writtenBytesPerSecond: 2, readsPerSecond: 0, writesPerSecond: 0, busy: 0 }
const traffic = {
  receivedBytesPerSecond: 4,
  sentBytesPerSecond: 8,
  receivedPacketsPerSecond: 0,
  sentPacketsPerSecond: 0,
  lostPacketsPerSecond: 0,
}
const sample: Sample = {
  at: 5,
  milliseconds: 1000,
  host: {
    ...{ cpus: 1.5, threads: 8, dom0Cpus: 0.5, freeBytes: 10, totalBytes: 20, dom0AvailableBytes: 5 },
    disks: ['sda', 'sdb'].map((name) => ({ name, ...rates })),
    nics: ['eth0', 'eth1', 'eth2'].map((name) => ({ name, ...traffic })),
  },
  guests: [{ uuid: uuidOf(1), cpus: 0.25, memoryBytes: 1, ...rates, ...traffic }],
}
const domU = (number: number, state: 'running' | 'paused' | 'shutdown' | 'crashed') => ({
  ...{ domid: number, uuid: uuidOf(number), name: `g${number}`, type: 'pvh' as const, state, vcpus: 1, maxVcpus: 1 },
  ...{ memoryBytes: 1, maxMemoryBytes: 1, disks: [], nics: [] },
})
const inventory = report({
  dmi: { product: 'R740', firmwareVendor: 'Dell', firmwareVersion: '2.1' },
  cpus: { vendor: 'GenuineIntel', threads: 8 },
  blockDevices: [
    { name: 'sda', sizeBytes: 100, transport: 'sata' },
    { name: 'sdb', sizeBytes: 50, transport: 'iscsi', wwid: `naa.6${'0'.repeat(31)}` },
    { name: 'sdc', sizeBytes: 50, transport: 'iscsi', wwid: `naa.6${'0'.repeat(31)}` },
    { name: 'sr0', sizeBytes: 7, transport: 'usb', removable: true },
  ],
  nics: [
    { name: 'eth0', mac: '52:54:00:00:00:01' },
    { name: 'eth1', mac: '52:54:00:00:00:02', link: 'down' },
  ],
  guests: [domU(1, 'running'), domU(2, 'paused'), domU(3, 'shutdown'), domU(4, 'crashed')],
})
const parts: HostParts = { view, inventory, sample, freeBytes: undefined, image: undefined, once: undefined, cpuGroup: 1, alarms: 2 }

test('a host is said as the schema has it: a LUN once, removable disks not, rates summed, ended guests not counted', (t) => {
  const said = summaryOf(parts)
  t.true(hostSchema.safeParse(said).success)
  t.like(said, { name: 'node01', cpuGroup: 1, alarms: 2, guests: 2 })
  t.like(said.hardware, {
    product: 'R740',
    firmware: 'Dell 2.1',
    diskCount: 2,
    diskBytes: 150,
    nicCount: 2,
    nicsUp: 1,
    memoryBytes: undefined,
  })
  t.deepEqual(said.load, {
    ...{ at: 5, cpus: 1.5, threads: 8, dom0Cpus: 0.5, freeBytes: 10, totalBytes: 20 },
    ...{ readBytesPerSecond: 2, writtenBytesPerSecond: 4, receivedBytesPerSecond: 12, sentBytesPerSecond: 24 },
  })
  t.is(runningGuests(inventory), 2)
})

test('of a host that is away no load is told, of one that has not reported no hardware', (t) => {
  const { connection: _, ...away } = view
  const gone = summaryOf({ ...parts, view: away })
  t.is(gone.load, undefined)
  t.is(gone.connection, undefined)
  t.deepEqual(guestsOn(away, inventory, sample)[0]?.load, undefined)
  t.is(guestsOn(view, inventory, sample)[0]?.load?.cpus, 0.25)
  t.like(summaryOf({ ...parts, inventory: undefined, sample: undefined }), { hardware: undefined, load: undefined, guests: undefined })
})

test('no guests are counted where the report is not there, or not in memory yet, unless the host was never up', (t) => {
  const none = { ...parts, inventory: undefined, sample: undefined }
  const { connection: _, ...away } = view
  t.is(summaryOf({ ...none, view: { ...away, ...shownIn('pending') } }).guests, 0)
  t.is(summaryOf({ ...none, view: { ...away, ...shownIn('lost') } }).guests, undefined)
  t.is(summaryOf({ ...none, view: { ...away, ...shownIn('booting'), inventory: { revision: 3, at: 1 } } }).guests, undefined)
})

test('only what has changed is made anew', (t) => {
  const summaries = new Summaries()
  const other: HostParts = { ...parts, view: { ...view, id: 'b'.repeat(16), name: 'node02' } }
  const [first, second] = [summaries.of(parts), summaries.of(other)]
  t.is(summaries.of({ ...parts }), first)
  const changes: readonly Partial<HostParts>[] = [
    { view: { ...view } },
    { inventory: undefined },
    { sample: undefined },
    { cpuGroup: undefined },
    { alarms: 0 },
    { image: { image: 'dom0', generation: '1' } },
    { image: { image: 'dom0', generation: '2' } },
  ]
  let before = first
  for (const change of changes) {
    const after = summaries.of({ ...parts, ...change })
    t.not(after, before, Object.keys(change).join())
    t.is(summaries.of(other), second)
    before = after
  }
})

test('what may be missing in a section is not counted: the count is not there, and why is said', (t) => {
  const hung = (section: 'guests' | 'blockDevices' | 'nics', lacks?: 'detail' | 'parts') => ({
    ...{ section, source: `read ${section}`, reason: 'it hung' },
    ...(lacks === undefined ? {} : { lacks }),
  })
  const unread = { ...inventory, guests: [], problems: [hung('guests'), hung('blockDevices'), hung('nics')] }
  const said = summaryOf({ ...parts, inventory: unread })
  t.deepEqual(hostSchema.parse(said), said)
  t.false('guests' in said)
  for (const count of ['diskCount', 'diskBytes', 'nicCount', 'nicsUp']) t.false(count in (said.hardware ?? {}), count)
  t.deepEqual(
    said.unread?.map(({ section, reason }) => `${section}: ${reason}`),
    ['guests: it hung', 'blockDevices: it hung', 'nics: it hung'],
  )
  const slight = summaryOf({ ...parts, inventory: { ...inventory, problems: [hung('guests', 'parts'), hung('nics', 'detail')] } })
  t.is(slight.guests, 2)
  t.is(slight.hardware?.nicCount, 2)
  t.false('unread' in slight)
})

test('a guest without configuration has no type and no counts', (t) => {
  const [bare] = guestsOn(view, { ...inventory, guests: [{ ...domU(5, 'running'), configured: false as const }] }, undefined)
  t.deepEqual([bare?.type, bare?.disks, bare?.nics, bare?.vcpus], [undefined, undefined, undefined, 1])
})

test('the memory that a host is shown to have free is what claims leave of it, where that is known', (t) => {
  t.is(summaryOf({ ...parts, freeBytes: 3 }).load?.freeBytes, 3)
  t.is(summaryOf(parts).load?.freeBytes, 10)
  const summaries = new Summaries()
  const first = summaries.of(parts)
  t.not(summaries.of({ ...parts, freeBytes: 3 }), first)
})
