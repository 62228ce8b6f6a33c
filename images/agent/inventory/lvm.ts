// `lvm fullreport --reportformat json` (lvm2 2.03): PVs, VGs and LVs by one program, at one moment, as each of LVM's costs dom0 more to start
// than it has to tell. Every value is a string, empty for "none"; sizes are bytes without a unit.
import { z } from 'zod'
import { type Lv, lv, type Pv, pv, type Vg, vg } from '../../../manager/protocol/storage.ts'
import type { Command } from '../backend.ts'
import { acceptAll, whole } from './accept.ts'
import { neededRows, readJson, readRows } from './json.ts'
import { commandSource, type Parsed, type Reason } from './reading.ts'

const PV_FIELDS = ['pv_uuid', 'pv_name', 'vg_name', 'vg_uuid', 'pv_size', 'pv_free', 'pv_missing', 'pv_tags']
const VG_FIELDS = [
  ...['vg_uuid', 'vg_name', 'vg_size', 'vg_free', 'vg_extent_size', 'pv_count', 'vg_missing_pv_count', 'vg_exported'],
  ...['vg_clustered', 'vg_lock_type', 'vg_systemid', 'vg_tags'],
]
const LV_FIELDS = [
  ...['lv_uuid', 'lv_name', 'vg_name', 'vg_uuid', 'lv_size', 'lv_path', 'lv_active', 'lv_attr', 'segtype', 'pool_lv', 'origin'],
  ...['data_percent', 'metadata_percent', 'lv_health_status', 'lv_tags'],
]

type Row = (field: string) => string

const pvRows = rowsOf('pv', PV_FIELDS)
const vgRows = rowsOf('vg', VG_FIELDS)
/** `segtype` is a column of segments alone. */
const lvRows = rowsOf('seg', LV_FIELDS)

const top = z.object({ report: neededRows })
/** One a VG, and one of the PVs that are in none: it has no VG and no segments. */
const part = z.record(z.string(), z.unknown())

/** The rows of all reports of this kind; a field that a row lacks is empty. Its schema is made once: to make it takes longer than to use it. */
function rowsOf(kind: 'pv' | 'vg' | 'seg', fields: readonly string[]) {
  const some = z.object({ [kind]: neededRows })
  const cell = z.string().catch('')
  const shape = z.object(Object.fromEntries(fields.map((field) => [field, cell])))
  return (stdout: string): { readonly rows: readonly Row[]; readonly reasons: readonly Reason[] } => {
    const all = readJson(stdout, top)
    const parts = readRows(all.value?.report, part, 'reports')
    const reports = readRows(
      parts.value.filter((one) => kind === 'pv' || 'vg' in one || !('pv' in one)),
      some,
      'reports',
    )
    const rows = reports.value.map((one) => readRows(one[kind], shape, `${kind}s`))
    return {
      rows: rows.flatMap(({ value }) => value.map((row) => (field: string) => row[field] ?? '')),
      reasons: [...all.reasons, ...parts.reasons, ...reports.reasons, ...rows.flatMap(({ reasons }) => reasons)],
    }
  }
}

export function parsePvs(stdout: string): Parsed<readonly Pv[]> {
  const { rows, reasons } = pvRows(stdout)
  const candidates = rows.map((row) => ({
    uuid: row('pv_uuid'),
    device: some(row('pv_name'))?.startsWith('/') ? row('pv_name') : undefined,
    vg: some(row('vg_name')),
    vgUuid: some(row('vg_uuid')),
    sizeBytes: size(row('pv_size')),
    freeBytes: size(row('pv_free')),
    missing: row('pv_missing') !== '',
    tags: tagsOf(row('pv_tags')),
  }))
  const accepted = acceptAll(pv, candidates, (candidate) => `PV ${candidate.device ?? candidate.uuid}`)
  return { value: accepted.value, reasons: [...reasons, ...accepted.reasons] }
}

export function parseVgs(stdout: string): Parsed<readonly Vg[]> {
  const { rows, reasons } = vgRows(stdout)
  const candidates = rows.map((row) => ({
    uuid: row('vg_uuid'),
    name: row('vg_name'),
    sizeBytes: size(row('vg_size')),
    freeBytes: size(row('vg_free')),
    extentBytes: size(row('vg_extent_size')),
    pvs: size(row('pv_count')),
    missingPvs: whole(row('vg_missing_pv_count')) ?? 0,
    exported: row('vg_exported') !== '',
    lock: row('vg_clustered') === 'clustered' ? 'clustered' : some(row('vg_lock_type')),
    systemId: some(row('vg_systemid')),
    tags: tagsOf(row('vg_tags')),
  }))
  const accepted = acceptAll(vg, candidates, (candidate) => `VG ${candidate.name}`)
  return { value: accepted.value, reasons: [...reasons, ...accepted.reasons] }
}

/** With the LVs that LVM keeps to itself: their names come as `[pool_tdata]`, and go without the brackets. */
export function parseLvs(stdout: string): Parsed<readonly Lv[]> {
  const { rows, reasons } = lvRows(stdout)
  const candidates = [...segmentsOf(rows)].map(([row, types]) => ({
    uuid: row('lv_uuid'),
    name: unbracketed(row('lv_name')),
    vg: row('vg_name'),
    vgUuid: row('vg_uuid'),
    sizeBytes: size(row('lv_size')),
    path: some(row('lv_path')),
    active: row('lv_active') === 'active',
    attributes: row('lv_attr'),
    segmentType: some(types.join('+')),
    pool: some(unbracketed(row('pool_lv'))),
    origin: some(unbracketed(row('origin'))),
    dataPercent: percent(row('data_percent')),
    metadataPercent: percent(row('metadata_percent')),
    health: some(row('lv_health_status')),
    tags: tagsOf(row('lv_tags')),
  }))
  const accepted = acceptAll(lv, candidates, (candidate) => `LV ${candidate.vg}/${candidate.name}`)
  return { value: accepted.value, reasons: [...reasons, ...accepted.reasons] }
}

/** All three, for whoever wants one of them. */
export const LVM_REPORT: Command = [
  'lvm',
  ...['fullreport', '-a', '--reportformat', 'json', '--units', 'b', '--nosuffix'],
  ...['--configreport', 'vg', '-o', VG_FIELDS.join(','), '--configreport', 'pv', '-o', PV_FIELDS.join(',')],
  ...['--configreport', 'seg', '-o', LV_FIELDS.join(',')],
  // It tells of these too; of each as little as it can be.
  ...['--configreport', 'lv', '-o', 'lv_uuid', '--configreport', 'pvseg', '-o', 'pv_uuid'],
]

export const pvs = commandSource({ command: LVM_REPORT, parse: parsePvs })
export const vgs = commandSource({ command: LVM_REPORT, parse: parseVgs })
export const lvs = commandSource({ command: LVM_REPORT, parse: parseLvs })

/** An LV of several segments has a row for each. The first row of each LV, and the types of all, each once. */
function segmentsOf(rows: readonly Row[]): ReadonlyMap<Row, readonly string[]> {
  const firsts = new Map<string, Row>()
  const types = new Map<Row, readonly string[]>()
  for (const row of rows) {
    const key = JSON.stringify([row('lv_uuid'), row('vg_name'), row('lv_name'), row('lv_size')])
    const first = firsts.get(key) ?? row
    firsts.set(key, first)
    types.set(
      first,
      [...new Set([...(types.get(first) ?? []), row('segtype')])].filter((type) => type !== ''),
    )
  }
  return types
}

/** What the record refuses where the field holds no number. */
function size(text: string): number {
  return whole(text) ?? -1
}

function percent(text: string): number | undefined {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined
}

function some(text: string): string | undefined {
  return text === '' ? undefined : text
}

function unbracketed(name: string): string {
  return name.replace(/^\[(.*)\]$/, '$1')
}

function tagsOf(text: string): readonly string[] {
  return text.split(',').filter((tag) => tag !== '')
}
