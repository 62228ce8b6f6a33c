// The plainest of reports: one list, with what a table says when it is empty. Pure.
import type { Column, Report, Row, Section } from './output/output.ts'

export function listReport(name: string, item: string, columns: readonly Column[], rows: readonly Row[], empty: string): Report {
  return { name, sections: [{ ...listSection(name, item, '', columns, rows), empty }] }
}

export function listSection(name: string, item: string, title: string, columns: readonly Column[], rows: readonly Row[]): Section {
  return { name, item, title, shape: 'list', columns, rows, empty: 'None.' }
}
