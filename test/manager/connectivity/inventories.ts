// Inventories as agents report them, from the few things that a test is about.

import type { z } from 'zod'
import type { MatrixHost } from '../../../manager/connectivity/matrix.ts'
import type { HostState } from '../../../manager/protocol/host.ts'
import { type Inventory, inventory } from '../../../manager/protocol/inventory.ts'
import { hostIn } from '../hosts/conditions.ts'

type Report = z.input<typeof inventory>
type Given<Name extends keyof Report> = Report[Name] extends readonly (infer Item)[] ? readonly Partial<Item>[] : Partial<Report[Name]>

const EMPTY: Report = {
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

/** What the members of a list are filled up with. */
const FILLERS = {
  nics: { link: 'up', neighbours: [] },
  bonds: { link: 'up', members: [] },
  vlans: { protocol: '802.1Q', link: 'up' },
  bridges: { link: 'up', stp: false, vlanFiltering: false, ports: [] },
  blockDevices: { device: '/dev/sda', sizeBytes: 1 << 30, readOnly: false, removable: false, byPath: [], byId: [] },
  multipaths: { paths: [] },
  partitions: { sizeBytes: 1 << 20 },
  fileSystems: { type: 'ext4', mountPoints: [] },
  pvs: { sizeBytes: 1 << 30, freeBytes: 0, missing: false, tags: [] },
  vgs: { sizeBytes: 1 << 30, freeBytes: 1 << 20, extentBytes: 1 << 22, pvs: 1, missingPvs: 0, exported: false, tags: [] },
  lvs: { sizeBytes: 1 << 20, active: true, attributes: '-wi-ao----', tags: [] },
  fcHbas: { link: 'up', targets: [] },
  nfsMounts: { readOnly: false },
} as const

type Sections = { readonly [Name in keyof Report]?: Given<Name> }

export function report(given: Sections): Inventory {
  const filled = Object.entries(given).map(([name, value]) => {
    const filler: object = name in FILLERS ? FILLERS[name as keyof typeof FILLERS] : {}
    if (Array.isArray(value)) return [name, value.map((item) => ({ ...filler, ...item }))]
    return [name, { ...(EMPTY[name as keyof Report] as object), ...(value as object) }]
  })
  return inventory.parse({ ...EMPTY, ...Object.fromEntries(filled) })
}

export function reporting(id: string, given: Sections, state: HostState = 'up'): MatrixHost {
  return { id, name: id, ...hostIn(state), inventory: report(given) }
}

/** `52:54:00:00:00:07`. */
export function mac(number: number): string {
  return `52:54:00:${number
    .toString(16)
    .padStart(6, '0')
    .replace(/(..)(?!$)/g, '$1:')}`
}

export const port = (name: string, more: object = {}) => ({ name, link: 'up' as const, vlans: [], ...more })

/** A switch's port as LLDP has it. */
export const plugged = (
  chassis: string,
  portId: string,
  more: { readonly nativeVlan?: number; readonly vlans?: readonly number[] } = {},
) => ({
  chassisId: `mac ${mac(0xffff)}`,
  chassisName: chassis,
  portId: `ifname ${portId}`,
  vlans: [],
  ...more,
})

/** A VG's or LV's UUID from a letter. */
export const lvmUuid = (letter: string): string => [6, 4, 4, 4, 4, 4, 6].map((length) => letter.repeat(length)).join('-')

export const naa = (digit: string): string => `naa.6${digit.repeat(31)}`
export const wwn = (digit: string): string => digit.repeat(16)
export const iqn = (name: string): string => `iqn.2026-01.com.example:${name}`
