// pvs(8), vgs(8), lvs(8), lvm-fullreport(8): which rows, which columns, as JSON or as plain lines.

import { type Columns, isOfSegments, LV_COLUMNS, PV_COLUMNS, type PvRow, VG_COLUMNS, type VolumeRow } from '../../show/lvm.ts'
import { deviceOfPv, findGroup, groupsOf } from '../../state/activation.ts'
import { devicesOf } from '../../state/devices.ts'
import type { Group } from '../../state/lvm.ts'
import { type Context, type Ended, gap, said } from '../command.ts'
import { type Parsed, parseOptions } from '../options.ts'
import { findVolume, isEnded, noGroup } from './names.ts'

const OPTIONS = {
  flags: ['-a|--all', '--nosuffix', '--noheadings', '--readonly', '--unquoted', '--nameprefixes', '-q|--quiet', '--foreign', '--shared'],
  valued: ['--reportformat', '--units', '-o|--options', '--separator', '--config', '-O|--sort'],
}

export function lvs(context: Context): Ended {
  const options = parseOptions(context, context.args, OPTIONS)
  const { site, host } = context
  const columns = columnsOf(context, options, 'lv_name,vg_name,lv_attr,lv_size,pool_lv,origin,data_percent')
  const all = options.has('--all')
  const chosen: VolumeRow[] = []
  for (const name of options.rest.length > 0 ? options.rest : groupsOf(site, host).map((group) => group.name)) {
    if (name.replace(/^\/dev\//, '').includes('/')) {
      const found = findVolume(context, name)
      if (isEnded(found)) return found
      chosen.push({ site, host, ...found, segment: found.volume.segments[0] })
      continue
    }
    const group = findGroup(site, host, name)
    if (!group) return noGroup(context, name)
    chosen.push(...volumesIn(context, group, all, columns))
  }
  return report(context, options, 'lv', LV_COLUMNS, columns, chosen)
}

export function vgs(context: Context): Ended {
  const options = parseOptions(context, context.args, OPTIONS)
  const { site, host } = context
  const columns = columnsOf(context, options, 'vg_name,pv_count,lv_count,snap_count,vg_attr,vg_size,vg_free')
  const missing = options.rest.find((name) => !findGroup(site, host, name))
  if (missing !== undefined) return noGroup(context, missing)
  const groups = groupsOf(site, host).filter(({ name }) => options.rest.length === 0 || options.rest.includes(name))
  return report(
    context,
    options,
    'vg',
    VG_COLUMNS,
    columns,
    groups.map((group) => ({ site, host, group })),
  )
}

export function pvs(context: Context): Ended {
  const options = parseOptions(context, context.args, OPTIONS)
  const { site, host } = context
  const columns = columnsOf(context, options, 'pv_name,vg_name,pv_fmt,pv_attr,pv_size,pv_free')
  const all = [...groupsOf(site, host).flatMap((group) => pvsIn(context, group)), ...freePvs(context)]
  const wanted = options.rest.map((path) => devicesOf(site, host).find(({ names }) => names.includes(path))?.kname)
  const rows = all.filter(({ pv }) => options.rest.length === 0 || wanted.includes(deviceOfPv(site, host, pv)))
  return report(context, options, 'pv', PV_COLUMNS, columns, rows)
}

/** Each kind of rows with the columns that it is given: `--configreport vg -o vg_name`. */
export function lvm(context: Context): Ended {
  const [subcommand, ...args] = context.args
  if (subcommand !== 'fullreport') gap(context, `lvm ${subcommand ?? ''}`)
  const options = parseOptions(context, args, { ...OPTIONS, valued: [...OPTIONS.valued, '--configreport'] })
  const { site, host } = context
  const asked = new Map(options.values('--configreport').map((kind, at) => [kind, options.values('--options')[at]?.split(',') ?? []]))
  const of = <Row>(kind: string, known: Columns<Row>, rowsWith: (columns: readonly string[]) => readonly Row[]): string => {
    const columns = asked.get(kind) ?? gap(context, `lvm fullreport without its columns of ${kind}`)
    return listed(kind, valuesOf(context, options, known, columns, rowsWith(columns)))
  }
  const pvRows = (rows: readonly PvRow[]) => [of('pv', PV_COLUMNS, () => rows), of('pvseg', PV_COLUMNS, () => rows)] as const
  const parts = groupsOf(site, host).map((group) => {
    const [pv, pvseg] = pvRows(pvsIn(context, group))
    const volumes = (columns: readonly string[]) => volumesIn(context, group, options.has('--all'), columns)
    return [of('vg', VG_COLUMNS, () => [{ site, host, group }]), pv, of('lv', LV_COLUMNS, volumes), pvseg, of('seg', LV_COLUMNS, volumes)]
  })
  const free = freePvs(context)
  const reports = [...parts, ...(free.length > 0 ? [pvRows(free)] : [])].map(
    (lists) => `          {\n${lists.join('              ,\n')}          }\n`,
  )
  return said(context, `  {\n      "report": [\n${reports.join('          ,\n')}      ]\n      ,\n      "log": [\n      ]\n  }\n`)
}

function volumesIn({ site, host }: Context, group: Group, all: boolean, columns: readonly string[]): readonly VolumeRow[] {
  const seen = group.volumes.filter(({ kind }) => all || kind.kind !== 'hidden')
  return seen.flatMap((volume) => {
    const segments = columns.some(isOfSegments) && volume.segments.length > 0 ? volume.segments : [volume.segments[0]]
    return segments.map((segment) => ({ site, host, group, volume, segment }))
  })
}

function pvsIn({ site, host }: Context, group: Group): readonly PvRow[] {
  return group.pvs.map((pv) => ({ site, host, group, pv }))
}

function freePvs({ site, host }: Context): readonly PvRow[] {
  const free = devicesOf(site, host).flatMap(({ place, sectors }) => {
    const label = place && site.media.get(place.medium)?.labels.get(place.start)
    if (!place || label?.kind !== 'pv' || label.group !== undefined) return []
    const pv = { uuid: label.uuid, medium: place.medium, start: place.start, extents: sectors, tags: [] }
    return [[label.uuid, { site, host, group: undefined, pv }] as const]
  })
  return [...new Map(free).values()]
}

function columnsOf(_: Context, options: Parsed, standard: string): readonly string[] {
  const given = options.value('--options')
  return (given === undefined ? standard : given.replace(/^\+/, `${standard},`)).split(',')
}

function report<Row>(
  context: Context,
  options: Parsed,
  kind: 'lv' | 'vg' | 'pv',
  known: Columns<Row>,
  columns: readonly string[],
  rows: readonly Row[],
): Ended {
  const values = valuesOf(context, options, known, columns, rows)
  const format = options.value('--reportformat')
  if (format !== undefined) return said(context, `  {\n      "report": [\n          {\n${listed(kind, values)}          }\n      ]\n  }\n`)
  if (!options.has('--noheadings')) gap(context, 'a report with headings')
  const separator = options.value('--separator') ?? ' '
  return said(context, values.map((row) => `  ${row.map(([, value]) => value).join(separator)}\n`).join(''))
}

type Values = readonly (readonly (readonly [column: string, value: string])[])[]

function valuesOf<Row>(context: Context, options: Parsed, known: Columns<Row>, columns: readonly string[], rows: readonly Row[]): Values {
  const cells = columns.map((column) => [column, known[column] ?? gap(context, `the column ${column}`)] as const)
  const units = options.value('--units')
  if (columns.some((one) => /_size$|_free$/.test(one)) && units !== 'b' && units !== 'B') gap(context, `units other than bytes`)
  const format = options.value('--reportformat')
  if (format !== undefined && !/^json/.test(format)) gap(context, `--reportformat ${format}`)
  return rows.map((row) => cells.map(([column, show]) => [column, show(row)] as const))
}

function listed(kind: string, values: Values): string {
  const lines = values.map((row) => `                  ${JSON.stringify(Object.fromEntries(row))}`)
  return `              "${kind}": [${lines.length === 0 ? '' : `\n${lines.join(',\n')}`}\n              ]\n`
}
