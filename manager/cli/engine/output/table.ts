// Tables for people: columns and spaces, no boxes, within the width of the terminal.
import Table from 'cli-table3'
import type { Column, Report, Row, Section, Terminal, Value } from './report.ts'
import { oneLine, pieces, widthOf, wrapped } from './text.ts'

const GAP = 2
/** No column is narrowed further, whatever the terminal. */
const NARROWEST = 8
/** How much of a column there must be for it to say something; of the first one, too, which names the row. */
const WORTH = { number: Number.POSITIVE_INFINITY, long: 30, name: 24, text: 14 }
const MOST_OF_NAME = 0.75
const COLOURS = { good: '\u001b[32m', bad: '\u001b[31m', head: '\u001b[1m', faint: '\u001b[2m', reset: '\u001b[0m' }
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
    if (section.isBare && section.rows.length === 0) return ''
    const heading = sections.length > 1 && section.shape === 'list' && !section.isBare ? `${painted(section.title, 'head', look)}\n` : ''
    return heading + (section.rows.length === 0 ? `${section.empty}\n` : body(section, look))
  })
  return parts.filter((part) => part !== '').join('\n')
}

function body(section: Section, look: Look): string {
  if (section.shape === 'list') return listBody(section, look)
  const [row = {}] = section.rows
  const shown = section.columns.filter(({ key, isHidden }) => !isHidden && row[key] !== null && row[key] !== undefined)
  return aligned(
    undefined,
    shown.map((column) => [...(section.isBare ? [] : [column.title]), cellOf(column, row)]),
    section.isBare ? [{}] : [{}, {}],
    (at, column) => (column === 0 && !section.isBare ? 'head' : toneOf(shown[at], row)),
    look,
  )
}

function listBody({ columns: all, rows, totals: known, isBare }: Section, look: Look): string {
  const totals = isBare ? undefined : known
  const columns = all.filter(({ isHidden }) => !isHidden)
  const lines = totals ? [...rows, totals] : rows
  const texts = new Map(columns.map((column) => [column, lines.map((row) => cellOf(column, row))]))
  const titleOf = ({ title }: Column): string => (isBare ? '' : title)
  const widths = columns.map((column) => Math.max(widthOf(titleOf(column)), ...(texts.get(column) ?? []).map(widthOf)))
  const shown = affordable(columns, widths, look.columns)
  const table = aligned(
    isBare ? undefined : shown.map(({ title }) => title),
    lines.map((_, at) => shown.map((column) => texts.get(column)?.[at] ?? '')),
    shown,
    (at, column) => (at === rows.length ? 'head' : toneOf(shown[column], lines[at])),
    look,
  )
  const left = columns.filter((column) => !shown.includes(column)).map(({ key }) => key)
  if (left.length === 0 || isBare) return table
  const note = wrapped(
    `(with -o wide, --columns or in a wider window: ${left.join(', ')})`.split(' '),
    look.columns ?? Number.POSITIVE_INFINITY,
  )
  return table + note.map((line) => `${painted(line, 'faint', look)}\n`).join('')
}

/** The columns that have room to say something; only sentences go on in a second line. */
function affordable(columns: readonly Column[], widths: readonly number[], room: number | undefined): readonly Column[] {
  const all = room ?? Number.POSITIVE_INFINITY
  const needs = new Map(columns.map((column, at) => [column, Math.min(widths[at] ?? 0, worthOf(column, at, all))]))
  let shown = columns
  const need = (): number => shown.reduce((sum, column) => sum + (needs.get(column) ?? 0) + GAP, -GAP)
  while (room !== undefined && need() > room) {
    const spare = Math.max(...shown.map((column) => column.spare ?? 0))
    if (spare === 0) break
    shown = shown.filter((column) => column.spare !== spare)
  }
  return shown
}

/** Of what others go for. Names and ids are said whole: one that is cut is of no use; a name that is wider than most of the window is cut all the same. */
function worthOf({ align, cut, isName }: Column, at: number, room: number): number {
  if (align === 'right') return WORTH.number
  if (cut === 'wrap') return WORTH.long
  return cut === 'middle' || isName || at === 0 ? Math.max(WORTH.name, room * MOST_OF_NAME) : WORTH.text
}

type Tone = 'good' | 'bad' | 'plain' | 'head' | 'faint'

function aligned(
  head: readonly string[] | undefined,
  cells: readonly (readonly string[])[],
  columns: readonly Pick<Column, 'align' | 'cut'>[],
  tone: (row: number, column: number) => Tone,
  look: Look,
): string {
  const all = head ? [head, ...cells] : cells
  const natural = columns.map((_, column) => Math.max(1, ...all.map((row) => widthOf(row[column] ?? ''))))
  // A number that is cut is another number.
  const least = natural.map((width, column) => (columns[column]?.align === 'right' ? width : NARROWEST))
  const widths = fitted(natural, look.columns, least)
  const table = new Table({
    chars: NOTHING,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
    colWidths: [...widths],
    colAligns: columns.map(({ align }) => align ?? 'left'),
    ...(head ? { head: head.map((title) => painted(title, 'head', look)) } : {}),
  })
  const cut = (text: string, column: number): string => {
    const width = widths[column] ?? 0
    if (widthOf(text) <= width) return text
    switch (columns[column]?.cut) {
      case 'middle':
        return cutMiddle(text, width)
      case 'count':
        return cutWords(text, width)
      case 'wrap':
        return wrapped(
          text.split(' ').flatMap((word) => pieces(word, width)),
          width,
        ).join('\n')
      case undefined:
        return text
    }
  }
  for (const [at, row] of cells.entries()) table.push(row.map((text, column) => painted(cut(text, column), tone(at, column), look)))
  return table
    .toString()
    .split('\n')
    .map((line) => `${line.trimEnd()}\n`)
    .join('')
}

/** Widths that fit: the widest columns give first, none below its `least`. */
export function fitted(natural: readonly number[], columns: number | undefined, least: readonly number[] = []): readonly number[] {
  const widths = [...natural]
  if (columns === undefined) return widths
  const gaps = GAP * (widths.length - 1)
  for (;;) {
    const excess = widths.reduce((sum, width) => sum + width, gaps) - columns
    const giving = widths.flatMap((width, at) => (width > (least[at] ?? NARROWEST) ? [at] : []))
    const widest = Math.max(0, ...giving.map((at) => widths[at] ?? 0))
    if (excess <= 0 || widest === 0) return widths
    const at = giving.find((each) => widths[each] === widest) ?? 0
    const floor = least[at] ?? NARROWEST
    const second = Math.max(floor, ...giving.map((each) => widths[each] ?? 0).filter((width) => width < widest))
    const alike = giving.filter((each) => widths[each] === widest).length
    widths[at] = Math.max(widest - Math.ceil(excess / alike), Math.min(second, widest - 1), floor)
  }
}

/** `naa.6001405…8a31`. */
function cutMiddle(text: string, width: number): string {
  const characters = [...text]
  const tail = Math.floor((width - 1) / 2)
  return [...characters.slice(0, width - 1 - tail), '…', ...characters.slice(characters.length - tail)].join('')
}

/** `rack3 ssd +2`. */
function cutWords(text: string, width: number): string {
  const words = text.split(' ')
  for (let count = words.length - 1; count > 0; count--) {
    const shown = `${words.slice(0, count).join(' ')} +${words.length - count}`
    if (widthOf(shown) <= width) return shown
  }
  return text
}

function cellOf(column: Column, row: Row): string {
  const value = row[column.key] ?? null
  return oneLine(column.show ? column.show(value) : plain(value))
}

function plain(value: Value): string {
  if (value === null) return ''
  if (typeof value === 'object') return value.join(' ')
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value)
}

function toneOf(column: Column | undefined, row: Row | undefined): Tone {
  return column?.tone && row ? column.tone(row[column.key] ?? null) : 'plain'
}

function painted(text: string, tone: Tone, { colour }: Look): string {
  return colour && tone !== 'plain' && text !== '' ? `${COLOURS[tone]}${text}${COLOURS.reset}` : text
}
