// The block devices that a host's kernel has, from what it has attached, mapped and mirrored; and what each path leads to. Pure.
import { devicesUnder, sectorsOf } from './dm.ts'
import { type HostState, hostOf, type Label, type Medium, type Ram, type Site } from './site.ts'

export interface Device {
  readonly kname: string
  readonly kind: 'disk' | 'part' | 'dm' | 'drbd' | 'loop'
  /** The name that people use. */
  readonly path: string
  readonly names: readonly string[]
  /** major:minor */
  readonly number: string
  readonly sectors: number
  readonly below: readonly string[]
  /** Where it begins, of what is a medium or a part of one. */
  readonly place?: { readonly medium: string; readonly start: number }
}

/** One list for one state: most commands ask for it several times. */
const known = new WeakMap<Ram, { readonly media: Site['media']; readonly groups: Site['groups']; readonly devices: readonly Device[] }>()

export function devicesOf(site: Site, name: string): readonly Device[] {
  const host = hostOf(site, name)
  const before = known.get(host.ram)
  if (before?.media === site.media && before.groups === site.groups) return before.devices
  const devices = listDevices(site, host)
  known.set(host.ram, { media: site.media, groups: site.groups, devices })
  return devices
}

/** By kernel name, path or number. */
export function findDevice(site: Site, host: string, name: string): Device | undefined {
  return devicesOf(site, host).find((one) => one.kname === name || one.number === name || one.names.includes(name))
}

export function labelOf(site: Site, place: Device['place']): Label | undefined {
  return place && site.media.get(place.medium)?.labels.get(place.start)
}

/** The devices that lie on this one, by whatever table or mirror. */
export function above(devices: readonly Device[], kname: string): readonly Device[] {
  return devices.filter(({ below }) => below.includes(kname))
}

function listDevices(site: Site, host: HostState): readonly Device[] {
  const { ram } = host
  const whole = [
    ...host.disks.map(({ name, medium }) => ({ name, medium, links: [] as string[] })),
    ...ram.scsi.map(({ name, medium, byPath }) => ({ name, medium, links: [`/dev/disk/by-path/${byPath}`] })),
  ]
  const disks = whole.flatMap(({ name, medium, links }) => {
    const found = site.media.get(medium)
    return found ? [diskDevice(name, found, links), ...partitionsOf(name, found)] : []
  })
  const dm = ram.dm.map((device): Device => {
    const [group = '', volume] = lvOf(site, device.uuid)
    const first = device.active?.[0]?.target
    const path = disks.find(({ kname }) => first?.kind === 'multipath' && first.paths.includes(kname))
    return {
      kname: `dm-${device.minor}`,
      kind: 'dm',
      path: `/dev/mapper/${device.name}`,
      names: [`/dev/mapper/${device.name}`, `/dev/dm-${device.minor}`, ...(volume === undefined ? [] : [`/dev/${group}/${volume}`])],
      number: `253:${device.minor}`,
      sectors: sectorsOf(device.active),
      below: devicesUnder(device.active),
      ...(path?.place ? { place: path.place } : {}),
    }
  })
  const drbd = ram.drbd.flatMap(({ name, devices }) =>
    devices.map(({ minor, volume, attached }): Device => {
      return {
        kname: `drbd${minor}`,
        kind: 'drbd',
        path: `/dev/drbd${minor}`,
        names: [`/dev/drbd${minor}`, `/dev/drbd/by-res/${name}/${volume}`],
        number: `147:${minor}`,
        sectors: attached?.sectors ?? 0,
        below: attached ? [...new Set([attached.backing, attached.meta])] : [],
      }
    }),
  )
  const loops = ram.loops.map(({ number, backing }): Device => {
    const under = [...disks, ...dm, ...drbd].find(({ kname }) => kname === backing)
    return {
      kname: `loop${number}`,
      kind: 'loop',
      path: `/dev/loop${number}`,
      names: [`/dev/loop${number}`],
      number: `7:${number}`,
      sectors: under?.sectors ?? 0,
      below: [],
    }
  })
  return [...disks, ...dm, ...drbd, ...loops]
}

function diskDevice(name: string, { id, sectors, wwid, model, serial }: Medium, links: readonly string[]): Device {
  const naa = /^naa\.(\w+)$/.exec(wwid ?? '')?.[1]
  const ids = [
    ...(naa === undefined ? [] : [`/dev/disk/by-id/wwn-0x${naa}`]),
    ...(model === undefined || serial === undefined ? [] : [`/dev/disk/by-id/ata-${model.replaceAll(' ', '_')}_${serial}`]),
  ]
  return {
    kname: name,
    kind: 'disk',
    path: `/dev/${name}`,
    names: [`/dev/${name}`, ...links, ...ids],
    number: numberOf(name),
    sectors,
    below: [],
    place: { medium: id, start: 0 },
  }
}

function partitionsOf(disk: string, { id, partitions }: Medium): readonly Device[] {
  return partitions.map(({ number, start, sectors }): Device => {
    const name = `${disk}${/\d$/.test(disk) ? 'p' : ''}${number}`
    const [major = '8', minor = '0'] = numberOf(disk).split(':')
    return {
      kname: name,
      kind: 'part',
      path: `/dev/${name}`,
      names: [`/dev/${name}`],
      number: `${major}:${Number(minor) + number}`,
      sectors,
      below: [disk],
      place: { medium: id, start },
    }
  })
}

/** As Linux numbers them (Documentation/admin-guide/devices.txt); one NVMe after the other has 259. */
function numberOf(name: string): string {
  const [, letters] = /^(?:sd|vd|xvd)([a-z]+)$/.exec(name) ?? []
  if (letters === undefined) return `259:${Number(/^nvme(\d+)/.exec(name)?.[1] ?? 0) * 16}`
  const index = [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 96, 0) - 1
  return `${name.startsWith('sd') ? 8 : name.startsWith('vd') ? 254 : 202}:${index * 16}`
}

/** Group and name of the LV that a dm device is; of none that LVM keeps for itself. */
function lvOf(site: Site, uuid: string): readonly [group: string, volume: string] | readonly [] {
  const [, group, volume] = /^LVM-(\w{32})(\w{32})$/.exec(uuid) ?? []
  if (group === undefined) return []
  for (const one of site.groups.values()) {
    if (one.uuid.replaceAll('-', '') !== group) continue
    const found = one.volumes.find((candidate) => candidate.uuid.replaceAll('-', '') === volume)
    return found && found.kind.kind !== 'hidden' ? [one.name, found.name] : []
  }
  return []
}

/** `sdc` after the disks that are there. */
export function freeScsiName({ disks, ram }: HostState): string {
  const taken = new Set([...disks, ...ram.scsi].map(({ name }) => name))
  for (let index = 0; ; index += 1) {
    const name = `sd${letters(index)}`
    if (!taken.has(name)) return name
  }
}

/** 0 → a, 25 → z, 26 → aa. */
export function letters(index: number): string {
  const last = String.fromCharCode('a'.charCodeAt(0) + (index % 26))
  return index < 26 ? last : letters(Math.floor(index / 26) - 1) + last
}
