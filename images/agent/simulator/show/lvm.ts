// The columns of `pvs`, `vgs` and `lvs` (lvm2 2.03): each a function of its row, so that another one is a line. All values are texts.
import { deviceOfPv, isActive, isOrigin, knameOf, mapOf } from '../state/activation.ts'
import { openersOf } from '../state/claims.ts'
import { sectorsIn } from '../state/content.ts'
import { findDevice } from '../state/devices.ts'
import { lvMapName } from '../state/dm.ts'
import { extentsOf, freeExtents, freeIn, type Group, ownMedium, type Pv, type Volume, type VolumeSegment } from '../state/lvm.ts'
import type { Site } from '../state/site.ts'
import { SECTOR } from '../state/site.ts'

export interface VolumeRow {
  readonly site: Site
  readonly host: string
  readonly group: Group
  readonly volume: Volume
  /** Columns of segments: a row for each. */
  readonly segment: VolumeSegment | undefined
}

export interface GroupRow {
  readonly site: Site
  readonly host: string
  readonly group: Group
}

export interface PvRow {
  readonly site: Site
  readonly host: string
  readonly group: Group | undefined
  readonly pv: Pv
}

export type Columns<Row> = { readonly [column: string]: (row: Row) => string }

const SEGMENT_COLUMNS = ['segtype', 'seg_start', 'seg_size', 'seg_pe_ranges', 'devices', 'seg_start_pe']

export function isOfSegments(column: string): boolean {
  return SEGMENT_COLUMNS.includes(column)
}

const GROUP: Columns<GroupRow> = {
  vg_uuid: ({ group }) => group.uuid,
  vg_name: ({ group }) => group.name,
  vg_size: ({ group }) => bytes(extentsOf(group) * group.extentSectors),
  vg_free: ({ group }) => bytes(freeExtents(group) * group.extentSectors),
  vg_extent_size: ({ group }) => bytes(group.extentSectors),
  vg_extent_count: ({ group }) => String(extentsOf(group)),
  vg_free_count: ({ group }) => String(freeExtents(group)),
  vg_attr: ({ site, host, group }) => `wz-${missing({ site, host, group }) > 0 ? 'p' : '-'}n-`,
  pv_count: ({ group }) => String(group.pvs.length),
  lv_count: ({ group }) => String(group.volumes.filter(({ kind }) => kind.kind !== 'hidden').length),
  snap_count: ({ group }) => String(group.volumes.filter(({ kind }) => kind.kind === 'snapshot').length),
  vg_missing_pv_count: (row) => String(missing(row)),
  vg_exported: () => '',
  vg_clustered: () => '',
  vg_shared: () => '',
  vg_partial: (row) => (missing(row) > 0 ? 'partial' : ''),
  vg_lock_type: () => '',
  vg_systemid: () => '',
  vg_tags: ({ group }) => group.tags.join(','),
}

export const VG_COLUMNS = GROUP

export const PV_COLUMNS: Columns<PvRow> = {
  pv_uuid: ({ pv }) => pv.uuid,
  pv_name: ({ site, host, pv }) => {
    const kname = deviceOfPv(site, host, pv)
    return kname === undefined ? '[unknown]' : (findDevice(site, host, kname)?.path ?? `/dev/${kname}`)
  },
  vg_name: ({ group }) => group?.name ?? '',
  vg_uuid: ({ group }) => group?.uuid ?? '',
  pv_size: ({ group, pv }) => bytes(pv.extents * (group?.extentSectors ?? 1)),
  pv_free: ({ group, pv }) => bytes(group ? freeIn(group, pv) * group.extentSectors : pv.extents),
  pv_used: ({ group, pv }) => bytes(group ? (pv.extents - freeIn(group, pv)) * group.extentSectors : 0),
  dev_size: ({ site, host, pv }) => bytes(findDevice(site, host, deviceOfPv(site, host, pv) ?? '')?.sectors ?? 0),
  pv_pe_count: ({ pv }) => String(pv.extents),
  pv_attr: ({ group }) => (group ? 'a--' : '---'),
  pv_fmt: () => 'lvm2',
  pv_missing: ({ site, host, pv }) => (deviceOfPv(site, host, pv) === undefined ? 'missing' : ''),
  pv_in_use: ({ group }) => (group ? 'used' : ''),
  pv_tags: ({ pv }) => pv.tags.join(','),
}

export const LV_COLUMNS: Columns<VolumeRow> = {
  ...GROUP,
  lv_uuid: ({ volume }) => volume.uuid,
  lv_name: ({ volume }) => (volume.kind.kind === 'hidden' ? `[${volume.name}]` : volume.name),
  lv_full_name: ({ group, volume }) => `${group.name}/${volume.kind.kind === 'hidden' ? `[${volume.name}]` : volume.name}`,
  // Of a snapshot what it may hold, not what it shows.
  lv_size: ({ group, volume }) => bytes(volume.kind.kind === 'snapshot' ? extentSectors(group, volume) : volume.sectors),
  origin_size: ({ volume }) => (volume.kind.kind === 'snapshot' ? bytes(volume.sectors) : ''),
  lv_path: ({ group, volume }) => (hasPath(volume) ? `/dev/${group.name}/${volume.name}` : ''),
  lv_dm_path: ({ group, volume }) => `/dev/mapper/${lvMapName(group.name, volume.name)}`,
  lv_active: ({ site, host, group, volume }) => (isActive(site, host, group, volume) ? 'active' : ''),
  lv_attr: attributes,
  lv_permissions: ({ volume }) => (volume.writable ? 'writeable' : 'read-only'),
  lv_device_open: (row) => (isOpen(row) ? 'open' : ''),
  lv_skip_activation: ({ volume }) => (volume.skipActivation ? 'skip activation' : ''),
  lv_kernel_major: ({ site, host, group, volume }) => (isActive(site, host, group, volume) ? '253' : '-1'),
  lv_kernel_minor: ({ site, host, group, volume }) => String(mapOf(site, host, group, volume)?.minor ?? -1),
  lv_tags: ({ volume }) => volume.tags.join(','),
  lv_health_status: () => '',
  lv_role: ({ volume }) => (volume.kind.kind === 'hidden' ? 'private' : 'public'),
  lv_layout: ({ volume }) => layoutOf(volume),
  lv_modules: ({ volume }) => (volume.kind.kind === 'linear' || volume.kind.kind === 'hidden' ? '' : volume.kind.kind),
  lv_metadata_size: ({ volume }) => (volume.kind.kind === 'thin-pool' ? bytes(volume.kind.metadataSectors) : ''),
  pool_lv: ({ volume }) => (volume.kind.kind === 'thin' ? volume.kind.pool : ''),
  data_lv: ({ volume }) => (volume.kind.kind === 'thin-pool' ? `[${volume.name}_tdata]` : ''),
  metadata_lv: ({ volume }) => (volume.kind.kind === 'thin-pool' ? `[${volume.name}_tmeta]` : ''),
  origin: ({ volume }) => (volume.kind.kind === 'snapshot' || volume.kind.kind === 'thin' ? (volume.kind.origin ?? '') : ''),
  data_percent: dataPercent,
  snap_percent: dataPercent,
  metadata_percent: ({ volume }) => (volume.kind.kind === 'thin-pool' ? '10.94' : ''),
  seg_count: ({ volume }) => String(Math.max(1, volume.segments.length)),
  segtype: ({ volume }) => (volume.kind.kind === 'thin' || volume.kind.kind === 'thin-pool' ? volume.kind.kind : 'linear'),
  seg_size: ({ group, volume, segment }) => bytes(segment ? segment.extents * group.extentSectors : volume.sectors),
  seg_start: ({ group, volume, segment }) => {
    const before = segment ? volume.segments.slice(0, volume.segments.indexOf(segment)) : []
    return bytes(before.reduce((sum, { extents }) => sum + extents * group.extentSectors, 0))
  },
  seg_pe_ranges: ({ site, host, group, segment }) =>
    segment ? `${pathOf(site, host, group, segment)}:${segment.first}-${segment.first + segment.extents - 1}` : '',
  devices: ({ site, host, group, segment }) => (segment ? `${pathOf(site, host, group, segment)}(${segment.first})` : ''),
}

function bytes(sectors: number): string {
  return String(sectors * SECTOR)
}

function extentSectors(group: Group, { segments }: Volume): number {
  return segments.reduce((sum, { extents }) => sum + extents, 0) * group.extentSectors
}

function missing({ site, host, group }: GroupRow): number {
  return group.pvs.filter((pv) => deviceOfPv(site, host, pv) === undefined).length
}

function hasPath({ kind }: Volume): boolean {
  return kind.kind !== 'hidden' && kind.kind !== 'thin-pool'
}

function layoutOf({ kind }: Volume): string {
  switch (kind.kind) {
    case 'thin':
      return 'thin,sparse'
    case 'thin-pool':
      return 'thin,pool'
    case 'linear':
    case 'snapshot':
    case 'hidden':
      return 'linear'
  }
}

function pathOf(site: Site, host: string, group: Group, segment: VolumeSegment): string {
  const pv = group.pvs.find(({ uuid }) => uuid === segment.pv)
  const kname = pv && deviceOfPv(site, host, pv)
  return kname === undefined ? '[unknown]' : (findDevice(site, host, kname)?.path ?? kname)
}

function dataPercent({ site, volume, group }: VolumeRow): string {
  const { kind } = volume
  const written = (one: Volume): number => sectorsIn(site.media.get(ownMedium(one))?.content ?? [])
  switch (kind.kind) {
    case 'thin':
      return ((100 * written(volume)) / volume.sectors).toFixed(2)
    case 'thin-pool': {
      const inside = group.volumes.filter((one) => one.kind.kind === 'thin' && one.kind.pool === volume.name)
      return Math.min(100, (100 * inside.reduce((sum, one) => sum + written(one), 0)) / volume.sectors).toFixed(2)
    }
    case 'snapshot':
      return '0.00'
    case 'linear':
    case 'hidden':
      return ''
  }
}

function isOpen({ site, host, group, volume }: VolumeRow): boolean {
  const name = lvMapName(group.name, volume.name)
  const own = [name, `${name}-real`, `${name}-cow`, `${name}-tpool`]
  const kname = knameOf(site, host, volume.kind.kind === 'thin-pool' ? `${name}-tpool` : name)
  if (kname === undefined) return false
  return openersOf(site, host, kname).some((who) => !own.some((map) => who === `dm ${map}`))
}

/** lvs(8): type, permissions, allocation, fixed minor, state, open, target, zero, health, skip activation. */
function attributes(row: VolumeRow): string {
  const { site, host, group, volume } = row
  const { kind } = volume
  const types = { linear: isOrigin(group, volume) ? 'o' : '-', snapshot: 's', 'thin-pool': 't', thin: 'V' }
  const type = kind.kind === 'hidden' ? (kind.role === 'data' ? 'T' : 'e') : types[kind.kind]
  const target = kind.kind === 'thin' || kind.kind === 'thin-pool' ? 't' : kind.kind === 'snapshot' || isOrigin(group, volume) ? 's' : '-'
  const zero = target === 't' ? 'z' : '-'
  const state = isActive(site, host, group, volume) ? 'a' : '-'
  return `${type}${volume.writable ? 'w' : 'r'}i-${state}${isOpen(row) ? 'o' : '-'}${target}${zero}-${volume.skipActivation ? 'k' : '-'}`
}
