// Everything that is there in a simulated site, as plain data: what outlives a host's power (media and what is written on them), the hosts
// with their RAM, and what goes on between them. Pure.
import type { Machine } from '../machine/machine.ts'
import { diceOf, lvmUuidOf, uuidOf } from '../machine/random.ts'
import type { Content } from './content.ts'
import type { DmDevice } from './dm.ts'
import type { Domain } from './domain.ts'
import type { DrbdLabel, Resource } from './drbd-resource.ts'
import type { Group } from './lvm.ts'
import type { Migration, Transport } from './migrating.ts'
import type { Seed } from './seed.ts'
import type { Stream } from './stream.ts'

export const SECTOR = 512
export const MIB = 2 ** 20

export interface Site {
  readonly seed: string
  /** Milliseconds of the simulated clock. */
  readonly now: number
  /** How many names have been made up. */
  readonly made: number
  readonly media: ReadonlyMap<string, Medium>
  /** Volume groups, by UUID. */
  readonly groups: ReadonlyMap<string, Group>
  readonly targets: readonly Target[]
  readonly hosts: ReadonlyMap<string, HostState>
  /** Pairs of hosts that cannot reach one another, `a b` in the order of their names. */
  readonly cuts: ReadonlySet<string>
  readonly transports: readonly Transport[]
  readonly migrations: readonly Migration[]
  readonly copies: readonly Copy[]
  /** Milliseconds that a word of one relay to another takes, and xl to do what it is told; 0: neither takes any time. */
  readonly latency: number
}

export interface Medium {
  readonly id: string
  readonly sectors: number
  readonly content: Content
  /** What a tool would know it by, by the sector where it begins. */
  readonly labels: ReadonlyMap<number, Label>
  readonly partitions: readonly Partition[]
  /** What the drive says of itself. */
  readonly wwid?: string
  readonly vendor?: string
  readonly model?: string
  readonly serial?: string
}

export type Label =
  | { readonly kind: 'pv'; readonly uuid: string; readonly group: string | undefined }
  | FileSystemLabel
  | ({ readonly kind: 'drbd' } & DrbdLabel)

export interface FileSystemLabel {
  readonly kind: 'file-system'
  readonly type: string
  readonly uuid: string
  /** First bytes by path; each file has zeros behind them (commands/files.ts). */
  readonly files: ReadonlyMap<string, string>
}

export interface Partition {
  readonly number: number
  readonly start: number
  readonly sectors: number
  readonly uuid?: string
}

export interface Target {
  readonly name: string
  readonly portals: readonly string[]
  /** Portals that nobody answers at. */
  readonly silent: ReadonlySet<string>
  readonly chap?: { readonly user: string; readonly password: string }
  readonly luns: readonly { readonly lun: number; readonly medium: string }[]
}

export interface HostState {
  readonly name: string
  readonly machine: Machine
  readonly power: 'on' | 'off'
  /** When it was switched on, by the simulated clock. */
  readonly since: number
  /** Disks of its own, by the kernel's name. */
  readonly disks: readonly OwnDisk[]
  readonly ram: Ram
}

export interface OwnDisk {
  readonly name: string
  readonly medium: string
  readonly transport: string
  readonly hctl?: string
  /** Left out: it may be written from here. */
  readonly readOnly?: boolean
}

/** What is gone with the power. */
export interface Ram {
  readonly files: ReadonlyMap<string, TextFile>
  readonly folders: ReadonlySet<string>
  /** Processes by name, with their pid files. */
  readonly daemons: ReadonlySet<string>
  readonly nodes: readonly NodeRecord[]
  readonly sessions: readonly Session[]
  readonly nextSession: number
  /** LUNs that it sees over iSCSI or Fibre Channel, a device each. */
  readonly scsi: readonly ScsiDevice[]
  readonly dm: readonly DmDevice[]
  readonly drbd: readonly Resource[]
  /** Parameters of the kernel's DRBD, as they are read; left out: it is not loaded. */
  readonly drbdModule?: ReadonlyMap<string, string> | undefined
  /** Sockets that DRBD has closed with something in them that never arrived; left out: none. */
  readonly leftSockets?: number
  readonly loops: readonly { readonly number: number; readonly backing: string }[]
  readonly mounts: readonly Mount[]
  readonly domains: readonly Domain[]
  readonly nextDomid: number
  /** Network devices that somebody has made: bridges and VLANs beyond the machine's own. */
  readonly links: readonly LinkDevice[]
  readonly xenstore: ReadonlyMap<string, string>
  /** `xl migrate-receive` that wait for a stream. */
  readonly receivers: number
  /** Relays of live migrations, with their xl. */
  readonly streams: readonly Stream[]
  /** Programs of seeds. */
  readonly seeds: readonly Seed[]
}

export interface TextFile {
  readonly text: string
  readonly mode: number
}

export interface NodeRecord {
  readonly target: string
  readonly portal: string
  readonly settings: string
}

export interface Session {
  readonly sid: number
  readonly target: string
  readonly portal: string
  readonly state: 'LOGGED_IN' | 'FAILED'
}

export interface ScsiDevice {
  readonly name: string
  readonly medium: string
  readonly transport: 'iscsi' | 'fc'
  readonly hctl: string
  readonly byPath: string
  readonly lun: number
  /** Of iSCSI. */
  readonly sid?: number
  readonly path: number
  readonly vendor: string
  readonly model: string
}

export interface Mount {
  readonly source: string
  readonly point: string
  readonly type: string
  readonly options: string
  readonly superOptions: string
  /** Kernel name of the device; none over the network. */
  readonly device?: string
}

export interface LinkDevice {
  readonly name: string
  readonly kind: 'bridge' | 'vlan' | 'dummy'
  readonly up: boolean
  readonly master?: string
  readonly over?: string
  readonly vlan?: number
}

/** A copy that goes on while time goes by. */
export interface Copy {
  readonly id: number
  readonly host: string
  readonly from: { readonly device: string; readonly at: number } | 'zero'
  readonly to: { readonly device: string; readonly at: number }
  readonly sectors: number
  readonly done: number
  /** Sectors a second. */
  readonly rate: number
  readonly failed?: string
}

export const EMPTY_RAM: Ram = {
  files: new Map(),
  folders: new Set(),
  daemons: new Set(),
  nodes: [],
  sessions: [],
  nextSession: 1,
  scsi: [],
  dm: [],
  drbd: [],
  loops: [],
  mounts: [],
  domains: [],
  nextDomid: 1,
  links: [],
  xenstore: new Map(),
  receivers: 0,
  streams: [],
  seeds: [],
}

const EMPTY: Site = {
  seed: '',
  now: 0,
  made: 0,
  media: new Map(),
  groups: new Map(),
  targets: [],
  hosts: new Map(),
  cuts: new Set(),
  transports: [],
  migrations: [],
  copies: [],
  latency: 0,
}

export function emptySite(seed: string): Site {
  return { ...EMPTY, seed }
}

export function hostOf(site: Site, name: string): HostState {
  const host = site.hosts.get(name)
  if (!host) throw new Error(`there is no simulated host ${name}`)
  return host
}

export function withHost(site: Site, host: HostState): Site {
  return { ...site, hosts: new Map(site.hosts).set(host.name, host) }
}

export function withRam(site: Site, name: string, changed: Partial<Ram>): Site {
  const host = hostOf(site, name)
  return withHost(site, { ...host, ram: { ...host.ram, ...changed } })
}

export function withMedium(site: Site, medium: Medium): Site {
  return { ...site, media: new Map(site.media).set(medium.id, medium) }
}

export function withoutMedium(site: Site, id: string): Site {
  return { ...site, media: new Map([...site.media].filter(([one]) => one !== id)) }
}

export function withGroup(site: Site, group: Group): Site {
  return { ...site, groups: new Map(site.groups).set(group.uuid, group) }
}

export function withLabel(site: Site, id: string, sector: number, label: Label | undefined): Site {
  const medium = site.media.get(id)
  if (!medium) return site
  const labels = new Map(medium.labels)
  if (label) labels.set(sector, label)
  else labels.delete(sector)
  return withMedium(site, { ...medium, labels })
}

/** A UUID that nothing else in this site has. */
export function newUuid(site: Site): readonly [uuid: string, site: Site] {
  return [uuidOf(diceOf(site.seed, 'uuid', site.made)), { ...site, made: site.made + 1 }]
}

export function newLvmUuid(site: Site): readonly [uuid: string, site: Site] {
  return [lvmUuidOf(diceOf(site.seed, 'lvm', site.made)), { ...site, made: site.made + 1 }]
}

/** 16 hexadecimal digits, even: DRBD keeps the lowest bit for itself. */
export function newGeneration(site: Site): readonly [generation: string, site: Site] {
  const digits = diceOf(site.seed, 'generation', site.made).hex(15).toUpperCase()
  return [`${digits}0`, { ...site, made: site.made + 1 }]
}

export function canReach(site: Site, one: string, other: string): boolean {
  if (site.hosts.get(one)?.power !== 'on' || site.hosts.get(other)?.power !== 'on') return false
  return one === other || site.cuts.size === 0 || !site.cuts.has(pairOf(one, other))
}

export function pairOf(one: string, other: string): string {
  return [one, other].sort().join(' ')
}

export function replaced<Item>(items: readonly Item[], old: Item, next: Item | undefined): readonly Item[] {
  return items.flatMap((item) => (item === old ? (next === undefined ? [] : [next]) : [item]))
}
