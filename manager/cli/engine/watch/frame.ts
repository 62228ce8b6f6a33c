// What a watching command writes: frames that fill a terminal's screen, or documents one after the other for a pipe. Pure.
import type { OutputFormat } from '../output/output.ts'
import { oneLine } from '../output/text.ts'

/** The alternate screen, without cursor and without breaking long lines. */
export const ENTER_SCREEN = '\u001b[?1049h\u001b[?25l\u001b[?7l'
export const LEAVE_SCREEN = '\u001b[?7h\u001b[?25h\u001b[?1049l'

/** What of a text is on the screen: its first lines that stay, and how far the rest is scrolled. */
export interface View {
  /** Lines that stay: a table's headings. */
  readonly pinned: number
  /** Lines of the rest that are hidden above. */
  readonly top: number
}

export const TOP: View = { pinned: 0, top: 0 }

/** As far as there is something to be seen. Two rows are the status', one says what is hidden. */
export function scrolledTo({ pinned, top }: View, lines: number, rows: number): View {
  const room = roomOf(rows)
  if (lines <= room) return { pinned, top: 0 }
  return { pinned, top: Math.max(0, Math.min(top, lines - pinned - pageOf(pinned, rows))) }
}

/** Lines of the rest that a screen shows at once. */
export const pageOf = (pinned: number, rows: number): number => Math.max(1, roomOf(rows) - pinned - 1)

const roomOf = (rows: number): number => Math.max(1, rows - 2)

/** Each line over what was there, and nothing left below: no flicker. */
export function frameOf(status: string, text: string, rows: number, view: View = TOP): string {
  const lines = linesOf(text)
  const { pinned, top } = scrolledTo(view, lines.length, rows)
  const page = pageOf(pinned, rows)
  const shown =
    lines.length > roomOf(rows)
      ? [...lines.slice(0, pinned), ...lines.slice(pinned + top, pinned + top + page), hiddenSaid(top, lines.length - pinned - top - page)]
      : lines
  return `\u001b[H${[`\u001b[2m${oneLine(status)}\u001b[0m`, '', ...shown].map((line) => `${line}\u001b[K`).join('\r\n')}\u001b[J`
}

export const linesOf = (text: string): readonly string[] => text.replace(/\n$/, '').split('\n')

function hiddenSaid(above: number, below: number): string {
  const said = [above > 0 ? `${above} lines above` : '', below > 0 ? `${below} lines below` : ''].filter(Boolean).join(', ')
  return `… ${said}: arrows, PgUp, PgDn, Home, End`
}

/** What tells documents apart that come one after the other. JSON is a line each. */
export function between(format: OutputFormat): string {
  switch (format) {
    case 'json':
      return ''
    case 'yaml':
      return '---\n'
    case 'csv':
      return '\r\n'
    case 'table':
    case 'wide':
    case 'name':
    case 'xml':
      return '\n'
  }
}
