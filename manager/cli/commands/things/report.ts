// Storage and networks as reports. Pure.
import type { LocalStorage, Thing, ThingDetail } from '../../../contract/things.ts'
import { atLeast, bytes, id, iso, number, text, time, words } from '../../engine/columns.ts'
import { listReport, listSection } from '../../engine/list-report.ts'
import type { Column, Report, Row, Section } from '../../engine/output/output.ts'
import { hostColumn } from '../host/reports/host.ts'
import type { Things } from './picking.ts'

const reached: Column = text('reached', 'REACHED', { tone: (value) => (value === true ? 'good' : 'bad') })

function columnsFor(of: Things): readonly Column[] {
  const sizes = [bytes('size', 'SIZE'), bytes('free', 'FREE')]
  return [
    text('name', 'NAME', { cut: 'middle' }),
    text('kind', 'KIND'),
    number('hosts', 'HOSTS'),
    ...(of === 'network' ? [] : sizes),
    ...(of === 'storage' ? [] : [text('islands', 'HEAR EACH OTHER')]),
    text('detail', 'DETAIL', { spare: 2 }),
    id('key', 'KEY', { spare: 3 }),
  ]
}

/** `names`: of hosts, by id. */
export function thingsReport(of: Things, things: readonly Thing[], names: ReadonlyMap<string, string>): Report {
  const empty = `No ${of === 'thing' ? 'storage and no network' : of} is known yet: hosts tell what they reach once they are up.`
  return listReport(
    'things',
    'thing',
    columnsFor(of),
    things.map((thing) => thingRow(thing, names)),
    empty,
  )
}

function thingRow(
  { key, kind, name, hosts: reaching, unsure, sizeBytes, freeBytes, detail, islands = [] }: Thing,
  names: ReadonlyMap<string, string>,
): Row {
  const hosts = atLeast(reaching, unsure)
  const size = sizeBytes ?? null
  const free = freeBytes ?? null
  return { name, kind, hosts, size, free, islands: islandsText(islands, names) || null, detail: detail ?? null, key }
}

/** `node01 node02 | node03`: hosts on both sides of a bar do not hear each other. Of the hosts in `names` alone. */
export function islandsText(islands: readonly (readonly string[])[], names: ReadonlyMap<string, string>): string {
  const named = islands.map((ids) => ids.flatMap((host) => names.get(host) ?? [])).filter((hosts) => hosts.length > 0)
  return named.length < 2 ? '' : named.map((hosts) => hosts.join(' ')).join(' | ')
}

export function wholeThingsReport(of: Things, things: readonly ThingDetail[], names: ReadonlyMap<string, string>): Report {
  const cells = things.flatMap((thing) => cellRows(thing))
  const columns = [id('key', 'KEY'), hostColumn, reached, words('why', 'HOW, OR WHY NOT')]
  const [section] = thingsReport(of, things, names).sections
  const scanned = things.filter(({ images }) => images)
  const images = scanned.length > 0 ? [imageSection([id('key', 'KEY'), ...IMAGE_COLUMNS], scanned.flatMap(imageRows))] : []
  return { name: 'things', sections: [...(section ? [section] : []), cellSection(columns, cells), ...images] }
}

export function wholeThingReport(of: Things, thing: ThingDetail, names: ReadonlyMap<string, string>): Report {
  const facts = columnsFor(of).map(({ title, align: _right, spare: _spare, ...column }) => ({
    ...column,
    title: title.charAt(0) + title.slice(1).toLowerCase(),
  }))
  const looks = thing.scanned || thing.notScanned || thing.unread ? LOOKS : []
  const record: Section = {
    ...{ name: 'thing', item: 'thing', title: thing.name, shape: 'record', columns: [...facts, ...looks], empty: '' },
    rows: [{ ...thingRow(thing, names), ...lookRow(thing) }],
  }
  const hosts = cellSection([hostColumn, reached, words('why', 'HOW, OR WHY NOT')], cellRows(thing))
  return { name: 'thing', sections: [record, hosts, ...(thing.images ? [imageSection(IMAGE_COLUMNS, imageRows(thing))] : [])] }
}

/** When a host has looked what lies there, and what it has not seen. */
const LOOKS: readonly Column[] = [
  ...[time('scanned', 'Scanned'), text('scannedby', 'Scanned by')],
  ...[words('leftout', 'Left out'), words('failed', 'Last scan failed'), words('unread', 'Nobody looks')],
]

function lookRow({ scanned, notScanned, unread }: ThingDetail): Row {
  return {
    scanned: iso(scanned?.at),
    scannedby: scanned?.host ?? null,
    leftout: scanned?.leftOut.join('; ') || null,
    failed: notScanned ? `on ${notScanned.host}: ${notScanned.reason}` : null,
    unread: unread ? sayUnread(unread) : null,
  }
}

/** Why no host looks at it. */
export function sayUnread(unread: NonNullable<ThingDetail['unread']>): string {
  return `who has it is not known: ${unread.map(({ name, reason }) => `${name}: ${reason}`).join('; ')}`
}

const IMAGE_COLUMNS: readonly Column[] = [
  ...[text('path', 'PATH', { cut: 'middle' }), text('format', 'FORMAT')],
  ...[bytes('size', 'SIZE'), bytes('allocated', 'ALLOCATED')],
]

function imageSection(columns: readonly Column[], rows: readonly Row[]): Section {
  return { name: 'images', item: 'image', title: 'Disk images', shape: 'list', columns, rows, empty: 'None was seen.' }
}

function imageRows({ key, images = [] }: ThingDetail): readonly Row[] {
  return images.map(({ path, format, sizeBytes, allocatedBytes }) => ({
    ...{ key, path, format, size: sizeBytes, allocated: allocatedBytes ?? null },
  }))
}

function cellSection(columns: readonly Column[], rows: readonly Row[]): Section {
  return { name: 'hosts', item: 'host', title: 'Hosts', shape: 'list', columns, rows, empty: 'No host has reported.' }
}

function cellRows({ key, cells }: ThingDetail): readonly Row[] {
  return cells.map(({ name, reached: isReached, why }) => ({ key, host: name, reached: isReached, why }))
}

export function localStorageReport(hosts: readonly LocalStorage[]): Report {
  const columns = [
    ...[hostColumn, text('kind', 'KIND'), text('name', 'NAME'), bytes('size', 'SIZE'), bytes('free', 'FREE')],
    ...[text('model', 'MODEL'), text('serial', 'SERIAL', { spare: 1 })],
  ]
  const rows = hosts.flatMap(({ name: host, disks, vgs }): readonly Row[] => [
    ...disks.map(({ name, model, serial, sizeBytes }) => ({
      ...{ host, kind: 'disk', name, size: sizeBytes, free: null, model: model ?? null, serial: serial ?? null },
    })),
    ...vgs.map(({ name, sizeBytes, freeBytes, pools = [] }) => ({
      ...{
        host,
        kind: 'vg',
        name: pools.length > 0 ? `${name} (pool ${pools.join(', ')})` : name,
        size: sizeBytes,
        free: freeBytes,
        model: null,
        serial: null,
      },
    })),
  ])
  const list = listReport('storage', 'item', columns, rows, 'No host has told of disks of its own.')
  const missing = hosts.flatMap(({ name: host, unread = [] }) =>
    unread.map(({ section, source, reason }) => ({ host, section, source, reason })),
  )
  if (missing.length === 0) return list
  const why = [hostColumn, text('section', 'SECTION'), text('source', 'SOURCE'), words('reason', 'WHY')]
  return {
    ...list,
    sections: [...list.sections, listSection('unread', 'problem', 'What could not be read: there may be more', why, missing)],
  }
}
