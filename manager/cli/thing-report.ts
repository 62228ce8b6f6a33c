// Storage and networks as reports. Pure.
import type { LocalStorage, Thing, ThingDetail } from '../api/schema-pool.ts'
import { bytes, id, number, text } from './columns.ts'
import { hostColumn } from './host-report.ts'
import { listReport } from './list-report.ts'
import type { Column, Report, Row, Section } from './output.ts'
import type { Things } from './thing-picking.ts'

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
    id('key', 'KEY', { spare: 1 }),
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

function thingRow({ key, kind, name, hosts, sizeBytes, freeBytes, detail, islands = [] }: Thing, names: ReadonlyMap<string, string>): Row {
  const size = sizeBytes ?? null
  const free = freeBytes ?? null
  return { name, kind, hosts, size, free, islands: islandsText(islands, names) || null, detail: detail ?? null, key }
}

/** `node01 node02 | node03`: hosts on both sides of a bar do not hear each other. */
export function islandsText(islands: readonly (readonly string[])[], names: ReadonlyMap<string, string>): string {
  return islands.length < 2 ? '' : islands.map((ids) => ids.map((host) => names.get(host) ?? host).join(' ')).join(' | ')
}

export function wholeThingsReport(of: Things, things: readonly ThingDetail[], names: ReadonlyMap<string, string>): Report {
  const cells = things.flatMap((thing) => cellRows(thing))
  const columns = [id('key', 'KEY'), hostColumn, reached, text('why', 'HOW, OR WHY NOT')]
  const [section] = thingsReport(of, things, names).sections
  return { name: 'things', sections: [...(section ? [section] : []), cellSection(columns, cells)] }
}

export function wholeThingReport(of: Things, thing: ThingDetail, names: ReadonlyMap<string, string>): Report {
  const facts = columnsFor(of).map(({ title, align: _right, spare: _spare, ...column }) => ({
    ...column,
    title: title.charAt(0) + title.slice(1).toLowerCase(),
  }))
  const record: Section = {
    ...{ name: 'thing', item: 'thing', title: thing.name, shape: 'record', columns: facts, empty: '' },
    rows: [thingRow(thing, names)],
  }
  return { name: 'thing', sections: [record, cellSection([hostColumn, reached, text('why', 'HOW, OR WHY NOT')], cellRows(thing))] }
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
    ...vgs.map(({ name, sizeBytes, freeBytes }) => ({
      ...{ host, kind: 'vg', name, size: sizeBytes, free: freeBytes, model: null, serial: null },
    })),
  ])
  return listReport('storage', 'item', columns, rows, 'No host has told of disks of its own.')
}
