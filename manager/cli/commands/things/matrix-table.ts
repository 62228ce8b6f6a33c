// The connectivity matrix for a person: hosts as rows, things as columns with short headings, and a legend that says what they are.
// Pure.
import type { Matrix } from '../../../contract/things.ts'
import { atLeast, bytes, id, text, words } from '../../engine/columns.ts'
import { listReport } from '../../engine/list-report.ts'
import type { Report, Terminal } from '../../engine/output/output.ts'
import { renderTable } from '../../engine/output/table.ts'
import { oneLine, widthOf } from '../../engine/output/text.ts'
import { hostColumn } from '../host/reports/host.ts'
import { islandsText } from './report.ts'

type Look = Pick<Terminal, 'columns' | 'colour' | 'unicode'>
type MatrixRow = Matrix['rows'][number]

/** Longest host name that is written out. */
const LONGEST_NAME = 24
const GAP = '  '
const PAINT = { good: '\u001b[32m', bad: '\u001b[31m', head: '\u001b[1m', reset: '\u001b[0m' }

/** For programs: one row a cell. */
export function matrixReport({ hosts, rows }: Matrix): Report {
  const columns = [hostColumn, id('key', 'KEY'), text('kind', 'KIND'), text('name', 'NAME'), text('reached', 'REACHED'), text('why', 'WHY')]
  const cells = hosts.flatMap(({ name: host }, at) =>
    rows.flatMap(({ key, kind, name, cells: row }) => {
      const cell = row[at]
      return cell ? [{ host, key, kind, name, reached: cell.reached, why: cell.why }] : []
    }),
  )
  return listReport('matrix', 'cell', columns, cells, 'Nothing is known yet.')
}

/** `detail`: `why` adds the reason of each cell that is not reached. */
export function matrixTable(matrix: Matrix, detail: 'marks' | 'why', look: Look): string {
  if (matrix.hosts.length === 0) return 'No host has reported yet.\n'
  if (matrix.rows.length === 0) return 'No host reaches anything that others could reach.\n'
  const things = matrix.rows.map((row, at) => ({ row, heading: headingOf(row, at, matrix.rows) }))
  const parts = [
    ...blocksOf(things, matrix, look).map((block) => markBlock(block, matrix, look)),
    marks(look) + legend(things, matrix, look) + splits(things, matrix),
    ...(detail === 'why' ? [reasons(things, matrix, look)] : []),
  ]
  return parts.join('\n')
}

interface Headed {
  readonly row: MatrixRow
  readonly heading: string
}

/** `L1`, `L2`, …; a VLAN by its tag: `V100`. */
function headingOf({ kind, key }: MatrixRow, at: number, rows: readonly MatrixRow[]): string {
  const number = rows.slice(0, at + 1).filter((row) => row.kind === kind).length
  switch (kind) {
    case 'vlan':
      return `V${oneLine(key.replace(/^vlan:/, '')).slice(0, 12)}`
    case 'segment':
      return `S${number}`
    case 'lun':
      return `L${number}`
    case 'iscsi-target':
      return `T${number}`
    case 'nfs':
      return `N${number}`
    case 'vg':
      return `G${number}`
    case 'file-system':
      return `F${number}`
  }
}

/** What of the columns fits the terminal at once. */
function blocksOf(things: readonly Headed[], matrix: Matrix, { columns }: Look): readonly (readonly Headed[])[] {
  const room = (columns ?? Number.POSITIVE_INFINITY) - leftWidth(matrix)
  const blocks: Headed[][] = []
  let used = 0
  for (const thing of things) {
    const width = GAP.length + widthOf(thing.heading)
    if (blocks.length === 0 || used + width > room) {
      blocks.push([])
      used = 0
    }
    blocks.at(-1)?.push(thing)
    used += width
  }
  return blocks
}

function nameOf(name: string): string {
  const characters = [...oneLine(name)]
  return characters.length > LONGEST_NAME ? `${characters.slice(0, LONGEST_NAME - 1).join('')}…` : characters.join('')
}

function leftWidth({ hosts }: Matrix): number {
  return nameWidth(hosts) + GAP.length + stateWidth(hosts)
}

const nameWidth = (hosts: Matrix['hosts']): number => Math.max(4, ...hosts.map(({ name }) => widthOf(nameOf(name))))
const stateWidth = (hosts: Matrix['hosts']): number => Math.max(5, ...hosts.map(({ state }) => state.length))
const padded = (shown: string, width: number): string => shown + ' '.repeat(Math.max(0, width - widthOf(shown)))

const marksOf = (unicode: Look['unicode']): readonly [yes: string, no: string, quiet: string] =>
  unicode ? ['✓', '✗', '·'] : ['+', '-', '.']

function markBlock(block: readonly Headed[], { hosts }: Matrix, look: Look): string {
  const [yes, no, quiet] = marksOf(look.unicode)
  const line = (name: string, state: string, marks: readonly string[]): string =>
    [padded(name, nameWidth(hosts)), padded(state, stateWidth(hosts)), ...marks].join(GAP).trimEnd()
  const markOf = ({ unread, reached, odd }: MatrixRow['cells'][number]): string => {
    if (unread) return '?'
    if (reached) return paint(yes, 'good', look)
    return odd ? paint(no, 'bad', look) : quiet
  }
  const head = line(
    'HOST',
    'STATE',
    block.map(({ heading }) => heading),
  )
  const lines = hosts.map(({ name, state }, at) =>
    line(
      nameOf(name),
      state,
      block.map(({ row, heading }) => {
        const cell = row.cells[at]
        const mark = cell === undefined ? '' : state === 'lost' ? '?' : markOf(cell)
        return `${mark}${' '.repeat(widthOf(heading) - (cell === undefined ? 0 : 1))}`
      }),
    ),
  )
  return [paint(head, 'head', look), ...lines].map((each) => `${each}\n`).join('')
}

function paint(shown: string, tone: 'good' | 'bad' | 'head', { colour }: Look): string {
  return colour ? `${PAINT[tone]}${shown}${PAINT.reset}` : shown
}

function marks({ unicode }: Look): string {
  const [yes, no, quiet] = marksOf(unicode)
  return `${yes} reached  ${no} not reached, though most like it do  ${quiet} not reached  ? not known\n`
}

function legend(things: readonly Headed[], { hosts }: Matrix, look: Look): string {
  const all = things.map(({ row }) => row)
  const columns = [
    text('heading', ''),
    text('name', 'THING', { cut: 'middle' }),
    text('hosts', 'HOSTS'),
    ...(all.some(({ sizeBytes }) => sizeBytes !== undefined)
      ? [bytes('size', 'SIZE', { spare: 1 }), bytes('free', 'FREE', { spare: 3 })]
      : []),
    ...(all.some(({ detail }) => detail) ? [text('detail', 'DETAIL', { spare: 2 })] : []),
    id('key', 'KEY', { spare: 4 }),
  ]
  const rows = things.map(({ row, heading }) => ({
    heading,
    name: row.name,
    hosts: `${atLeast(row.cells.filter(({ reached }) => reached).length, row.cells.filter(({ unread }) => unread).length)} of ${hosts.length}`,
    size: row.sizeBytes ?? null,
    free: row.freeBytes ?? null,
    detail: row.detail ?? null,
    key: row.key,
  }))
  return renderTable(listReport('legend', 'thing', columns, rows, ''), look)
}

/** `V100: not all hear each other: node01 node02 | node03`. */
function splits(things: readonly Headed[], { hosts }: Matrix): string {
  const names = new Map(hosts.map(({ id: host, name }) => [host as string, name]))
  return things
    .map(({ row, heading }) => ({ heading, islands: islandsText(row.islands ?? [], names) }))
    .filter(({ islands }) => islands !== '')
    .map(({ heading, islands }) => `${heading}: not all hear each other: ${oneLine(islands)}\n`)
    .join('')
}

function reasons(things: readonly Headed[], { hosts }: Matrix, look: Look): string {
  const rows = hosts.flatMap(({ name: host }, at) =>
    things.flatMap(({ row, heading }) => {
      const cell = row.cells[at]
      return cell && !cell.reached ? [{ host, heading, why: cell.why }] : []
    }),
  )
  const columns = [hostColumn, text('heading', 'THING'), words('why', 'WHY NOT')]
  return renderTable(listReport('reasons', 'reason', columns, rows, 'Every host reaches all.'), look)
}
