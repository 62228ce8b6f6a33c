// Which rows of the matrix are asked for, and in what order.

import { parseSelector } from '../../../cli/engine/selector/parse.ts'
import { selectHosts } from '../../../cli/engine/selector/selector.ts'
import type { Host } from '../../../contract/hosts.ts'
import { HOST_STATES } from '../../../protocol/host.ts'
import { type ColumnQuery, columnQuery, columnWords } from './matrix-columns.ts'
import { sayCount, sayMany } from './words.ts'

export const SORTS = ['name', 'state', 'image', 'cpu-group', 'cpu', 'memory', 'guests'] as const
export type Sort = (typeof SORTS)[number]

export interface MatrixQuery {
  readonly text: string
  readonly state: string
  readonly group: string
  readonly sort: Sort
  readonly columns: ColumnQuery
}

export interface Chosen {
  readonly hosts: readonly Host[]
  /** Under the filter: how many these are, or why it means nothing. */
  readonly said: string
  readonly isRefused: boolean
}

export function matrixQuery(query: URLSearchParams): MatrixQuery {
  const [state, sort] = [query.get('state'), query.get('sort')]
  return {
    text: (query.get('q') ?? '').trim(),
    state: HOST_STATES.find((one) => one === state) ?? '',
    group: query.get('group') ?? '',
    sort: SORTS.find((one) => one === sort) ?? 'name',
    columns: columnQuery(query),
  }
}

/** The address of the page with this query. */
export function matrixPath({ text, state, group, sort, columns }: MatrixQuery): string {
  const given = Object.entries({ q: text, state, group, sort: sort === 'name' ? '' : sort }).filter(([, value]) => value !== '')
  const all = [...given, ...columnWords(columns)].map(([name, value]): [string, string] => [name, value])
  return all.length > 0 ? `/?${new URLSearchParams(all)}` : '/'
}

export function chooseHosts(hosts: readonly Host[], query: MatrixQuery): Chosen {
  const { text, state, group, sort } = query
  const named = selectByText(hosts, text)
  if (named.isRefused) return named
  const chosen = named.hosts.filter((host) => (!state || host.state === state) && (!group || host.groups.includes(group)))
  const some = `${sayCount(chosen.length)} of ${sayMany(hosts.length, 'host')}`
  const said = chosen.length === hosts.length ? sayMany(hosts.length, 'host') : some
  return { hosts: order(chosen, sort), said: [said, named.said].filter(Boolean).join('; '), isRefused: false }
}

function selectByText(hosts: readonly Host[], text: string): Chosen {
  if (text === '') return { hosts, said: '', isRefused: false }
  const parsed = parseSelector(text)
  const selected = parsed.kind === 'selector' ? selectHosts(parsed.selector, hosts) : parsed
  if (selected.kind === 'selected') {
    const { items, missing } = selected
    return { hosts: items, said: missing.length > 0 ? `${sayMany(missing.length, 'name')} of the ranges nobody has` : '', isRefused: false }
  }
  // A word on the way to a name, as while it is typed.
  const within = /^[\w.-]+$/.test(text) ? hosts.filter(({ name }) => name.includes(text)) : []
  return within.length > 0
    ? { hosts: within, said: `names with ${text} in them`, isRefused: false }
    : { hosts: [], said: selected.reason, isRefused: true }
}

function order(hosts: readonly Host[], sort: Sort): readonly Host[] {
  if (sort === 'name') return hosts
  return hosts.toSorted(BY[sort])
}

const text = (of: (host: Host) => string) => (a: Host, b: Host) => of(a).localeCompare(of(b), 'en', { numeric: true })
/** Most first; what is not known comes last. */
const most = (of: (host: Host) => number | undefined) => (a: Host, b: Host) => (of(b) ?? -1) - (of(a) ?? -1)

const BY: Readonly<Record<Exclude<Sort, 'name'>, (a: Host, b: Host) => number>> = {
  state: (a, b) => URGENCY.indexOf(a.state) - URGENCY.indexOf(b.state),
  image: text(({ image }) => (image ? `${image.image} ${image.generation}` : '~')),
  'cpu-group': (a, b) => (a.cpuGroup ?? Number.MAX_SAFE_INTEGER) - (b.cpuGroup ?? Number.MAX_SAFE_INTEGER),
  cpu: most(({ load }) => load && load.cpus / Math.max(1, load.threads)),
  memory: most(({ load }) => load && 1 - load.freeBytes / Math.max(1, load.totalBytes)),
  guests: most(({ guests }) => guests),
}

/** What somebody has to see to comes first. */
const URGENCY: readonly Host['state'][] = ['lost', 'fenced', 'pending', 'booting', 'approved', 'maintenance', 'up', 'rejected']
