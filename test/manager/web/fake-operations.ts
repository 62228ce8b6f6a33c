// A pool that is made up: the Operations of any number of hosts, changed by the test. What it says of a host follows from its number.
import { collect, EMPTY_INVENTORY, update } from '../../../images/agent/collect.ts'
import { makeMachine, simulatedHost } from '../../../images/agent/simulator.ts'
import type { Done, Operations } from '../../../manager/api/operations.ts'
import type { BootAttempt, BootSettings, Guest, HistoryEntry, Host } from '../../../manager/api/schema-hosts.ts'
import type { Alarm, Cell, Matrix, PoolEvent, Thing } from '../../../manager/api/schema-pool.ts'
import type { Inventory } from '../../../manager/protocol/inventory.ts'
import { TestClock } from '../../images/agent/clock.ts'

export interface FakePool extends Operations {
  readonly calls: string[]
  /** Changes a host and tells of it. */
  become(id: string, change: Partial<Host>, event?: PoolEvent['kind']): void
  /** Reaches or does not reach a thing from now on. */
  plug(id: string, key: string, cell: Cell): void
  raise(alarm: Alarm): void
}

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

export function fakePool(
  count: number,
  { pending = 2, changed = () => ({}) }: { readonly pending?: number; readonly changed?: (index: number) => Partial<Host> } = {},
): FakePool {
  const hosts = new Map(
    Array.from({ length: count }, (_, index) => [idOf(index), { ...fakeHost(index, index < pending), ...changed(index) }] as const),
  )
  const cells = new Map(
    [...hosts.keys()].map(
      (id, index) => [id, new Map(THINGS.map((thing, column) => [thing.key, fakeCell(index, thing, column)]))] as const,
    ),
  )
  let alarms: Alarm[] = []
  const boots = new Map<string, BootSettings>()
  const listeners = new Set<(event: PoolEvent) => void>()
  const calls: string[] = []
  const tell = (event: PoolEvent) => {
    for (const listener of listeners) listener(event)
  }
  const find = (ref: string) => hosts.get(ref) ?? [...hosts.values()].find(({ name }) => name === ref)
  const become: FakePool['become'] = (id, change, kind = 'host') => {
    const before = hosts.get(id)
    if (!before) throw new Error(`there is no host ${id}`)
    const host = { ...before, ...change }
    hosts.set(id, host)
    tell(
      kind === 'sample'
        ? { kind, host: id }
        : kind === 'inventory'
          ? { kind, host: id, sections: [] }
          : { kind: 'host', host: id, name: host.name, state: host.state },
    )
  }
  const counted = () => THINGS.map((thing) => ({ ...thing, hosts: [...cells.values()].filter((of) => of.get(thing.key)?.reached).length }))
  const changeOf = (ref: string, change: Partial<Host>): Done<Host> => {
    const host = find(ref)
    if (!host) return { kind: 'missing', reason: `no host is called ${ref}` }
    become(host.id, change)
    return { kind: 'done', value: { ...host, ...change } }
  }
  return {
    calls,
    become,
    plug(id, key, cell) {
      cells.get(id)?.set(key, cell)
      tell({ kind: 'inventory', host: id, sections: ['nics'] })
    },
    raise(alarm) {
      alarms = [...alarms, alarm]
      tell({ kind: 'alarm', alarm: alarm.key })
    },
    hosts: async () => [...hosts.values()],
    host: async (ref) => find(ref),
    inventory: async (ref) => (find(ref) ? inventoryOf(0) : undefined),
    history: async (ref, limit) => (find(ref) ? HISTORY.slice(0, limit) : undefined),
    boots: async (ref) => (find(ref) ? BOOTS : undefined),
    async changeHost(ref, change, who) {
      calls.push(`change ${ref} ${JSON.stringify(change)} by ${who}`)
      if (change.groups?.includes('Bad')) return { kind: 'refused', reason: 'a group is named with a-z 0-9 _ . -' }
      return changeOf(ref, Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)))
    },
    async actOnHost(ref, action, proof, who) {
      calls.push(`${action} ${ref} by ${who}${proof === undefined ? '' : `: ${proof}`}`)
      if (action === 'maintain' && (find(ref)?.guests ?? 0) > 0)
        return { kind: 'refused', reason: `${find(ref)?.guests} guests run on ${find(ref)?.name}: evacuate it first` }
      return changeOf(ref, { state: STATE_AFTER[action] })
    },
    bootSettings: async (ref) => (find(ref) ? (boots.get(ref) ?? {}) : undefined),
    async setBoot(ref, wanted, who) {
      boots.set(ref, wanted)
      calls.push(`${ref} boots ${JSON.stringify(wanted)} by ${who}`)
      return changeOf(ref, {})
    },
    appliances: async () => [],
    guests: async () => [...hosts.values()].slice(0, 3).flatMap((host, index) => guestsOf(host, index)),
    async matrix(): Promise<Matrix> {
      const list = [...hosts.values()]
      return {
        hosts: list.map(({ id, name, state }) => ({ id, name, state })),
        rows: counted().map((thing) => ({ ...thing, cells: list.map(({ id }) => cells.get(id)?.get(thing.key) ?? NO_CELL) })),
      }
    },
    reaches: async () => ({
      hosts: [...hosts.keys()],
      rows: counted().map((thing) => ({
        ...thing,
        reachers: new Set([...cells].flatMap(([id, of]) => (of.get(thing.key)?.reached ? [id] : []))),
      })),
    }),
    reachOf: async (ref) => {
      const host = find(ref)
      return host && counted().map((thing) => ({ ...thing, ...(cells.get(host.id)?.get(thing.key) ?? NO_CELL) }))
    },
    things: async () => counted(),
    async scan(key) {
      const detail = await this.thing(key)
      return detail ? { kind: 'done', value: detail } : { kind: 'missing', reason: `there is no thing ${key}` }
    },
    async thing(key) {
      const thing = counted().find((one) => one.key === key)
      return (
        thing && {
          ...thing,
          cells: [...hosts.values()].map(({ id, name }) => ({ host: id, name, ...(cells.get(id)?.get(key) ?? NO_CELL) })),
        }
      )
    },
    cell: async (key, ref) => cells.get(find(ref)?.id ?? '')?.get(key),
    localStorage: async () =>
      [...hosts.values()].map(({ id, name }) => ({
        host: id,
        name,
        disks: [{ name: 'sda', sizeBytes: 960 * 10 ** 9 }],
        vgs: [{ name: 'vg_local', sizeBytes: 900 * 10 ** 9, freeBytes: 300 * 10 ** 9 }],
      })),
    place: async () => ({ fits: [], refused: [] }),
    cpu: async () => {
      const list = [...hosts.values()]
      return {
        levels: [
          {
            vendor: 'AuthenticAMD',
            features: ['sse4_2', 'avx', 'avx2', 'aes'],
            hosts: list.map(({ name }) => name),
            without: [],
            hindrances: [{ hosts: ['node0003'], features: ['nx'], text: 'NX/XD is off in the BIOS of node0003' }],
          },
        ],
        groups: [1, 2].map((number) => ({
          number,
          vendor: 'AuthenticAMD',
          hosts: list.filter(({ cpuGroup }) => cpuGroup === number).map(({ id, name }) => ({ id, name })),
        })),
        unknown: [],
      }
    },
    explainCpu: async (from, to, type) => {
      if (!find(from)) return { kind: 'missing', reason: `no host is called ${from}` }
      if (!find(to)) return { kind: 'missing', reason: `no host is called ${to}` }
      const compatible = find(from)?.cpuGroup === find(to)?.cpuGroup
      return {
        kind: 'done',
        value: {
          from,
          to,
          type,
          compatible,
          reasons: compatible ? [] : [`${to} lacks avx512f`],
          missing: compatible ? [] : [{ name: 'avx512f', word: '7b0', bit: 16 }],
        },
      }
    },
    alarms: async () => alarms,
    async clearAlarm(key, who) {
      calls.push(`clear ${key} by ${who}`)
      if (!alarms.some((alarm) => alarm.key === key)) return { kind: 'missing', reason: 'there is no such alarm' }
      alarms = alarms.filter((alarm) => alarm.key !== key)
      tell({ kind: 'alarm-cleared', alarm: key })
      return { kind: 'done', value: null }
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

const STATE_AFTER = {
  approve: 'up',
  reject: 'rejected',
  maintain: 'maintenance',
  resume: 'up',
  fence: 'fenced',
  release: 'approved',
} as const
const NO_CELL: Cell = { reached: false, why: 'it has not reported yet' }

function fakeHost(index: number, isPending: boolean): Host {
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
    state,
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

function fakeCell(index: number, { kind, name }: Thing, column: number): Cell {
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

function guestsOf({ id, name }: Host, index: number): readonly Guest[] {
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

async function inventoryOf(index: number): Promise<Inventory> {
  const { backend } = simulatedHost(makeMachine('page', index), new TestClock())
  return update(EMPTY_INVENTORY, await collect(backend)).inventory
}

const HISTORY: readonly HistoryEntry[] = [
  { at: STARTED + 3_000_000, who: 'agent', what: 'up (booting before): its agent is connected' },
  { at: STARTED + 2_000_000, who: 'appliance', what: 'booting (approved before): its appliance saw it boot' },
  { at: STARTED, who: 'admin alice', what: 'approved (pending before): approved' },
]

const BOOTS: readonly BootAttempt[] = [
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
