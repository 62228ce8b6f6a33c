// Tables for people: columns and spaces, no boxes, within the width of the terminal.
import Table from 'cli-table3'
import type { Column, Report, Row, Section, Terminal, Value } from './output-report.ts'
import { oneLine, widthOf } from './output-text.ts'

const GAP = 2
/** No column is narrowed further, whatever the terminal. */
const NARROWEST = 8
const COLOURS = { good: '\u001b[32m', bad: '\u001b[31m', head: '\u001b[1m', reset: '\u001b[0m' }
const NOTHING = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: ' '.repeat(GAP),
}

type Look = Pick<Terminal, 'columns' | 'colour'>

export function renderTable({ sections }: Report, look: Look): string {
  const parts = sections.map((section) => {
    const heading = sections.length > 1 && section.shape === 'list' ? `${painted(section.title, 'head', look)}\n` : ''
    return heading + (section.rows.length === 0 ? `${section.empty}\n` : body(section, look))
  })
  return parts.join('\n')
}

function body(section: Section, look: Look): string {
  if (section.shape === 'list') {
    const cells = section.rows.map((row) => section.columns.map((column) => cellOf(column, row)))
    return lines(
      section.columns.map(({ title }) => title),
      cells,
      section.columns.map(({ align }) => align ?? 'left'),
      (row, column) => toneOf(section.columns[column], section.rows[row]),
      look,
    )
  }
  const [row = {}] = section.rows
  const shown = section.columns.filter(({ key }) => row[key] !== null && row[key] !== undefined)
  return lines(
    undefined,
    shown.map((column) => [column.title, cellOf(column, row)]),
    ['left', 'left'],
    (at, column) => (column === 0 ? 'head' : toneOf(shown[at], row)),
    look,
  )
}

type Tone = 'good' | 'bad' | 'plain' | 'head'

function lines(
  head: readonly string[] | undefined,
  cells: readonly (readonly string[])[],
  aligns: readonly ('left' | 'right')[],
  tone: (row: number, column: number) => Tone,
  look: Look,
): string {
  const all = head ? [head, ...cells] : cells
  const natural = aligns.map((_, column) => Math.max(1, ...all.map((row) => widthOf(row[column] ?? ''))))
  const table = new Table({
    chars: NOTHING,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
    colWidths: [...fitted(natural, look.columns)],
    colAligns: [...aligns],
    ...(head ? { head: head.map((title) => painted(title, 'head', look)) } : {}),
  })
  for (const [at, row] of cells.entries()) table.push(row.map((text, column) => painted(text, tone(at, column), look)))
  return table
    .toString()
    .split('\n')
    .map((line) => `${line.trimEnd()}\n`)
    .join('')
}

/** Widths that fit: the widest columns give first. */
export function fitted(natural: readonly number[], columns: number | undefined): readonly number[] {
  const widths = [...natural]
  if (columns === undefined) return widths
  const gaps = GAP * (widths.length - 1)
  for (;;) {
    const excess = widths.reduce((sum, width) => sum + width, gaps) - columns
    const widest = Math.max(...widths)
    if (excess <= 0 || widest <= NARROWEST) return widths
    const second = Math.max(NARROWEST, ...widths.filter((width) => width < widest))
    widths[widths.indexOf(widest)] = Math.max(widest - excess, Math.min(second, widest - 1), NARROWEST)
  }
}

function cellOf(column: Column, row: Row): string {
  const value = row[column.key] ?? null
  return oneLine(column.show ? column.show(value) : plain(value))
}

function plain(value: Value): string {
  if (value === null) return ''
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value)
}

function toneOf(column: Column | undefined, row: Row | undefined): Tone {
  return column?.tone && row ? column.tone(row[column.key] ?? null) : 'plain'
}

function painted(text: string, tone: Tone, { colour }: Look): string {
  return colour && tone !== 'plain' && text !== '' ? `${COLOURS[tone]}${text}${COLOURS.reset}` : text
}
