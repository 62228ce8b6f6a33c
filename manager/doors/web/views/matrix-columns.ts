// Which columns of the matrix are asked for, and in what order: filtered, pinned to its front, hidden, sorted.
import { parseSelector } from '../../../cli/engine/selector/parse.ts'
import { selectHosts } from '../../../cli/engine/selector/selector.ts'
import type { Thing } from '../../../contract/things.ts'
import { isNetwork } from '../matrix-cells.ts'
import { nameOf } from './thing-name.ts'
import { sayCount, sayMany } from './words.ts'

export const COLUMN_ORDERS = ['kind', 'name', 'hosts', 'size'] as const
export type ColumnOrder = (typeof COLUMN_ORDERS)[number]

export interface ColumnQuery {
  /** A selector of keys and @kinds, or text that names or details have in them. */
  readonly text: string
  readonly order: ColumnOrder
  /** Keys. */
  readonly pinned: readonly string[]
  readonly hidden: readonly string[]
}

/** An address of a person's has few; one that was made up has an end. */
const MOST_KEYS = 50

export function columnQuery(query: URLSearchParams): ColumnQuery {
  const order = query.get('by')
  return {
    text: (query.get('cols') ?? '').trim(),
    order: COLUMN_ORDERS.find((one) => one === order) ?? 'kind',
    pinned: [...new Set(query.getAll('pin'))].slice(0, MOST_KEYS),
    hidden: [...new Set(query.getAll('hide'))].slice(0, MOST_KEYS),
  }
}

/** As an address has them: nothing of what is not asked. */
export function columnWords({ text, order, pinned, hidden }: ColumnQuery): readonly (readonly [string, string])[] {
  return [
    ...(text === '' ? [] : [['cols', text] as const]),
    ...(order === 'kind' ? [] : [['by', order] as const]),
    ...pinned.map((key) => ['pin', key] as const),
    ...hidden.map((key) => ['hide', key] as const),
  ]
}

export interface ChosenColumns {
  /** Places among all. */
  readonly places: readonly number[]
  /** How many these are, where they are not all; or why the text means nothing. */
  readonly said: string
  readonly isRefused: boolean
}

export function chooseColumns(things: readonly Thing[], { text, order, pinned, hidden }: ColumnQuery): ChosenColumns {
  const named = selectByText(things, text)
  if (named.isRefused) return { places: [], said: named.said, isRefused: true }
  const places = things.flatMap(({ key }, at) => (pinned.includes(key) || (named.keys.has(key) && !hidden.includes(key)) ? [at] : []))
  const thingAt = (at: number): Thing | undefined => things[at]
  const sorted = places.toSorted((a, b) => compared(thingAt(a), thingAt(b), order) || a - b)
  const isPinned = (at: number): boolean => pinned.includes(thingAt(at)?.key ?? '')
  const said = places.length === things.length ? '' : `${sayCount(places.length)} of ${sayMany(things.length, 'column')}`
  return { places: [...sorted.filter(isPinned), ...sorted.filter((at) => !isPinned(at))], said, isRefused: false }
}

interface Named {
  readonly keys: ReadonlySet<string>
  readonly said: string
  readonly isRefused: boolean
}

function selectByText(things: readonly Thing[], text: string): Named {
  const of = (chosen: readonly Thing[]): Named => ({ keys: new Set(chosen.map(({ key }) => key)), said: '', isRefused: false })
  if (text === '') return of(things)
  const selectable = things.map((thing) => ({ thing, name: thing.key, groups: [thing.kind, isNetwork(thing) ? 'network' : 'storage'] }))
  const parsed = parseSelector(text)
  const selected = parsed.kind === 'selector' ? selectHosts(parsed.selector, selectable, 'column') : parsed
  if (selected.kind === 'selected' && selected.items.length > 0) return of(selected.items.map(({ thing }) => thing))
  const wanted = text.toLowerCase()
  const within = things.filter(({ key, name, detail = '' }) => `${key}\n${name}\n${detail}`.toLowerCase().includes(wanted))
  if (within.length > 0) return of(within)
  const reason = selected.kind === 'selected' ? `${text} leaves no column` : selected.reason
  return { keys: new Set(), said: `columns: ${reason}`, isRefused: true }
}

const natural = new Intl.Collator('en', { numeric: true }).compare

/** `kind`: as they stand. */
function compared(a: Thing | undefined, b: Thing | undefined, order: ColumnOrder): number {
  if (!a || !b) return 0
  switch (order) {
    case 'kind':
      return 0
    case 'name':
      return natural(nameOf(a), nameOf(b))
    case 'hosts':
      return b.hosts - a.hosts
    case 'size':
      return (b.sizeBytes ?? -1) - (a.sizeBytes ?? -1)
  }
}
