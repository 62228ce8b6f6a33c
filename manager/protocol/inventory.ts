// What an agent reports of its host: sections, each replaced as a whole by a delta. Append-only: a section or a member is added as
// optional or with a default, none is renamed or removed; members that a receiver does not know are dropped unread.
import { z } from 'zod'
import { guestAddresses } from './guest-addresses.ts'
import { drbdResource, guest } from './guests.ts'
import { cpuPolicy, cpus, diskHealth, dmi, kernel, memory, numaNode, sensor, xen } from './machine.ts'
import { address, bond, bridge, heard, nic, vlan } from './network.ts'
import { property } from './property.ts'
import { blockDevice, fcHba, fileSystem, iscsi, lv, multipath, nfsMount, partition, pv, vg } from './storage.ts'
import { list, record, word } from './values.ts'

/** The schema of each section. One that could not be read, or not whole, has what is known, and `problems` says why: see unread.ts. */
export const sections = {
  dmi,
  cpus,
  cpuPolicy,
  numa: list(numaNode, 256),
  memory,
  sensors: list(sensor, 2048),
  xen,
  kernel,
  nics: list(nic, 256),
  bonds: list(bond, 128),
  vlans: list(vlan, 4094),
  bridges: list(bridge, 1024),
  addresses: list(address, 1024),
  heard: list(heard, 4096),
  blockDevices: list(blockDevice, 4096),
  multipaths: list(multipath, 4096),
  partitions: list(partition, 4096),
  fileSystems: list(fileSystem, 4096),
  pvs: list(pv, 4096),
  vgs: list(vg, 1024),
  lvs: list(lv, 4096),
  iscsi,
  fcHbas: list(fcHba, 64),
  nfsMounts: list(nfsMount, 1024),
  diskHealth: list(diskHealth, 1024),
  guests: list(guest, 2048),
  drbd: list(drbdResource, 4096),
  properties: list(property, 256),
  guestAddresses,
} as const

export type SectionName = keyof typeof sections
export type Sections = { readonly [Name in SectionName]: z.output<(typeof sections)[Name]> }
export const SECTION_NAMES = Object.keys(sections) as readonly SectionName[]

/** What a report of an older agent lacks, or one that was stored then, as if it had been there. */
export const LATER_SECTIONS: Pick<Sections, 'properties' | 'guestAddresses'> = { properties: [], guestAddresses: { ways: [], nics: [] } }
/** The version of the protocol that has brought a section: a manager of an older one takes no report with a problem of it. */
export const SECTION_SINCE: Readonly<Partial<Record<SectionName, number>>> = { properties: 2, guestAddresses: 10 }

export const sectionName = z.enum(SECTION_NAMES)

/**
 * How much a section may lack. `detail`: a member of an item; every item stands, with all that belongs to it. `parts`: every item
 * stands, not all that belongs to one (disks of a guest, mount points). `items`: there may be more of them.
 */
export const LACKS = ['detail', 'parts', 'items'] as const

/** What a section lacks or may lack, and why: a tool that is not there, output that made no sense, a cap that was met. */
export const problem = record({
  section: sectionName,
  /** The command line or the path that was read. */
  source: word(256),
  reason: word(512),
  /** Missing, as from agents that do not tell, or another word of a later one: `items`. */
  lacks: z.enum(LACKS).catch('items').exactOptional(),
})
export const problems = list(problem, 512)

/** All of a host, at one moment. */
export const inventory = record({
  ...sections,
  properties: sections.properties.default(LATER_SECTIONS.properties),
  guestAddresses: sections.guestAddresses.default(LATER_SECTIONS.guestAddresses),
  problems,
})

export type Lacks = (typeof LACKS)[number]
export type Problem = z.output<typeof problem>
export type Inventory = z.output<typeof inventory>
