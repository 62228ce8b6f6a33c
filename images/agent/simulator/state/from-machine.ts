// What a site has when a machine is switched on in it: its disks and what is on them, the LUNs of its array, and what its dom0 is in the
// midst of: sessions, groups, mirrors, guests. The same machine gives the same state.
import type { GuestSpec } from '../machine/guests.ts'
import type { Machine } from '../machine/machine.ts'
import { diceOf, lvmUuidOf } from '../machine/random.ts'
import type { DiskSpec, LunSpec } from '../machine/storage.ts'
import { activate, knameOf } from './activation.ts'
import { ZEROES } from './content.ts'
import { letters } from './devices.ts'
import { freeMinor, lvMapName } from './dm.ts'
import type { Domain } from './domain.ts'
import { type DrbdLabel, NO_GENERATION, type Resource } from './drbd-resource.ts'
import { NAME_FILE } from './initiator.ts'
import { allocate, EXTENT_SECTORS, type Group, PV_HEADER, type Pv, type Volume, withVolume } from './lvm.ts'
import {
  EMPTY_RAM,
  type HostState,
  hostOf,
  type Label,
  type Medium,
  type ScsiDevice,
  SECTOR,
  type Site,
  withGroup,
  withHost,
  withMedium,
  withRam,
} from './site.ts'

const LOCAL_VG = 'local'
const PATHS = 2
const META_SECTORS = EXTENT_SECTORS

/** With the machine in it, switched on now and settled. */
export function withMachine(site: Site, machine: Machine, name = machine.name): Site {
  const disks = machine.disks.map((disk) => ({
    name: disk.name,
    medium: `${machine.systemUuid}/${disk.name}`,
    transport: disk.kind,
    ...(disk.kind === 'sata' ? { hctl: disk.name === 'sda' ? '0:0:0:0' : '1:0:0:0' } : {}),
  }))
  const { array } = machine
  const scsi = array.luns.length === 0 ? [] : pathsOf(machine)
  const isIscsi = array.kind === 'iscsi' && array.luns.length > 0
  const daemons = ['xenstored', ...(array.luns.length > 0 ? ['multipathd'] : []), ...(isIscsi ? ['iscsid'] : [])]
  const host: HostState = {
    name,
    machine,
    power: 'on',
    since: site.now,
    disks,
    ram: {
      ...EMPTY_RAM,
      daemons: new Set(daemons),
      files: new Map([
        [NAME_FILE, { text: `InitiatorName=iqn.2025-01.net.hostless:${machine.systemUuid}\n`, mode: 0o600 }],
        ...(isIscsi ? [['/run/iscsid.pid', { text: '501\n', mode: 0o644 }] as const] : []),
        ...(array.luns.length > 0 ? [['/run/multipathd.pid', { text: '502\n', mode: 0o644 }] as const] : []),
      ]),
      scsi,
      sessions: isIscsi
        ? array.portals.map((portal, path) => ({ sid: path + 1, target: array.target, portal, state: 'LOGGED_IN' as const }))
        : [],
      nextSession: isIscsi ? array.portals.length + 1 : 1,
      nodes: isIscsi ? array.portals.map((portal) => ({ target: array.target, portal, settings: '' })) : [],
      mounts: array.luns.length === 0 ? [] : [ISO_MOUNT],
    },
  }
  const media = machine.disks.reduce((all, disk, index) => addMedium(all, diskMedium(disk, disks[index]?.medium ?? '')), site)
  const shared = array.luns.reduce((all, lun) => addLun(all, lun), withHost(media, host))
  const targets =
    isIscsi && !shared.targets.some((one) => one.name === array.target) ? [...shared.targets, targetOf(machine)] : shared.targets
  return withGuests(withMaps({ ...shared, targets }, name, machine), name, machine)
}

const ISO_MOUNT = {
  source: 'files.example:/iso',
  point: '/run/hostless/iso',
  type: 'nfs4',
  options: 'ro',
  superOptions: 'ro,vers=4.2,addr=10.64.0.2',
}

function targetOf({ array }: Machine) {
  return {
    name: array.target,
    portals: array.portals,
    silent: new Set<string>(),
    luns: array.luns.map((lun) => ({ lun: lun.number, medium: lunMedium(lun) })),
  }
}

/** All paths of all LUNs, in the order in which the kernel found them: path by path. */
function pathsOf({ array, disks }: Machine): readonly ScsiDevice[] {
  const first = disks.filter(({ name }) => name.startsWith('sd')).length
  return Array.from({ length: PATHS }, (_, path) =>
    array.luns.map((lun, index): ScsiDevice => {
      const place =
        array.kind === 'iscsi' ? `ip-${array.portals[path]}-iscsi-${array.target}` : `pci-0000:af:00.${path}-fc-0x${array.ports[path]}`
      return {
        name: `sd${letters(first + path * array.luns.length + index)}`,
        medium: lunMedium(lun),
        transport: array.kind,
        hctl: `${7 + path}:0:0:${lun.number}`,
        byPath: `${place}-lun-${lun.number}`,
        lun: lun.number,
        ...(array.kind === 'iscsi' ? { sid: path + 1 } : {}),
        path,
        vendor: array.vendor,
        model: array.product,
      }
    }),
  ).flat()
}

function lunMedium({ naa }: LunSpec): string {
  return `naa.${naa}`
}

function diskMedium({ pvUuid, bytes, wwid, model, serial, kind }: DiskSpec, id: string): Medium {
  return blank(
    id,
    bytes,
    { kind: 'pv', uuid: pvUuid, group: undefined },
    { wwid, model, serial, ...(kind === 'sata' ? { vendor: 'ATA     ' } : {}) },
  )
}

function blank(id: string, bytes: number, label: Label, drive: Pick<Medium, 'wwid' | 'model' | 'serial' | 'vendor'>): Medium {
  return { id, sectors: Math.floor(bytes / SECTOR), content: ZEROES, labels: new Map([[0, label]]), partitions: [], ...drive }
}

function addMedium(site: Site, medium: Medium): Site {
  return site.media.has(medium.id) ? site : withMedium(site, medium)
}

/** With the group that is on it. Another host of the site may have brought it. */
function addLun(site: Site, lun: LunSpec): Site {
  const id = lunMedium(lun)
  if (site.media.has(id)) return site
  const label: Label = { kind: 'pv', uuid: lun.pvUuid, group: lun.vgUuid }
  const medium = blank(id, lun.bytes, label, { wwid: id, serial: lun.naa.toUpperCase() })
  const pv = pvOn(lun.pvUuid, id, medium.sectors)
  return withGroup(withMedium(site, medium), {
    uuid: lun.vgUuid,
    name: lun.vg,
    extentSectors: EXTENT_SECTORS,
    pvs: [pv],
    volumes: [],
    tags: [],
  })
}

function pvOn(uuid: string, medium: string, sectors: number): Pv {
  return { uuid, medium, start: 0, extents: Math.floor((sectors - PV_HEADER) / EXTENT_SECTORS), tags: [] }
}

/** One map a LUN, by the name of its group. */
function withMaps(site: Site, name: string, { array }: Machine): Site {
  const { scsi } = hostOf(site, name).ram
  const dm = array.luns.map((lun, minor) => {
    const paths = scsi.filter(({ medium }) => medium === lunMedium(lun)).map((one) => one.name)
    const sectors = Math.floor(lun.bytes / SECTOR)
    const active = [{ start: 0, sectors, target: { kind: 'multipath' as const, paths } }]
    return { minor, name: `mpath-${lun.vg}`, uuid: `mpath-3${lun.naa}`, active, inactive: undefined, suspended: false }
  })
  return withRam(site, name, { dm })
}

/** The group over its own disks, with a volume a guest on the NVMe. */
function withGuests(site: Site, name: string, machine: Machine): Site {
  if (machine.disks.length === 0) return site
  const uuid = lvmUuidOf(diceOf(machine.seed, 'vg', machine.index))
  const media = hostOf(site, name).disks.map(({ medium }) => site.media.get(medium))
  const pvs = media.flatMap((medium, index) => (medium ? [pvOn(machine.disks[index]?.pvUuid ?? '', medium.id, medium.sectors)] : []))
  const last = pvs.at(-1)
  let group: Group = { uuid, name: LOCAL_VG, extentSectors: EXTENT_SECTORS, pvs, volumes: [], tags: [] }
  if (site.groups.has(uuid)) return site
  for (const guest of machine.guests) {
    group = withLinear(group, guest.name, guest.lvUuid, guest.diskBytes / SECTOR, [`hl.disk=0`, `hl.guest=${guest.name}`], last)
    if (guest.mirrored) group = withLinear(group, `${guest.name}-meta`, metaUuid(guest), META_SECTORS, [], last)
  }
  const labelled = pvs.reduce(
    (all, pv) => {
      const medium = all.media.get(pv.medium)
      const label: Label = { kind: 'pv', uuid: pv.uuid, group: uuid }
      return medium ? withMedium(all, { ...medium, labels: new Map(medium.labels).set(0, label) }) : all
    },
    withGroup(site, group),
  )
  return machine.guests.reduce((all, guest) => withGuest(all, name, group, guest), labelled)
}

function metaUuid({ lvUuid }: GuestSpec): string {
  return `${lvUuid.slice(0, -1)}m`
}

function withLinear(group: Group, name: string, uuid: string, sectors: number, tags: readonly string[], on: Pv | undefined): Group {
  const extents = Math.ceil(sectors / group.extentSectors)
  const segments = allocate(group, extents, (pv) => pv === on) ?? []
  const volume: Volume = {
    uuid,
    name,
    kind: { kind: 'linear' },
    tags,
    writable: true,
    skipActivation: false,
    segments,
    sectors: extents * group.extentSectors,
  }
  return withVolume(group, volume)
}

/** As a guest of ours stands: a map of its own over its volume, or over its mirror. */
export function withGuest(site: Site, name: string, group: Group, guest: GuestSpec): Site {
  const volume = group.volumes.find((one) => one.name === guest.name)
  const on = volume && activate(site, name, group, volume)
  if (!volume || !on) return site
  const under = knameOf(on, name, lvMapName(group.name, volume.name)) ?? ''
  const mirrored = guest.mirrored ? withMirror(on, name, group, guest, under, volume.sectors) : on
  const mapped = withMap(mirrored, name, `hostless-${guest.name}`, guest.mirrored ? `drbd${guest.domid}` : under, volume.sectors)
  const { ram } = hostOf(mapped, name)
  const device = knameOf(mapped, name, `hostless-${guest.name}`) ?? ''
  const domains = [...ram.domains, domainOf(guest, device, site.now)]
  return withRam(mapped, name, { domains, nextDomid: Math.max(ram.nextDomid, guest.domid + 1) })
}

function withMap(site: Site, name: string, map: string, device: string, sectors: number): Site {
  const { dm } = hostOf(site, name).ram
  if (dm.some((one) => one.name === map)) return site
  const active = [{ start: 0, sectors, target: { kind: 'linear' as const, device, offset: 0 } }]
  return withRam(site, name, { dm: [...dm, { minor: freeMinor(dm), name: map, uuid: '', active, inactive: undefined, suspended: false }] })
}

function withMirror(site: Site, name: string, group: Group, guest: GuestSpec, under: string, sectors: number): Site {
  const raw = `hostless-${guest.name}-raw`
  if (hostOf(site, name).ram.drbd.some((one) => one.name === guest.name)) return site
  const metadata = group.volumes.find((one) => one.name === `${guest.name}-meta`)
  const mapped = withMap((metadata && activate(site, name, group, metadata)) ?? site, name, raw, under, sectors)
  const label: DrbdLabel = {
    sectors,
    current: guest.uuid.replaceAll('-', '').slice(0, 16).toUpperCase(),
    bitmap: NO_GENERATION,
    history: [NO_GENERATION, NO_GENERATION],
    disk: 'UpToDate',
    unclean: true,
    outOfSync: [],
  }
  const [backing, meta] = [raw, lvMapName(group.name, `${guest.name}-meta`)].map((one) => knameOf(mapped, name, one) ?? '')
  const resource: Resource = {
    name: guest.name,
    role: 'Primary',
    devices: [
      {
        volume: 0,
        minor: guest.domid,
        options: new Map(),
        frozen: false,
        attached: { backing: backing ?? '', meta: meta ?? '', sectors, label },
      },
    ],
    connection: { local: 'here', peer: 'peer', state: 'Connected', options: new Map(), sync: 'none', elsewhere: true },
  }
  return withRam(mapped, name, { drbd: [...hostOf(mapped, name).ram.drbd, resource] })
}

function domainOf(guest: GuestSpec, device: string, now: number): Domain {
  const kib = guest.mebibytes * 1024
  return {
    domid: guest.domid,
    uuid: guest.uuid,
    name: guest.name,
    type: guest.type,
    vcpus: guest.vcpus,
    maxVcpus: guest.vcpus,
    memoryKib: kib,
    maxKib: kib,
    disks: [{ vdev: 'xvda', target: `/dev/mapper/hostless-${guest.name}`, device, writable: true, format: 'raw' }],
    nics: [{ devid: 0, mac: guest.mac, bridge: guest.bridge }],
    state: guest.paused ? 'paused' : 'running',
    onReboot: 'restart',
    onCrash: 'destroy',
    since: now,
    load: guest.load,
    traffic: guest.traffic,
  }
}
