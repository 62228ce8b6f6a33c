// The one renderer of everything that lists: commands say what there is (a Report), the user in which form.
import { renderCsv, renderJson, renderNames, renderXml, renderYaml } from './formats.ts'
import type { Report, Terminal, Value } from './report.ts'
import { renderTable } from './table.ts'

export type { Column, Report, Row, Section, Terminal, Value } from './report.ts'

export const OUTPUT_FORMATS = ['table', 'wide', 'name', 'json', 'yaml', 'csv', 'xml'] as const
export type OutputFormat = (typeof OUTPUT_FORMATS)[number]

/** What a person reads; the others are for programs. */
export const isTable = (format: OutputFormat): format is 'table' | 'wide' => format === 'table' || format === 'wide'

/** The whole text, with a newline at its end. */
export function render(report: Report, format: OutputFormat, terminal: Pick<Terminal, 'columns' | 'colour'>): string {
  switch (format) {
    case 'table':
      return renderTable(report, terminal)
    case 'wide':
      return renderTable(report, { ...terminal, columns: undefined })
    case 'name':
      return renderNames(report)
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
