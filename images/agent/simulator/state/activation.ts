// LVM's logical volumes as dm devices of a host: what `lvchange -ay` maps and `-an` unmaps, with the hidden layers that snapshots and
// thin pools have. Pure.
import { devicesOf } from './devices.ts'
import { type DmDevice, freeMinor, heldBy, lvMapName, lvMapUuid, type Table, type TableTarget } from './dm.ts'
import { type Group, ownMedium, PV_HEADER, type Pv, type Volume, volumeOf } from './lvm.ts'
import { hostOf, type Site, withRam } from './site.ts'

export function mapOf(site: Site, host: string, group: Group, volume: Volume): DmDevice | undefined {
  const name = lvMapName(group.name, volume.name)
  return hostOf(site, host).ram.dm.find((one) => one.name === name)
}

export function isActive(site: Site, host: string, group: Group, volume: Volume): boolean {
  return mapOf(site, host, group, volume) !== undefined
}

/** The device of this host by which LVM takes a PV: the map over its paths where there is one. Undefined when it is missing. */
export function deviceOfPv(site: Site, host: string, pv: Pv): string | undefined {
  const devices = devicesOf(site, host).filter(({ place }) => place?.medium === pv.medium && place.start === pv.start)
  return (devices.find(({ kind }) => kind === 'dm') ?? devices[0])?.kname
}

/** The groups of which this host sees a PV at least. */
export function groupsOf(site: Site, host: string): readonly Group[] {
  return [...site.groups.values()].filter(({ pvs }) => pvs.some((pv) => deviceOfPv(site, host, pv) !== undefined))
}

export function findGroup(site: Site, host: string, name: string): Group | undefined {
  return groupsOf(site, host).find((one) => one.name === name || one.uuid === name)
}

/** Undefined when a PV is missing. With what it stands on; what is mapped already stays as it is. */
export function activate(site: Site, host: string, group: Group, volume: Volume): Site | undefined {
  let changed = site
  for (const name of beneath(volume)) {
    const under = volumeOf(group, name)
    const next = under && activate(changed, host, group, under)
    if (!next) return undefined
    changed = next
  }
  for (const { suffix, target } of layersOf(group, volume)) {
    const next = addMap(changed, host, group, volume, suffix, target)
    if (!next) return undefined
    changed = next
  }
  return changed
}

/** The maps of this volume go, with its snapshots' and those hidden ones that nothing else holds: thin volumes keep their pool. */
export function deactivate(site: Site, host: string, group: Group, volume: Volume): Site {
  const own = lvMapName(group.name, volume.name)
  const without = snapshotsOf(group, volume).reduce((all, one) => deactivate(all, host, group, one), site)
  const gone = SUFFIXES.reduce((all, suffix) => removeUnheld(all, host, own + suffix), without)
  const hidden = beneath(volume).flatMap((name) => volumeOf(group, name) ?? [])
  return hidden.filter(({ kind }) => kind.kind === 'hidden').reduce((all, one) => deactivate(all, host, group, one), gone)
}

function removeUnheld(site: Site, host: string, map: string): Site {
  const { dm } = hostOf(site, host).ram
  const kname = knameOf(site, host, map)
  const isHeld = kname === undefined || dm.some((one) => heldBy(one).includes(kname))
  return isHeld ? site : withRam(site, host, { dm: dm.filter(({ name }) => name !== map) })
}

export function snapshotsOf(group: Group, { name }: Volume): readonly Volume[] {
  return group.volumes.filter(({ kind }) => kind.kind === 'snapshot' && kind.origin === name)
}

const SUFFIXES = ['', '-real', '-cow', '-tpool'] as const

/** Maps it anew where it is active: after its size, its snapshots or its name (`was`) have changed. Minors stay, and what lies on them. */
export function remap(site: Site, host: string, group: Group, volume: Volume, was = volume.name): Site {
  const [before, after] = [lvMapName(group.name, was), lvMapName(group.name, volume.name)]
  const { dm } = hostOf(site, host).ram
  if (!dm.some(({ name }) => name === before)) return site
  const renamed = dm.map((one) => {
    const suffix = SUFFIXES.find((end) => one.name === before + end)
    return suffix === undefined ? one : { ...one, name: after + suffix }
  })
  let changed = withRam(site, host, { dm: renamed })
  const layers = layersOf(group, volume)
  for (const { suffix, target } of layers) {
    const table = tableOf(changed, host, group, volume, target)
    if (!table) return site
    const maps = hostOf(changed, host).ram.dm
    changed = maps.some(({ name }) => name === after + suffix)
      ? withRam(changed, host, { dm: maps.map((one) => (one.name === after + suffix ? { ...one, active: table } : one)) })
      : (addMap(changed, host, group, volume, suffix, target) ?? changed)
  }
  const unwanted = SUFFIXES.filter((suffix) => !layers.some((layer) => layer.suffix === suffix)).map((suffix) => after + suffix)
  return withRam(changed, host, { dm: hostOf(changed, host).ram.dm.filter(({ name }) => !unwanted.includes(name)) })
}

interface Layer {
  readonly suffix: (typeof SUFFIXES)[number]
  readonly target: Layout
}

type Layout =
  | { readonly kind: 'extents' }
  | { readonly kind: 'on'; readonly make: (kname: (map: string) => string | undefined) => TableTarget | undefined }

/** From the lowest to the one that has the volume's name. */
function layersOf(group: Group, volume: Volume): readonly Layer[] {
  const map = (name: string): string => lvMapName(group.name, name)
  const over = (kind: 'thin' | 'snapshot' | 'thin-pool', maps: readonly string[]): Layout => ({
    kind: 'on',
    make: (kname) => ({ kind, medium: ownMedium(volume), over: maps.flatMap((one) => kname(one) ?? []) }),
  })
  const { kind } = volume
  switch (kind.kind) {
    case 'hidden':
      return [{ suffix: '', target: { kind: 'extents' } }]
    case 'linear': {
      if (!isOrigin(group, volume)) return [{ suffix: '', target: { kind: 'extents' } }]
      const onReal: Layout = {
        kind: 'on',
        make: (kname) => {
          const device = kname(`${map(volume.name)}-real`)
          return device === undefined ? undefined : { kind: 'snapshot-origin', device }
        },
      }
      return [
        { suffix: '-real', target: { kind: 'extents' } },
        { suffix: '', target: onReal },
      ]
    }
    case 'snapshot':
      return [
        { suffix: '-cow', target: { kind: 'extents' } },
        { suffix: '', target: over('snapshot', [`${map(kind.origin)}-real`, `${map(volume.name)}-cow`]) },
      ]
    case 'thin-pool': {
      const onPool: Layout = {
        kind: 'on',
        make: (kname) => {
          const device = kname(`${map(volume.name)}-tpool`)
          return device === undefined ? undefined : { kind: 'linear', device, offset: 0 }
        },
      }
      return [
        { suffix: '-tpool', target: over('thin-pool', [map(`${volume.name}_tmeta`), map(`${volume.name}_tdata`)]) },
        { suffix: '', target: onPool },
      ]
    }
    case 'thin':
      return [{ suffix: '', target: over('thin', [`${map(kind.pool)}-tpool`]) }]
  }
}

function beneath({ name, kind }: Volume): readonly string[] {
  switch (kind.kind) {
    case 'snapshot':
      return [kind.origin]
    case 'thin-pool':
      return [`${name}_tmeta`, `${name}_tdata`]
    case 'thin':
      return [kind.pool]
    case 'linear':
    case 'hidden':
      return []
  }
}

export function isOrigin(group: Group, volume: Volume): boolean {
  return snapshotsOf(group, volume).length > 0
}

export function knameOf(site: Site, host: string, map: string): string | undefined {
  const found = hostOf(site, host).ram.dm.find(({ name }) => name === map)
  return found && `dm-${found.minor}`
}

function addMap(site: Site, host: string, group: Group, volume: Volume, suffix: string, layout: Layout): Site | undefined {
  const name = lvMapName(group.name, volume.name) + suffix
  const { dm } = hostOf(site, host).ram
  if (dm.some((one) => one.name === name)) return site
  const table = tableOf(site, host, group, volume, layout)
  if (!table) return undefined
  const uuid = lvMapUuid(group.uuid, volume.uuid) + suffix
  const made = { minor: freeMinor(dm), name, uuid, active: table, inactive: undefined, suspended: false }
  return withRam(site, host, { dm: [...dm, made] })
}

function tableOf(site: Site, host: string, group: Group, volume: Volume, layout: Layout): Table | undefined {
  if (layout.kind === 'extents') return extentTable(site, host, group, volume)
  const target = layout.make((map) => knameOf(site, host, map))
  return target && [{ start: 0, sectors: volume.sectors, target }]
}

function extentTable(site: Site, host: string, group: Group, { segments }: Volume): Table | undefined {
  const lines: Table[number][] = []
  let start = 0
  for (const { pv: uuid, first, extents } of segments) {
    const pv = group.pvs.find((one) => one.uuid === uuid)
    const device = pv && deviceOfPv(site, host, pv)
    if (device === undefined) return undefined
    const sectors = extents * group.extentSectors
    lines.push({ start, sectors, target: { kind: 'linear', device, offset: PV_HEADER + first * group.extentSectors } })
    start += sectors
  }
  return lines
}
