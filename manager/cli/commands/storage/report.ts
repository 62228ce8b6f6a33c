// VGs and disks of hosts as reports. Pure.
import type { HostDisks, HostVgs } from '../../../contract/storage.ts'
import { bytes, id, number, text, words } from '../../engine/columns.ts'
import { listReport } from '../../engine/list-report.ts'
import type { Report, Value } from '../../engine/output/output.ts'
import { hostColumn } from '../host/reports/host.ts'

export function vgsReport(hosts: readonly HostVgs[]): Report {
  const columns = [
    ...[hostColumn, text('vg', 'VG'), bytes('size', 'SIZE'), { ...bytes('free', 'FREE'), show: showFree }],
    ...[
      number('lvs', 'LVS', { spare: 3 }),
      text('disks', 'DISKS', { cut: 'count', spare: 1 }),
      text('pools', 'POOLS', { cut: 'count', spare: 2 }),
    ],
    ...[words('why', 'NOT USABLE, AS', { spare: 2 }), id('uuid', 'UUID', { isHidden: true })],
  ]
  const rows = hosts.flatMap(({ name: host, vgs, unread = [] }) => [
    ...vgs.map(({ name, sizeBytes, freeBytes, lvs, disks, pools, unusable, uuid }) => ({
      ...{ host, vg: name, size: sizeBytes, free: freeBytes ?? null, lvs, disks: disks.map((disk) => disk.name) },
      ...{ pools, why: unusable ?? null, uuid },
    })),
    ...unread.slice(0, 1).map(({ section, reason }) => ({
      ...{ host, vg: null, size: null, free: null, lvs: null, disks: [], pools: [], uuid: null },
      why: `there may be more: ${section}: ${reason}`,
    })),
  ])
  return listReport('vgs', 'vg', columns, rows, 'No host has told of a VG: hostless storage vg create makes some.')
}

export function disksReport(hosts: readonly HostDisks[]): Report {
  const columns = [
    ...[hostColumn, text('disk', 'DISK'), text('verdict', 'MAY BE TAKEN', { tone: (value) => (value === 'empty' ? 'good' : 'plain') })],
    ...[bytes('size', 'SIZE'), text('serial', 'SERIAL', { cut: 'middle' }), words('why', 'WHY')],
    ...[text('model', 'MODEL', { spare: 2 }), id('wwid', 'WWID', { spare: 1 })],
  ]
  const rows = hosts.flatMap(({ name: host, disks, refused }) => [
    ...(refused === undefined
      ? []
      : [{ host, disk: null, verdict: 'unknown', size: null, serial: null, why: refused, model: null, wwid: null }]),
    ...disks.map(({ name, verdict, sizeBytes, serial, why, model, wwid }) => ({
      ...{ host, disk: name, verdict: SAID[verdict], size: sizeBytes, serial: serial ?? null },
      ...{ why, model: model ?? null, wwid: wwid ?? null },
    })),
  ])
  return listReport('disks', 'disk', columns, rows, 'No host has told of disks.')
}

const SAID = { empty: 'empty', typed: 'when typed', 'in use': 'no' } as const

function showFree(value: Value): string {
  return value === null ? 'unknown' : (bytes('free', '').show?.(value) ?? String(value))
}
