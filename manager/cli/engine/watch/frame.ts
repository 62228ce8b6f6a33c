// What a watching command writes: frames that fill a terminal's screen, or documents one after the other for a pipe. Pure.
import type { OutputFormat } from '../output/output.ts'
import { oneLine } from '../output/text.ts'

/** The alternate screen, without cursor and without breaking long lines. */
export const ENTER_SCREEN = '\u001b[?1049h\u001b[?25l\u001b[?7l'
export const LEAVE_SCREEN = '\u001b[?7h\u001b[?25h\u001b[?1049l'

/** Each line over what was there, and nothing left below: no flicker. */
export function frameOf(status: string, text: string, rows: number): string {
  const lines = text.replace(/\n$/, '').split('\n')
  const room = Math.max(1, rows - 2)
  const shown = lines.length > room ? [...lines.slice(0, room - 1), `… ${lines.length - room + 1} lines more`] : lines
  return `\u001b[H${[`\u001b[2m${oneLine(status)}\u001b[0m`, '', ...shown].map((line) => `${line}\u001b[K`).join('\r\n')}\u001b[J`
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
    case 'xml':
      return '\n'
  }
}
