// One message of each kind, for the tests.
import type { Inventory } from '../../../manager/protocol/inventory.ts'
import { agentMessage, managerMessage } from '../../../manager/protocol/messages.ts'

export const emptyInventory: Inventory = {
  dmi: { memoryModules: [] },
  cpus: { flags: [] },
  cpuPolicy: { virtCaps: [], key: [], rows: [] },
  numa: [],
  memory: {},
  sensors: [],
  xen: { virtCaps: [], xenCaps: [] },
  kernel: {},
  nics: [],
  bonds: [],
  vlans: [],
  bridges: [],
  addresses: [],
  heard: [],
  blockDevices: [],
  multipaths: [],
  partitions: [],
  fileSystems: [],
  pvs: [],
  vgs: [],
  lvs: [],
  iscsi: { sessions: [] },
  fcHbas: [],
  nfsMounts: [],
  diskHealth: [],
  guests: [],
  drbd: [],
  properties: [],
  guestAddresses: { ways: [], nics: [] },
  problems: [],
}

const run = '6a1437ba-1c67-49ec-a46f-ed26f0248e7b'
const rates = { readBytesPerSecond: 1, writtenBytesPerSecond: 2, readsPerSecond: 3, writesPerSecond: 4.5 }
const traffic = {
  receivedBytesPerSecond: 1,
  sentBytesPerSecond: 2,
  receivedPacketsPerSecond: 3,
  sentPacketsPerSecond: 4,
  lostPacketsPerSecond: 0,
}
const levels = { cpus: 1.5, threads: 4, dom0Cpus: 0.1, freeBytes: 1, totalBytes: 2, dom0AvailableBytes: 1 }
const host = { ...levels, disks: [{ name: 'sda', ...rates, busy: 0.5 }], nics: [{ name: 'eth0', ...traffic }] }
const guests = [{ uuid: run, cpus: 0.5, memoryBytes: 1, ...rates, ...traffic }]

export const AGENT_MESSAGES = [
  { kind: 'hello', versions: { oldest: 1, newest: 1 }, agent: '0.1.0', run, revision: 3, epoch: 7 },
  {
    kind: 'enrol',
    attempt: 'uczhl4wdrb5rgqck',
    token: 'A'.repeat(43),
    certificateRequest: 'MIIB',
    systemUuid: run,
    macs: ['52:54:00:77:00:01'],
  },
  { kind: 'inventory', run, revision: 1, inventory: emptyInventory },
  { kind: 'delta', run, base: 1, revision: 2, sections: { lvs: [], memory: { totalBytes: 5 } }, problems: [] },
  { kind: 'sample', sample: { at: 1, milliseconds: 10_000, host, guests } },
  { kind: 'event', at: 1, event: { kind: 'device', action: 'add', subsystem: 'block', device: 'sdb' } },
  { kind: 'event', at: 1, event: { kind: 'network', what: 'link', interface: 'eth0' } },
  { kind: 'answer', id: 'a1/3', answer: { kind: 'collected', revision: 2, problems: [] } },
  { kind: 'answer', id: 'a1/3', answer: { kind: 'refused', cause: 'stale-epoch', reason: 'epoch 8 has been heard' } },
  { kind: 'answer', id: 'a1/3', answer: { kind: 'refused', cause: 'cancelled', reason: 'it was cancelled: it had not begun' } },
  { kind: 'answer', id: 'a1/3', answer: { kind: 'refused', cause: 'unknown', reason: 'look at the host' } },
  { kind: 'accepted', id: 'a1/3' },
  { kind: 'progress', id: 'a1/3', progress: { phase: 'listing', done: 0, unit: 'files' } },
  { kind: 'progress', id: 'a1/3', progress: { phase: 'copying', done: 3, total: 1 << 40, unit: 'bytes' } },
  { kind: 'ping', number: 1 },
  { kind: 'pong', number: 1 },
].map((message) => agentMessage.parse(message))

export const MANAGER_MESSAGES = [
  { kind: 'welcome', version: 1, epoch: 7, have: 3 },
  { kind: 'enrolled', certificates: ['MIIB'] },
  { kind: 'rejected', reason: 'the token is spent', retry: false },
  { kind: 'resend' },
  { kind: 'request', id: 'a1/3', epoch: 7, request: { kind: 'collect', sections: ['lvs'] } },
  { kind: 'cancel', id: 'a1/3', epoch: 7 },
  { kind: 'ping', number: 1 },
  { kind: 'pong', number: 1 },
].map((message) => managerMessage.parse(message))
