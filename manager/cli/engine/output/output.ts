// The one renderer of everything that lists: commands say what there is (a Report), the user in which form.
import { renderCsv, renderJson, renderXml, renderYaml } from './formats.ts'
import type { Report, Terminal, Value } from './report.ts'
import { renderTable } from './table.ts'

export type { Column, Report, Row, Section, Terminal, Value } from './report.ts'

export const OUTPUT_FORMATS = ['table', 'json', 'yaml', 'csv', 'xml'] as const
export type OutputFormat = (typeof OUTPUT_FORMATS)[number]

/** What a stream can show: colour only on a tty, unless NO_COLOR is set (no-color.org) or TERM is dumb. */
export function terminalOf(
  stream: { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number; write(text: string): unknown },
  environment: Readonly<Record<string, string | undefined>>,
): Terminal {
  const tty = stream.isTTY === true
  return {
    write: (text) => void stream.write(text),
    // Its window may change while a command watches.
    get columns() {
      return tty ? stream.columns || 80 : undefined
    },
    get rows() {
      return tty ? stream.rows || 24 : undefined
    },
    colour: tty && !environment.NO_COLOR && environment.TERM !== 'dumb',
    unicode: environment.TERM !== 'linux' && /utf-?8$/i.test(environment.LC_ALL || environment.LC_CTYPE || environment.LANG || ''),
  }
}

/** The whole text, with a newline at its end. */
export function render(report: Report, format: OutputFormat, terminal: Pick<Terminal, 'columns' | 'colour'>): string {
  switch (format) {
    case 'table':
      return renderTable(report, terminal)
    case 'json':
      return renderJson(report)
    case 'yaml':
      return renderYaml(report)
    case 'csv':
      return renderCsv(report)
    case 'xml':
      return renderXml(report)
  }
}

/** `1.4 GiB`: three digits at most, powers of 1024. Anything but a number stays as it is. */
export function showBytes(value: Value): string {
  if (typeof value !== 'number') return value === null ? '' : String(value)
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let amount = Math.abs(value)
  let unit = 0
  while (amount >= 999.5 && unit < units.length - 1) {
    amount /= 1024
    unit++
  }
  const digits = unit === 0 || amount >= 99.95 ? 0 : 1
  return `${value < 0 ? '-' : ''}${amount.toFixed(digits)} ${units[unit]}`
}

/** The same with a sign in front of growth. */
export function showGrowth(value: Value): string {
  return typeof value === 'number' && value > 0 ? `+${showBytes(value)}` : showBytes(value)
}
