// The host matrix as views: its head, a row a host, and what is said above it.

import type { Host } from '../../../contract/hosts.ts'
import type { Thing } from '../../../contract/things.ts'
import { HOST_STATES } from '../../../protocol/host.ts'
import { type Cells, isNetwork } from '../matrix-cells.ts'
import { Markup } from '../visible.ts'
import { COLUMN_ORDERS, type ColumnOrder, columnQuery, columnWords } from './matrix-columns.ts'
import { type Chosen, type MatrixQuery, matrixPath, SORTS, type Sort } from './matrix-query.ts'
import { columnName, KIND_NAMES, nameOf, thingPath } from './thing-name.ts'
import { barClass, hostPath, percent, sayCount, sayMany, saySize } from './words.ts'

/** Letters of a LUN's array in the head of its column. */
const MOST_DETAIL = 12

const SORT_NAMES: Readonly<Record<Sort, string>> = {
  name: 'Host',
  state: 'State',
  image: 'Image',
  'cpu-group': 'CPU group',
  cpu: 'CPU %',
  memory: 'Memory %',
  guests: 'Guests',
}

export function matrixView(all: readonly Host[], chosen: Chosen, query: MatrixQuery, cells: Cells) {
  const groups = [...new Set(all.flatMap((host) => host.groups))].sort()
  return {
    version: cells.version,
    said: chosen.said,
    isRefused: chosen.isRefused,
    query: query.text,
    sort: query.sort,
    states: HOST_STATES.map((name) => ({ name, isChosen: name === query.state })),
    groups: groups.map((name) => ({ name, isChosen: name === query.group })),
    sorts: SORTS.map((sort) => ({
      name: SORT_NAMES[sort],
      sort,
      path: matrixPath({ ...query, sort }),
      order:
        sort === query.sort
          ? sort === 'name' || sort === 'image' || sort === 'cpu-group' || sort === 'state'
            ? 'ascending'
            : 'descending'
          : 'none',
    })),
    columnText: query.columns.text,
    orders: COLUMN_ORDERS.map((order) => ({ order, name: ORDER_NAMES[order], isChosen: order === query.columns.order })),
    pinned: query.columns.pinned,
    hidden: query.columns.hidden,
    allPath: matrixPath({ ...query, columns: NO_COLUMNS }),
    leftSaid: leftSaid(query),
    asked: `${new URLSearchParams(columnWords(query.columns).map(([name, value]): [string, string] => [name, value]))}`,
    columns: cells.columns.map((thing, index) => columnView(thing, cells.columns[index - 1], query.columns.pinned.includes(thing.key))),
    isEmpty: chosen.hosts.length === 0,
    hasNobody: all.length === 0,
  }
}

const ORDER_NAMES: Readonly<Record<ColumnOrder, string>> = {
  kind: 'by kind',
  name: 'by name',
  hosts: 'by hosts that reach them',
  size: 'by size',
}
const NO_COLUMNS = columnQuery(new URLSearchParams())

/** What a person has done to the columns by hand, which the filter does not show. */
function leftSaid({ columns: { pinned, hidden } }: MatrixQuery): string {
  return [pinned.length > 0 ? `${pinned.length} pinned` : '', hidden.length > 0 ? `${hidden.length} hidden` : ''].filter(Boolean).join(', ')
}

function columnView(thing: Thing, before: Thing | undefined, isPinned: boolean) {
  const { key, kind, hosts, detail, sizeBytes } = thing
  return {
    key,
    name: columnName(thing),
    // Of LUNs, which are the most and have the longest names, the size says what they are.
    kind: [kind === 'lun' && sizeBytes !== undefined ? '' : KIND_NAMES[kind], saySize(sizeBytes)].filter(Boolean).join(' '),
    // Behind the name, as names are not what is cut.
    array: kind === 'lun' ? (detail ?? '').slice(0, MOST_DETAIL) : '',
    isPinned,
    begins: before !== undefined && isNetwork(before) !== isNetwork(thing),
    path: thingPath(thing),
    title: [`${KIND_NAMES[kind]} ${nameOf(thing)}`, detail, saySize(sizeBytes), `reached by ${sayMany(hosts, 'host')}`]
      .filter(Boolean)
      .join(' · '),
  }
}

/** Letters that the column of images has room for, whichever they are. */
const FITS = 5

export function rowView(host: Host, cells: Cells) {
  const { load, image } = host
  const cpu = load ? percent(load.cpus, load.threads) : undefined
  const memory = load ? percent(load.totalBytes - load.freeBytes, load.totalBytes) : undefined
  return {
    id: host.id,
    name: host.name,
    path: hostPath(host),
    state: host.state,
    cordon: host.cordon?.reason,
    alarms: host.alarms,
    image: image?.image ?? '',
    isLong: (image?.image.length ?? 0) > FITS,
    generation: image ? `${image.image} ${image.generation}` : '',
    cpuGroup: host.cpuGroup ?? '–',
    cpu: bar(cpu, load ? `${load.cpus.toFixed(1)} of ${load.threads} CPUs, ${load.dom0Cpus.toFixed(1)} of them dom0's` : ''),
    memory: bar(memory, load ? `${saySize(load.freeBytes)} of ${saySize(load.totalBytes)} free` : ''),
    guests: host.guests === undefined ? 'unknown' : host.guests === 0 ? '·' : sayCount(host.guests),
    // What it reached when it was heard of last is on its own page.
    cells: new Markup(host.state === 'lost' ? cells.unknown : cells.of(host.id)),
  }
}

function bar(value: number | undefined, title: string) {
  return value === undefined
    ? { text: '–', level: 'none', title: 'nothing measured yet' }
    : { text: `${value}`, level: barClass(value), title }
}

export function poolView(hosts: readonly Host[]) {
  const counts = HOST_STATES.map((name) => ({ name, count: hosts.filter(({ state }) => state === name).length })).filter(
    ({ count }) => count > 0,
  )
  const loads = hosts.flatMap(({ load }) => load ?? [])
  const sum = (of: (load: (typeof loads)[number]) => number) => loads.reduce((total, load) => total + of(load), 0)
  const total = sum(({ totalBytes }) => totalBytes)
  return {
    hosts: sayCount(hosts.length),
    states: counts.map(({ name, count }) => ({ name, count: sayCount(count), path: `/?state=${name}` })),
    guests: `${hosts.some((host) => host.guests === undefined) ? 'at least ' : ''}${sayCount(hosts.reduce((count, host) => count + (host.guests ?? 0), 0))}`,
    cpu:
      loads.length > 0
        ? `${percent(
            sum(({ cpus }) => cpus),
            sum(({ threads }) => threads),
          )} % of ${sayCount(sum(({ threads }) => threads))}`
        : '–',
    memory: loads.length > 0 ? `${percent(total - sum(({ freeBytes }) => freeBytes), total)} % of ${saySize(total)}` : '–',
  }
}
