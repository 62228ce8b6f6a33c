// pvs(8), vgs(8), lvs(8): which rows, which columns, as JSON or as plain lines.

import { type Columns, isOfSegments, LV_COLUMNS, PV_COLUMNS, type PvRow, VG_COLUMNS, type VolumeRow } from '../../show/lvm.ts'
import { deviceOfPv, findGroup, groupsOf } from '../../state/activation.ts'
import { devicesOf } from '../../state/devices.ts'
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
    const seen = group.volumes.filter(({ kind }) => options.has('--all') || kind.kind !== 'hidden')
    for (const volume of seen) {
      const segments = columns.some(isOfSegments) && volume.segments.length > 0 ? volume.segments : [volume.segments[0]]
      chosen.push(...segments.map((segment) => ({ site, host, group, volume, segment })))
    }
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
  const inGroups = groupsOf(site, host).flatMap((group) => group.pvs.map((pv): PvRow => ({ site, host, group, pv })))
  const free = new Map(
    devicesOf(site, host).flatMap(({ place, sectors }) => {
      const label = place && site.media.get(place.medium)?.labels.get(place.start)
      if (!place || label?.kind !== 'pv' || label.group !== undefined) return []
      const pv = { uuid: label.uuid, medium: place.medium, start: place.start, extents: sectors, tags: [] }
      return [[label.uuid, { site, host, group: undefined, pv }]]
    }),
  )
  const all = [...inGroups, ...free.values()]
  const wanted = options.rest.map((path) => devicesOf(site, host).find(({ names }) => names.includes(path))?.kname)
  const rows = all.filter(({ pv }) => options.rest.length === 0 || wanted.includes(deviceOfPv(site, host, pv)))
  return report(context, options, 'pv', PV_COLUMNS, columns, rows)
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
  const cells = columns.map((column) => [column, known[column] ?? gap(context, `the column ${column}`)] as const)
  const units = options.value('--units')
  if (columns.some((one) => /_size$|_free$/.test(one)) && units !== 'b' && units !== 'B') gap(context, `units other than bytes`)
  const values = rows.map((row) => cells.map(([column, show]) => [column, show(row)] as const))
  const format = options.value('--reportformat')
  if (format !== undefined && !/^json/.test(format)) gap(context, `--reportformat ${format}`)
  if (format !== undefined) {
    const lines = values.map((row) => `                  ${JSON.stringify(Object.fromEntries(row))}`)
    const inside = lines.length === 0 ? '' : `\n${lines.join(',\n')}\n              `
    return said(context, `  {\n      "report": [\n          {\n              "${kind}": [${inside}]\n          }\n      ]\n  }\n`)
  }
  if (!options.has('--noheadings')) gap(context, 'a report with headings')
  const separator = options.value('--separator') ?? ' '
  return said(context, values.map((row) => `  ${row.map(([, value]) => value).join(separator)}\n`).join(''))
}
