// Hosts that are made up, and what they reach, run and have been through: what is said of one follows from its number.

import { collect, EMPTY_INVENTORY, update } from '../../../../images/agent/collect.ts'
import { makeMachine, simulatedHost } from '../../../../images/agent/simulator.ts'
import type { BootAttempt } from '../../../../manager/contract/boots.ts'
import type { Guest } from '../../../../manager/contract/guests.ts'
import type { HistoryEntry, Host } from '../../../../manager/contract/hosts.ts'
import type { Cell, Thing } from '../../../../manager/contract/things.ts'
import type { Inventory } from '../../../../manager/protocol/inventory.ts'
import { TestClock } from '../../../images/agent/clock.ts'
import { shownIn } from '../../hosts/conditions.ts'

const GIB = 2 ** 30
const RACK = 32
const STARTED = 1_795_000_000_000

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'
export const idOf = (index: number): string =>
  Array.from({ length: 16 }, (_, place) => BASE32[(index >> Math.min(30, 5 * (15 - place))) & 31] ?? 'a').join('')

export const THINGS: readonly Thing[] = [
  ...Array.from({ length: 12 }, (_, index): Thing => ({ key: `vlan:${100 + index}`, kind: 'vlan', name: `VLAN ${100 + index}`, hosts: 0 })),
  { key: 'segment:provisioning', kind: 'segment', name: 'untagged network of tor-1a', hosts: 0 },
  ...Array.from(
    { length: 3 },
    (_, index): Thing => ({
      key: `iscsi-target:iqn.2020-01.example:array${index}`,
      kind: 'iscsi-target',
      name: `iSCSI target iqn.2020-01.example:array${index}`,
      hosts: 0,
    }),
  ),
  ...Array.from(
    { length: 18 },
    (_, index): Thing => ({
      key: `lun:naa.600140500000000000000000000000${String(index).padStart(2, '0')}`,
      kind: 'lun',
      name: `LUN naa.600140500000000000000000000000${String(index).padStart(2, '0')}`,
      hosts: 0,
      sizeBytes: 512 * GIB,
      detail: 'LIO-ORG disk',
    }),
  ),
  ...Array.from(
    { length: 4 },
    (_, index): Thing => ({
      key: `vg:shared${index}`,
      kind: 'vg',
      name: `VG vg_shared${index}`,
      hosts: 0,
      sizeBytes: 2048 * GIB,
      freeBytes: 700 * GIB,
    }),
  ),
  { key: 'nfs:filer:/export/iso', kind: 'nfs', name: 'NFS filer:/export/iso', hosts: 0 },
  { key: 'nfs:filer:/export/images', kind: 'nfs', name: 'NFS filer:/export/images', hosts: 0 },
]

/** As many: more VLANs and LUNs. */
export function manyThings(count: number): readonly Thing[] {
  const more = Array.from({ length: count - THINGS.length }, (_, index): Thing => {
    const number = 200 + index
    if (index % 3 === 0) return { key: `vlan:${number}`, kind: 'vlan', name: `VLAN ${number}`, hosts: 0 }
    const wwid = `naa.600140500000000000000000000001${number.toString(16)}`
    return { key: `lun:${wwid}`, kind: 'lun', name: `LUN ${wwid}`, hosts: 0, sizeBytes: 512 * GIB, detail: 'LIO-ORG disk' }
  })
  return [...THINGS, ...more]
}

export function fakeHost(index: number, isPending: boolean): Host {
  const machine = makeMachine('page', index)
  const threads = 128
  const total = 512 * GIB
  const state = isPending
    ? 'pending'
    : index % 97 === 50
      ? 'lost'
      : index % 61 === 40
        ? 'maintenance'
        : index % 83 === 33
          ? 'booting'
          : 'up'
  const isUp = state === 'up' || state === 'maintenance'
  return {
    id: idOf(index),
    name: machine.name,
    ...shownIn(state),
    since: STARTED + index * 60_000,
    groups: [`rack${Math.floor(index / RACK) + 1}`, ...(index % 10 === 0 ? ['db'] : [])],
    notes: index === 3 ? 'Fan 2 is loud.\nOrdered a new one.' : '',
    created: STARTED,
    uuid: machine.systemUuid,
    macs: machine.nics.map(({ mac }, nic) => ({ mac, boot: nic === 0 })),
    ...(state === 'lost' ? {} : { connection: { address: machine.address, agent: '0.1.0', since: STARTED } }),
    inventory: { revision: 3, at: STARTED + index * 1000 },
    hardware: {
      manufacturer: 'Supermicro',
      product: 'AS-1115SV',
      serial: machine.serial,
      cpuVendor: 'AuthenticAMD',
      cpuModel: 'AMD EPYC 9354P 32-Core Processor',
      threads,
      memoryBytes: total,
      diskCount: 2,
      diskBytes: 1_920_383_410_176,
      nicCount: 4,
      nicsUp: 2,
    },
    ...(isPending
      ? {}
      : { image: { image: 'dom0', generation: index % 7 === 0 ? '20261101-4f2a' : '20261124-91cd' }, cpuGroup: index % 5 === 4 ? 2 : 1 }),
    ...(isUp
      ? {
          load: {
            at: STARTED,
            cpus: (threads * ((index * 37) % 100)) / 100,
            threads,
            dom0Cpus: 1.2,
            freeBytes: total - (total * ((index * 53) % 96)) / 100,
            totalBytes: total,
            readBytesPerSecond: 12e6,
            writtenBytesPerSecond: 34e6,
            receivedBytesPerSecond: 5e6,
            sentBytesPerSecond: 8e6,
          },
        }
      : {}),
    guests: isUp ? (index * 7) % 23 : 0,
    alarms: index % 41 === 7 ? 1 : 0,
  }
}

export function fakeCell(index: number, { kind, name }: Thing, column: number): Cell {
  if (kind === 'vlan' || kind === 'segment') {
    if (kind === 'segment' || column < 9 || Math.floor(index / RACK) % 2 === column % 2)
      return { reached: true, why: `by xenbr0 over bond0 (eth0, eth1), tagged ${name.replace('VLAN ', '')}` }
    return { reached: false, why: `the switch port of eth0 (sw${index % 4}, Ethernet${index % 48}) does not carry ${name}` }
  }
  if (index % 29 === column % 29)
    return { reached: false, why: 'no session to 10.77.0.1:3260: the login was refused (authorization failure)' }
  if (kind === 'vg' && Math.floor(index / RACK) % 4 !== column % 4)
    return { reached: false, why: 'it does not see the LUN that this volume group is on' }
  return { reached: true, why: 'by two paths over iSCSI, eth2 and eth3' }
}

export function guestsOf({ id, name }: Host, index: number): readonly Guest[] {
  return makeMachine('page', index).guests.map((guest, domid) => ({
    host: id,
    hostName: name,
    uuid: `00000000-0000-4000-8000-${String(index * 100 + domid).padStart(12, '0')}`,
    name: guest.name,
    domid: domid + 1,
    type: 'pvh',
    state: 'running',
    vcpus: 4,
    memoryBytes: 8 * GIB,
    disks: 1,
    nics: 1,
    load: { cpus: 0.31, readBytesPerSecond: 1e6, writtenBytesPerSecond: 2e6, receivedBytesPerSecond: 3e5, sentBytesPerSecond: 4e5 },
  }))
}

export async function inventoryOf(index: number): Promise<Inventory> {
  const { backend } = simulatedHost(makeMachine('page', index), new TestClock())
  return update(EMPTY_INVENTORY, await collect(backend)).inventory
}

export const HISTORY: readonly HistoryEntry[] = [
  { at: STARTED + 3_000_000, who: 'agent', what: 'up (booting before): its agent is connected' },
  { at: STARTED + 2_000_000, who: 'appliance', what: 'booting (approved before): its appliance saw it boot' },
  { at: STARTED, who: 'admin alice', what: 'approved (pending before): approved' },
]

export const BOOTS: readonly BootAttempt[] = [
  {
    id: 'aaaa',
    appliance: 'rack1',
    mac: '52:54:00:77:00:01',
    started: STARTED,
    outcome: 'stuck',
    stages: [{ stage: 'firmware', state: 'running', at: STARTED, detail: 'UEFI x64 PXE; 4 DISCOVERs' }],
    diagnosis:
      'Two offers, no REQUEST: this firmware rejects proxy offers. Set dhcp.mode to authoritative, or give the other server option 60.',
  },
  {
    id: 'cccc',
    appliance: 'rack1',
    mac: '52:54:00:77:00:01',
    started: STARTED - 3_600_000,
    ended: STARTED - 3_600_000 + 33_100,
    outcome: 'failed',
    image: 'dom0',
    generation: '9f2c04d1a7be5530',
    address: '10.77.0.21',
    stages: [
      { stage: 'firmware', state: 'done', at: STARTED - 3_600_000, detail: 'UEFI x64 PXE; 10.77.0.21; ipxe-x86_64.efi' },
      { stage: 'ipxe', state: 'done', at: STARTED - 3_600_000 + 4100, detail: '10.77.0.21' },
      { stage: 'script', state: 'done', at: STARTED - 3_600_000 + 4300, detail: 'over HTTP' },
      { stage: 'kernel', state: 'done', at: STARTED - 3_600_000 + 9100, detail: 'xen 2.9 MB, vmlinuz 8.1 MB, initrd.img 21 MB over HTTP' },
      { stage: 'network', state: 'failed', at: STARTED - 3_600_000 + 33_100, detail: 'no link on eth0' },
    ],
    diagnosis: 'network: no link on eth0. Look at the cable and the port of the switch.',
  },
  {
    id: 'bbbb',
    appliance: 'rack1',
    mac: '52:54:00:77:00:01',
    started: STARTED - 86_400_000,
    ended: STARTED - 86_400_000 + 41_300,
    outcome: 'up',
    image: 'dom0',
    generation: '41d0c5b7e2a98f06',
    address: '10.77.0.21',
    stages: ['firmware', 'ipxe', 'script', 'kernel', 'initramfs', 'network', 'root', 'dom0', 'up'].map((stage, step) => ({
      stage,
      state: 'done',
      at: STARTED - 86_400_000 + step * 5900,
      detail: '',
    })),
  },
]
