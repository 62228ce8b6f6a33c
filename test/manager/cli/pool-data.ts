// A pool as the API tells of it: seven hosts in two racks, one of them new, one lost, one with another CPU.

import type { Alarm } from '../../../manager/contract/alarms.ts'
import type { AutomationDetail } from '../../../manager/contract/automations.ts'
import type { BootAttempt } from '../../../manager/contract/boots.ts'
import type { CpuExplanation, CpuPool } from '../../../manager/contract/cpu.ts'
import type { AwayGuest } from '../../../manager/contract/evacuations.ts'
import type { Guest } from '../../../manager/contract/guests.ts'
import type { HistoryEntry, Host } from '../../../manager/contract/hosts.ts'
import type { Last, Measures } from '../../../manager/contract/measures.ts'
import type { Move } from '../../../manager/contract/migrations.ts'
import type { Network } from '../../../manager/contract/networks.ts'
import type { Placement } from '../../../manager/contract/placement.ts'
import type { SecondFactor } from '../../../manager/contract/second-factor.ts'
import type { HostDisks, HostVgs } from '../../../manager/contract/storage.ts'
import type { LocalStorage, Matrix } from '../../../manager/contract/things.ts'
import type { VmDetail } from '../../../manager/contract/vms.ts'
import type { Audit, Token, User } from '../../../manager/protocol/accounts.ts'
import type { Task } from '../../../manager/tasks/task.ts'
import { shownIn } from '../hosts/conditions.ts'
import { EMPTY } from '../site.ts'

/** The test may write to it. */
export interface PoolData {
  readonly hosts: Host[]
  readonly guests: Guest[]
  readonly inventories: { [id: string]: unknown }
  readonly history: HistoryEntry[]
  readonly boots: BootAttempt[]
  readonly matrix: Matrix
  readonly localStorage: LocalStorage[]
  readonly placement: Placement
  readonly cpu: CpuPool
  readonly explanation: Omit<CpuExplanation, 'type'>
  readonly alarms: Alarm[]
  readonly automations: AutomationDetail[]
  readonly tasks: Task[]
  readonly vgs: HostVgs[]
  readonly vms: VmDetail[]
  readonly networks: Network[]
  readonly moves: Move[]
  readonly away: AwayGuest[]
  readonly asked: string[]
  readonly disks: HostDisks[]
  /** Of every host and guest; left out: nothing was measured. */
  readonly measures?: (last: Last, ref: string) => Measures
  /** Why nothing is begun on a host, by name. */
  readonly refusals: { [host: string]: string }
  readonly users: User[]
  readonly tokens: Token[]
  audit: Audit
  /** What was asked of it last. */
  auditAsked?: object
  /** Of ada. */
  factor: SecondFactor
  /** To which groups ada is limited; left out: to none. */
  limit?: readonly string[]
  /** Whether every token is good no more. */
  refuses: boolean
  /** What routes (`GET /hosts`) say instead, whatever the schemas are. */
  readonly raw: { [route: string]: unknown }
}

export const AT = Date.UTC(2026, 10, 25, 12, 0)
const GIB = 2 ** 30

export const idOf = (index: number): string => `host${'abcdefghijkl'.charAt(index).repeat(12)}`

export function hostOf(index: number, changed: Partial<Host> = {}): Host {
  const name = `node0${index}`
  return {
    id: idOf(index),
    name,
    ...shownIn(changed.state ?? 'up'),
    since: AT,
    groups: index < 4 ? ['rack3', 'ssd'] : ['rack4', 'spinning-disks', 'web', 'build-machines'],
    notes: '',
    created: AT - 86_400_000,
    uuid: `00000000-0000-4000-8000-00000000000${index}`,
    macs: [{ mac: `52:54:00:77:00:0${index}`, boot: true }],
    connection: { address: `10.77.0.2${index}`, agent: '0.1.0', since: AT },
    inventory: { revision: 1, at: AT },
    hardware: {
      manufacturer: 'Dell Inc.',
      product: 'PowerEdge R650',
      serial: `SN${index}`,
      firmware: '1.2.3',
      cpuVendor: 'GenuineIntel',
      cpuModel: 'Intel(R) Xeon(R) Gold 6338 CPU @ 2.00GHz',
      sockets: 2,
      cores: 64,
      threads: 128,
      memoryBytes: 512 * GIB,
      diskCount: 2,
      diskBytes: 4e12,
      nicCount: 2,
      nicsUp: 2,
      xen: '4.19.1',
      kernel: '6.12.9',
    },
    image: { image: 'dom0', generation: '0123456789abcdef' },
    cpuGroup: 1,
    load: {
      at: AT,
      cpus: 12.5 * index,
      threads: 128,
      dom0Cpus: 0.4,
      freeBytes: (512 - 64 * index) * GIB,
      totalBytes: 512 * GIB,
      readBytesPerSecond: 1_500_000 * index,
      writtenBytesPerSecond: 200_000_000,
      receivedBytesPerSecond: 999,
      sentBytesPerSecond: 0,
    },
    guests: index === 1 ? 2 : 0,
    alarms: 0,
    ...changed,
  }
}

export function guestOf(index: number, host: number, name: string): Guest {
  const load = { cpus: 1.25, readBytesPerSecond: 1000, writtenBytesPerSecond: 2_000_000, receivedBytesPerSecond: 0, sentBytesPerSecond: 5 }
  return {
    ...{ host: idOf(host), hostName: `node0${host}`, uuid: `00000000-0000-4000-9000-00000000000${index}`, name, domid: index },
    ...{ type: 'pvh', state: 'running', vcpus: 4, memoryBytes: 8 * GIB, disks: 1, nics: 1, load },
  }
}

export function poolData(): PoolData {
  const { load: _load, connection: _connection, ...absent } = hostOf(6, { state: 'lost', alarms: 1 })
  const { load: _, hardware, cpuGroup: __, image: ___, ...fresh } = hostOf(7, { state: 'pending', groups: [] })
  const hosts: Host[] = [...[1, 2, 3, 4, 5].map((index) => hostOf(index)), absent, { ...fresh, ...(hardware ? { hardware } : {}) }]
  const cells = (reached: readonly boolean[], how: string, not: string) =>
    hosts.map((_host, at) => ({ reached: reached[at] ?? false, why: reached[at] ? how : not }))
  const most = [true, true, true, true, false, false, false]
  return {
    hosts,
    guests: [guestOf(1, 1, 'web1'), guestOf(2, 1, 'mysql1'), guestOf(3, 2, 'web2')],
    inventories: {
      [idOf(1)]: {
        ...EMPTY,
        nics: [
          {
            name: 'eth0',
            mac: '52:54:00:77:00:01',
            link: 'up',
            speed: 25_000,
            driver: 'ice',
            master: 'xenbr0',
            neighbours: [{ chassisId: 'mac 00:1c:73:00:00:01', chassisName: 'sw1', portId: 'ifname Ethernet7', vlans: [] }],
          },
        ],
        blockDevices: [
          {
            name: 'nvme0n1',
            device: '/dev/nvme0n1',
            serial: 'S1',
            model: 'Micron 7450',
            sizeBytes: 2e12,
            readOnly: false,
            removable: false,
            transport: 'nvme',
            byPath: [],
            byId: [],
          },
        ],
      },
    },
    history: [
      { at: AT, who: 'ada', what: 'approved' },
      { at: AT - 60_000, who: 'agent', what: 'first seen' },
    ],
    boots: [
      {
        id: 'boot1',
        appliance: 'rack-a',
        mac: '52:54:00:77:00:01',
        started: AT,
        ended: AT + 41_500,
        outcome: 'up',
        image: 'dom0',
        generation: '0123456789abcdef',
        address: '10.77.0.21',
        stages: [{ stage: 'agent', state: 'done', at: AT, detail: '' }],
      },
      {
        id: 'boot0',
        appliance: 'rack-a',
        mac: '52:54:00:77:00:01',
        started: AT - 900_000,
        outcome: 'stuck',
        stages: [],
        diagnosis: 'two offers, no REQUEST: this firmware rejects proxy offers',
      },
    ],
    matrix: {
      hosts: hosts.map(({ id, name, state }) => ({ id, name, state })),
      rows: [
        {
          key: 'lun:naa.6001405a1b2c3d4e5f60718293a4b5c6',
          kind: 'lun',
          name: 'LUN naa.6001405a1b2c3d4e5f60718293a4b5c6',
          hosts: 4,
          sizeBytes: 2e12,
          detail: 'LIO-ORG disk0',
          cells: cells(most, 'by iSCSI, 2 paths', 'no session with iqn.2026-01.example:disk0 is logged in'),
        },
        {
          key: 'vg:aBcDeF-0123-4567-89aB-cDeF-0123-456789',
          kind: 'vg',
          name: 'VG data',
          hosts: 4,
          sizeBytes: 2e12,
          freeBytes: 5e11,
          cells: cells(most, 'on that LUN', 'it does not reach the LUN below it'),
        },
        {
          key: 'nfs:10.77.0.1:/export/iso',
          kind: 'nfs',
          name: 'NFS 10.77.0.1:/export/iso',
          hosts: 5,
          cells: cells([true, true, true, true, true], 'mounted at /mnt/iso', 'it is not mounted'),
        },
        {
          key: 'vlan:100',
          kind: 'vlan',
          name: 'VLAN 100',
          hosts: 5,
          cells: cells([true, true, true, true, true], 'xenbr0 by eth0', 'port Ethernet9 of sw1 does not carry VLAN 100'),
          islands: [
            [idOf(1), idOf(2)],
            [idOf(3), idOf(4), idOf(5)],
          ],
        },
        {
          key: 'vlan:200',
          kind: 'vlan',
          name: 'VLAN 200',
          hosts: 2,
          cells: cells([true, true], 'xenbr200 by eth0.200', 'no bridge leads there'),
        },
      ],
    },
    localStorage: [
      {
        host: idOf(1),
        name: 'node01',
        disks: [{ name: 'nvme0n1', model: 'Micron 7450', serial: 'S1', sizeBytes: 2e12 }],
        vgs: [{ name: 'local', sizeBytes: 1e12, freeBytes: 4e11 }],
      },
    ],
    placement: {
      fits: [
        { host: idOf(1), name: 'node01' },
        { host: idOf(2), name: 'node02' },
      ],
      refused: [{ host: idOf(5), name: 'node05', reasons: ['VG data: it does not reach the LUN below it', 'it has 2 GiB free of 4'] }],
    },
    cpu: {
      levels: [
        {
          vendor: 'GenuineIntel',
          features: ['aes', 'avx', 'avx2', 'nx', 'sse4.2'],
          hosts: ['node01', 'node02', 'node03'],
          without: [{ host: 'node07', reason: 'it is pending' }],
          hindrances: [{ hosts: ['node03'], features: ['avx512f'], text: 'without node03 the level would have avx512f' }],
        },
      ],
      groups: [{ number: 1, vendor: 'GenuineIntel', hosts: [1, 2, 3].map((index) => ({ id: idOf(index), name: `node0${index}` })) }],
      unknown: [{ host: idOf(7), name: 'node07', reason: 'it has not been approved' }],
    },
    explanation: {
      from: 'node01',
      to: 'node02',
      compatible: false,
      reasons: ['NX/XD is off in the BIOS of node02'],
      missing: [{ name: 'nx', word: 'e1d', bit: 20 }],
    },
    automations: [],
    tasks: [],
    vgs: [],
    ...{ vms: [], networks: [], moves: [], away: [], asked: [] },
    disks: [],
    refusals: {},
    alarms: [
      {
        key: 'duplicate-uuid:00000000-0000-4000-8000-000000000006',
        ...{ kind: 'duplicate-uuid', severity: 'critical', dataAtRisk: false },
        ...{ host: idOf(6), hostName: 'node06', hosts: [{ id: idOf(6), name: 'node06' }] },
        text: 'node06 and a stranger have one UUID',
        raised: AT,
        last: AT,
        times: 3,
      },
      {
        ...{ key: 'siblings:memory', kind: 'siblings', severity: 'info', dataAtRisk: false },
        hosts: [
          { id: idOf(4), name: 'node04' },
          { id: idOf(5), name: 'node05' },
        ],
        ...{ text: 'node04 and node05 have less memory than their like', raised: AT, last: AT, times: 1 },
      },
    ],
    users: [
      { name: 'ada', role: 'admin', created: AT, lastSeen: AT },
      { name: 'grace', role: 'viewer', created: AT },
    ],
    tokens: [{ id: 'tok1', user: 'ada', label: 'login', role: 'admin', created: AT, expires: AT + 90 * 86_400_000 }],
    audit: { entries: [{ seq: 1, at: AT, who: 'ada', peer: '10.77.0.9', what: 'approved node01', hash: 'ab'.repeat(32) }], intact: true },
    raw: {},
    factor: { state: 'off', recoveryCodes: 0 },
    refuses: false,
  }
}
