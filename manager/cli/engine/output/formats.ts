// Reports for programs: JSON, YAML, CSV (RFC 4180), XML. A report of one list is that list; of several
// sections, a map of them. Keys are a contract: they are only ever added to.
import { Document, isScalar, Scalar, visit } from 'yaml'
import type { Report, Row, Section, Value } from './report.ts'
import { escapeInQuotes, isHostile, oneLine } from './text.ts'

export function renderJson(report: Report): string {
  return `${escapeInQuotes(JSON.stringify(plainData(report), null, 2))}\n`
}

/** The same on one line. */
export function renderJsonLine(report: Report): string {
  return `${escapeInQuotes(JSON.stringify(plainData(report)))}\n`
}

export function renderYaml(report: Report): string {
  const document = new Document(plainData(report))
  // Only double quotes have escapes; what they hold is escaped below.
  visit(document, {
    Scalar(_key, node) {
      if (isScalar(node) && typeof node.value === 'string' && isHostile(node.value)) node.type = Scalar.QUOTE_DOUBLE
    },
  })
  return escapeInQuotes(document.toString({ lineWidth: 0 }))
}

/** Of several sections all values, one a line: section, row, field, value. */
export function renderCsv({ sections }: Report): string {
  const [only, ...others] = sections
  if (only && others.length === 0 && only.shape === 'list') {
    const keys = only.columns.map(({ key }) => key)
    const rows = only.rows.map((row) => keys.map((key) => row[key] ?? null))
    return csvLines(only.isBare ? rows : [keys, ...rows])
  }
  const values = sections.flatMap(({ name, columns, rows }) =>
    rows.flatMap((row, index) => columns.map(({ key }): Value[] => [name, index + 1, key, row[key] ?? null])),
  )
  return csvLines(only?.isBare ? values : [['section', 'row', 'field', 'value'], ...values])
}

/** What other commands call the rows of the first section, one a line. */
export function renderNames({ sections: [first] }: Report): string {
  const column = first?.columns.find(({ isName }) => isName) ?? first?.columns[0]
  if (!first || !column) return ''
  const names = first.rows.map((row) => oneLine(String(flat(row[column.key] ?? null) ?? '')))
  return names.flatMap((name) => (name === '' ? [] : `${name}\n`)).join('')
}

export function renderXml({ name, sections }: Report): string {
  const [only, ...others] = sections
  const inner =
    only && others.length === 0 && only.shape === 'list'
      ? only.rows.map((row) => element(only.item, row, only, '  ')).join('')
      : sections.map((section) => xmlSection(section)).join('')
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name}>\n${inner}</${name}>\n`
}

function plainData({ sections }: Report): unknown {
  const [only, ...others] = sections
  if (only && others.length === 0) return dataOf(only)
  return Object.fromEntries(sections.map((section) => [section.name, dataOf(section)]))
}

function dataOf({ shape, columns, rows }: Section): unknown {
  const objects = rows.map((row) => Object.fromEntries(columns.map(({ key }) => [key, row[key] ?? null])))
  return shape === 'record' ? (objects[0] ?? {}) : objects
}

function csvLines(rows: readonly (readonly Value[])[]): string {
  return rows.map((row) => `${row.map(csvField).join(',')}\r\n`).join('')
}

/** Lists stay lists in JSON and YAML. */
function flat(value: Value): Exclude<Value, readonly string[]> {
  return typeof value === 'object' && value !== null ? value.join(' ') : value
}

/** A spreadsheet takes text that begins like a formula for one: an apostrophe makes it text again. */
function csvField(given: Value): string {
  const value = flat(given)
  if (typeof value !== 'string') return value === null ? '' : String(value)
  const harmless = oneLine(/^[\s]*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/.test(value) ? `'${value}` : value)
  return /[",\n\r ]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}

function xmlSection(section: Section): string {
  if (section.shape === 'record') return section.rows.map((row) => element(section.name, row, section, '  ')).join('')
  const rows = section.rows.map((row) => element(section.item, row, section, '    ')).join('')
  return `  <${section.name}>\n${rows}  </${section.name}>\n`
}

function element(tag: string, row: Row, { columns }: Section, indent: string): string {
  const fields = columns
    .filter(({ key }) => row[key] !== null && row[key] !== undefined)
    .map(({ key }) => `${indent}  <${key}>${xmlText(String(flat(row[key] ?? null)))}</${key}>\n`)
  return `${indent}<${tag}>\n${fields.join('')}${indent}</${tag}>\n`
}

/** XML 1.0 has no way to write most control characters: they come as `\x1b`. */
function xmlText(text: string): string {
  return oneLine(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;')
}
