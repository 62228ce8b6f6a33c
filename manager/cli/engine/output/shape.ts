// How whoever asks wants a report: these columns, in this order of rows, rows alone. Pure.
import { CommandFailure } from '../failure.ts'
import type { Column, Report, Row, Section, Value } from './report.ts'

export interface SortKey {
  readonly key: string
  readonly order: 'up' | 'down'
}

export interface Shape {
  /** Keys, in the order in which they are wanted. */
  readonly columns?: readonly string[]
  /** The first first. */
  readonly sort?: readonly SortKey[]
  /** No headings, no totals, no word of what is left out. */
  readonly isBare?: true
}

/** It says something of rows and columns: what stands beside them is left out. */
export const isPicked = ({ columns, sort }: Shape): boolean => columns !== undefined || sort !== undefined

/** Throws a CommandFailure that names the columns that there are. */
export function shaped(report: Report, shape: Shape): Report {
  const { columns, sort = [], isBare } = shape
  let sections = report.sections
  if (columns) sections = narrowed(sections, columns)
  if (sort.length > 0) sections = sorted(sections, sort)
  if (isBare) sections = sections.map((section) => ({ ...section, isBare }))
  return { ...report, sections }
}

/** Of several sections those that have all of the columns; of totals, what they have of them. */
function narrowed(all: readonly Section[], keys: readonly string[]): readonly Section[] {
  const lists = sectionsWith(all, keys, 'columns')
  return all.flatMap((section) => {
    if (!lists.includes(section) && !(section.item === 'total' && lists.length > 0)) return []
    const columns = keys.flatMap((key) => section.columns.find((column) => isCalled(column, key)) ?? []).map(alwaysShown)
    return columns.length === 0 ? [] : [{ ...section, columns }]
  })
}

/** Who asks for a column wants it, however narrow the window. */
function alwaysShown({ isHidden: _hidden, spare: _spare, ...column }: Column): Column {
  return column
}

/** Keys are told apart without their case. */
const isCalled = ({ key }: Column, said: string): boolean => key.toLowerCase() === said

function sorted(all: readonly Section[], sort: readonly SortKey[]): readonly Section[] {
  const meant = sectionsWith(
    all,
    sort.map(({ key }) => key),
    'sort',
  )
  return all.map((section) => (meant.includes(section) ? { ...section, rows: sortedRows(section, sort) } : section))
}

function sectionsWith(all: readonly Section[], keys: readonly string[], option: 'columns' | 'sort'): readonly Section[] {
  const has = ({ columns }: Section, key: string): boolean => columns.some((column) => isCalled(column, key))
  const found = all.filter((section) => keys.every((key) => has(section, key)))
  if (found.length > 0 || all.length === 0) return found
  const strange = keys.find((key) => !all.some((section) => has(section, key)))
  const what = strange === undefined ? `no one list has all of ${keys.join(', ')}` : `there is no column ${strange || "''"}`
  throw new CommandFailure(`--${option}: ${what}; there ${sayColumns(all)}`, 2)
}

/** `are: host, state`, or `are, of hosts: …; of nics: …`. */
function sayColumns(sections: readonly Section[]): string {
  const names = ({ columns }: Section): string => columns.map(({ key }) => key).join(', ')
  const [only, ...others] = sections
  if (only && others.length === 0) return `are: ${names(only)}`
  return `are, ${sections.map((section) => `of ${section.name}: ${names(section)}`).join('; ')}`
}

/** What there is to ask for, each once. */
export function columnNames({ sections }: Report): readonly string[] {
  return [...new Set(sections.flatMap(({ columns }) => columns.map(({ key }) => key)))]
}

function sortedRows({ rows, columns }: Section, asked: readonly SortKey[]): readonly Row[] {
  const sort = asked.map(({ key, order }) => ({ key: columns.find((column) => isCalled(column, key))?.key ?? key, order }))
  return [...rows].sort((one, other) => {
    for (const { key, order } of sort) {
      const [a, b] = [one[key] ?? null, other[key] ?? null]
      // What is not known is last, whichever way.
      const known = Number(a === null || a === '') - Number(b === null || b === '')
      const way = known || (order === 'up' ? 1 : -1) * compared(a, b)
      if (way !== 0) return way
    }
    return 0
  })
}

const NATURAL = new Intl.Collator('en', { numeric: true })
const PLAIN = new Intl.Collator('en')

function compared(a: Value, b: Value): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b)
  return byText(textOf(a), textOf(b))
}

/** `node2` before `node10`; the digits of an id or a WWID are no numbers. */
function byText(a: string, b: string): number {
  return (HEX.test(a) || HEX.test(b) ? PLAIN : NATURAL).compare(a, b) || (a < b ? -1 : a > b ? 1 : 0)
}

/** Digits and letters a to f in one word, both of them and many: UUIDs, WWIDs, MACs, hashes. */
const HEX = /(?:^|[^a-z])(?=[0-9a-f:-]*[a-f])(?=[0-9a-f:-]*[0-9])[0-9a-f]{2}[0-9a-f:-]{6,}(?:$|[^a-z0-9])/i

function textOf(value: Value): string {
  return typeof value === 'object' && value !== null ? value.join(' ') : String(value ?? '')
}

/** `cpu,-memory`: by cpu, and where that is alike by memory, the greatest first. */
export function sortKeys(text: string): readonly SortKey[] {
  return words(text).map((word) => (word.startsWith('-') ? { key: word.slice(1), order: 'down' } : { key: word, order: 'up' }))
}

export function columnKeys(text: string): readonly string[] {
  return [...new Set(words(text))]
}

function words(text: string): readonly string[] {
  const all = text.split(',').map((word) => word.trim().toLowerCase())
  if (all.every((word) => word === '' || word === '-')) throw new CommandFailure(`'${text}' names no column`, 2)
  return all.filter((word) => word !== '' && word !== '-')
}
