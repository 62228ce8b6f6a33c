// lvcreate(8): linear volumes, snapshots of them, thin pools, thin volumes and their snapshots.
import { deviceOfPv, findGroup, isActive, mapOf, remap } from '../../state/activation.ts'
import { paste, ZEROES } from '../../state/content.ts'
import { readAt } from '../../state/io.ts'
import {
  allocate,
  freeExtents,
  type Group,
  ownMedium,
  PV_HEADER,
  type Pv,
  type Volume,
  type VolumeKind,
  volumeOf,
  withVolume,
} from '../../state/lvm.ts'
import { newLvmUuid, type Site, withLabel, withMedium } from '../../state/site.ts'
import { type Context, did, type Ended, failed, gap } from '../command.ts'
import { type Parsed, parseOptions, sectorsFrom } from '../options.ts'
import { FAILED, INVALID, noGroup, readable, switchOn, wantsActive } from './names.ts'

const TAKES = 120

interface Wanted {
  readonly context: Context
  readonly options: Parsed
  readonly group: Group
  readonly name: string
  readonly out: string[]
}

export function lvcreate(context: Context): Ended {
  const options = parseOptions(context, context.args, {
    flags: ['-y|--yes', '-s|--snapshot', '-T|--thin', '-q|--quiet', '-K|--ignoreactivationskip', '--noudevsync', '-f|--force'],
    valued: [
      ...['-n|--name', '-L|--size', '-l|--extents', '-V|--virtualsize', '--addtag', '-W|--wipesignatures', '-Z|--zero', '-p|--permission'],
      ...['-a|--activate', '--type', '--thinpool', '--poolmetadatasize', '--poolmetadataspare', '-k|--setactivationskip', '-c|--chunksize'],
      ...['--discards', '--monitor', '--config', '--errorwhenfull'],
    ],
  })
  const [where = '', ...more] = options.rest
  const [groupName = '', member] = where.replace(/^\/dev\//, '').split('/')
  const group = findGroup(context.site, context.host, groupName)
  if (!group) return noGroup(context, groupName)
  const out: string[] = []
  const wanted: Wanted = { context, options, group, name: options.value('--name') ?? freeName(group), out }
  if (!/^[a-zA-Z0-9+_.][a-zA-Z0-9+_.-]*$/.test(wanted.name) || wanted.name.length > 127)
    return failed(context, INVALID, `  Logical volume name "${wanted.name}" is invalid.`)
  if (volumeOf(group, wanted.name))
    return failed(context, FAILED, `  Logical Volume "${wanted.name}" already exists in volume group "${group.name}"`)
  const type = options.value('--type')
  if (type !== undefined && !['linear', 'snapshot', 'thin', 'thin-pool'].includes(type)) gap(context, `--type ${type}`)
  const pool = options.value('--thinpool') ?? (options.has('--thin') || type === 'thin' ? member : undefined)
  const isPool = type === 'thin-pool' || (options.has('--thin') && !options.has('--virtualsize') && !options.has('--snapshot'))
  if (options.has('--snapshot') || type === 'snapshot') return createSnapshot(wanted, member ?? '')
  if (isPool) return createPool({ ...wanted, name: options.value('--name') ?? pool ?? wanted.name })
  if (pool !== undefined && options.has('--virtualsize')) return createThin(wanted, pool)
  const on = more.length === 0 ? () => true : (pv: Pv) => more.some((path) => pathsOf(wanted, pv).includes(path))
  const extents = extentsWanted(wanted)
  if (typeof extents !== 'number') return extents
  return create(wanted, { kind: 'linear' }, extents, on)
}

function pathsOf({ context }: Wanted, pv: Pv): readonly string[] {
  const kname = deviceOfPv(context.site, context.host, pv)
  return kname === undefined ? [] : [`/dev/${kname}`, pv.uuid]
}

function extentsWanted({ context, options, group, out }: Wanted): number | Ended {
  const [size, extents] = [options.value('--size'), options.value('--extents')]
  if (size !== undefined) {
    const sectors = sectorsFrom(size, 'm')
    if (sectors === undefined || sectors <= 0) return failed(context, INVALID, `  Invalid argument for --size: ${size}`)
    const count = Math.ceil(sectors / group.extentSectors)
    if (count * group.extentSectors !== sectors)
      out.push(`  Rounding up size to full physical extent ${readable(count * group.extentSectors)}`)
    return count
  }
  const [, number, percent] = /^(\d+)(?:%(FREE|VG))?$/.exec(extents ?? '') ?? []
  if (number === undefined) return failed(context, INVALID, '  Please specify either size or extents')
  if (percent === undefined) return Number(number)
  const of = percent === 'FREE' ? freeExtents(group) : group.pvs.reduce((sum, pv) => sum + pv.extents, 0)
  return Math.floor((Number(number) * of) / 100)
}

function create(wanted: Wanted, kind: VolumeKind, extents: number, on: (pv: Pv) => boolean): Ended {
  const { context, group, options, out } = wanted
  const segments = extents === 0 ? undefined : allocate(group, extents, on)
  if (!segments)
    return failed(
      context,
      FAILED,
      `  Volume group "${group.name}" has insufficient free space (${freeExtents(group)} extents): ${extents} required.`,
    )
  const made = draft(wanted, context.site, kind, extents * group.extentSectors, segments)
  const changed = withVolume(group, made.volume)
  let site: Site = { ...made.site, groups: new Map(made.site.groups).set(group.uuid, changed) }
  const signed = labelAt(site, changed, made.volume)
  const wipes = options.value('--wipesignatures') !== 'n'
  if (signed && wipes && !options.has('--yes'))
    return failed(
      context,
      FAILED,
      `WARNING: signature detected on /dev/${group.name}/${made.volume.name} at offset 0. Wipe it? [y/n]: [n]\n  Aborted wiping of signature.\n  1 existing signature left on the device.\n  Failed to wipe signatures on logical volume ${group.name}/${made.volume.name}.\n  Aborting. Failed to wipe start of new LV.`,
    )
  if (options.value('--zero') !== 'n' || wipes) site = zeroStart(site, changed, made.volume)
  if (wantsActive(options.value('--activate'))) {
    const on = switchOn(context, site, changed, made.volume)
    if (!on) return failed(context, FAILED, `  Failed to activate new LV ${group.name}/${made.volume.name}.`)
    site = on
  }
  return created(site, made.volume.name, out)
}

function createSnapshot(wanted: Wanted, member: string): Ended {
  const { context, group, options, out } = wanted
  const origin = volumeOf(group, member)
  if (!origin) return failed(context, FAILED, `  Failed to find logical volume "${group.name}/${member}"`)
  const { site, host } = context
  const content = contentOf(site, host, group, origin)
  if (origin.kind.kind === 'thin' && !options.has('--size') && !options.has('--extents')) {
    const kind: VolumeKind = { kind: 'thin', pool: origin.kind.pool, origin: origin.name }
    const made = draft(wanted, site, kind, origin.sectors, [], options.value('--setactivationskip') !== 'n')
    const medium = { id: ownMedium(made.volume), sectors: origin.sectors, content, labels: labelsOf(site, origin), partitions: [] }
    const changed = withVolume(group, made.volume)
    const stored = withMedium({ ...made.site, groups: new Map(made.site.groups).set(group.uuid, changed) }, medium)
    const isOn = !made.volume.skipActivation && wantsActive(options.value('--activate'))
    return created(isOn ? (switchOn(context, stored, changed, made.volume) ?? stored) : stored, made.volume.name, out)
  }
  const extents = extentsWanted(wanted)
  if (typeof extents !== 'number') return extents
  const segments = allocate(group, extents, () => true)
  if (!segments)
    return failed(
      context,
      FAILED,
      `  Volume group "${group.name}" has insufficient free space (${freeExtents(group)} extents): ${extents} required.`,
    )
  const made = draft(wanted, site, { kind: 'snapshot', origin: origin.name }, origin.sectors, segments)
  const changed = withVolume(group, made.volume)
  const labels = labelsOf(site, origin)
  const medium = { id: ownMedium(made.volume), sectors: origin.sectors, content, labels, partitions: [] }
  const stored = withMedium({ ...made.site, groups: new Map(made.site.groups).set(group.uuid, changed) }, medium)
  const mapped = remap(stored, host, changed, origin)
  const isOn = isActive(site, host, group, origin)
  return created(isOn ? (switchOn(context, mapped, changed, made.volume) ?? mapped) : mapped, made.volume.name, out)
}

/** With its two hidden volumes, and the spare that the first pool of a group brings. */
function createPool(wanted: Wanted): Ended {
  const { context, group, options, out } = wanted
  const extents = extentsWanted(wanted)
  if (typeof extents !== 'number') return extents
  const given = options.value('--poolmetadatasize')
  const metadataSectors = given === undefined ? group.extentSectors : (sectorsFrom(given, 'm') ?? group.extentSectors)
  const metaExtents = Math.ceil(metadataSectors / group.extentSectors)
  const needsSpare =
    options.value('--poolmetadataspare') !== 'n' && !group.volumes.some(({ kind }) => kind.kind === 'hidden' && kind.role === 'spare')
  let site = context.site
  let changed = group
  const parts: readonly (readonly [name: string, role: 'data' | 'metadata' | 'spare', extents: number])[] = [
    ...(needsSpare ? [['lvol0_pmspare', 'spare', metaExtents] as const] : []),
    [`${wanted.name}_tmeta`, 'metadata', metaExtents],
    [`${wanted.name}_tdata`, 'data', extents],
  ]
  for (const [name, role, count] of parts) {
    const segments = allocate(changed, count, () => true)
    if (!segments)
      return failed(
        context,
        FAILED,
        `  Volume group "${group.name}" has insufficient free space (${freeExtents(group)} extents): ${extents} required.`,
      )
    const made = draft({ ...wanted, group: changed, name }, site, { kind: 'hidden', role }, count * group.extentSectors, segments)
    site = made.site
    changed = withVolume(changed, { ...made.volume, tags: [] })
  }
  const pool = draft(wanted, site, { kind: 'thin-pool', metadataSectors }, extents * group.extentSectors, [])
  changed = withVolume(changed, pool.volume)
  const stored = { ...pool.site, groups: new Map(pool.site.groups).set(group.uuid, changed) }
  const isOn = wantsActive(options.value('--activate'))
  return created(isOn ? (switchOn(context, stored, changed, pool.volume) ?? stored) : stored, wanted.name, out)
}

function createThin(wanted: Wanted, poolName: string): Ended {
  const { context, group, options, out } = wanted
  const pool = volumeOf(group, poolName.replace(/^.*\//, ''))
  if (pool?.kind.kind !== 'thin-pool') return failed(context, FAILED, `  Thin pool ${group.name}/${poolName} not found.`)
  const size = sectorsFrom(options.value('--virtualsize') ?? '', 'm')
  if (size === undefined || size <= 0) return failed(context, INVALID, '  Invalid argument for --virtualsize')
  const sectors = Math.ceil(size / group.extentSectors) * group.extentSectors
  const made = draft(wanted, context.site, { kind: 'thin', pool: pool.name, origin: undefined }, sectors, [])
  const changed = withVolume(group, made.volume)
  const medium = { id: ownMedium(made.volume), sectors, content: ZEROES, labels: new Map(), partitions: [] }
  const stored = withMedium({ ...made.site, groups: new Map(made.site.groups).set(group.uuid, changed) }, medium)
  const isOn = wantsActive(options.value('--activate'))
  return created(isOn ? (switchOn(context, stored, changed, made.volume) ?? stored) : stored, made.volume.name, out)
}

function draft(
  { options, name }: Wanted,
  site: Site,
  kind: VolumeKind,
  sectors: number,
  segments: Volume['segments'],
  skipActivation = options.value('--setactivationskip') === 'y',
): { readonly volume: Volume; readonly site: Site } {
  const [uuid, next] = newLvmUuid(site)
  const tags = [...new Set(options.values('--addtag'))].sort()
  return {
    volume: { uuid, name, kind, tags, writable: options.value('--permission') !== 'r', skipActivation, segments, sectors },
    site: next,
  }
}

function created(site: Site, name: string, out: readonly string[]): Ended {
  return did(site, TAKES, [...out, `  Logical volume "${name}" created.`, ''].join('\n'))
}

function freeName(group: Group): string {
  for (let number = 0; ; number += 1) if (!volumeOf(group, `lvol${number}`)) return `lvol${number}`
}

/** Where the first sector of a volume with extents is. */
export function startOf(group: Group, { segments }: Volume): { readonly medium: string; readonly sector: number } | undefined {
  const [first] = segments
  const pv = group.pvs.find(({ uuid }) => uuid === first?.pv)
  return first && pv && { medium: pv.medium, sector: pv.start + PV_HEADER + first.first * group.extentSectors }
}

function labelAt(site: Site, group: Group, volume: Volume): boolean {
  const start = startOf(group, volume)
  return start !== undefined && site.media.get(start.medium)?.labels.has(start.sector) === true
}

/** lvcreate's own: the first 4 KiB, and the signature that was there. */
function zeroStart(site: Site, group: Group, volume: Volume): Site {
  const start = startOf(group, volume)
  const medium = start && site.media.get(start.medium)
  if (!start || !medium) return site
  const cleared = withMedium(site, { ...medium, content: paste(medium.content, start.sector, 8, ZEROES) })
  return withLabel(cleared, start.medium, start.sector, undefined)
}

function contentOf(site: Site, host: string, group: Group, volume: Volume) {
  const own = site.media.get(ownMedium(volume))
  if (own) return own.content
  const map = mapOf(site, host, group, volume)
  const read = map && readAt(site, host, `dm-${map.minor}`, 0, volume.sectors)
  return read?.kind === 'done' ? read.value : ZEROES
}

function labelsOf(site: Site, volume: Volume) {
  return site.media.get(ownMedium(volume))?.labels ?? new Map()
}
