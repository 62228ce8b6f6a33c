// One measured quantity, what of two sides is better, and the table that compares them. Pure.

import Table from 'cli-table3'
import type { Side } from './options.ts'
import { median } from './statistics.ts'

export interface Metric {
  readonly name: string
  /** `/s`, `MB/s` (10⁶ bytes), `ms`, `s`; `times`: of what its name says. */
  readonly unit: string
  readonly better: 'more' | 'less'
  readonly value: number
}

/** How many times better ours is: above 1 ours wins, whether more or less is better. */
export function ratioOf(better: Metric['better'], ours: number, peer: number): number {
  return better === 'more' ? ours / peer : peer / ours
}

/** `2.31`, `14.2`, `0.93`; `-` when a side was not measured or measured nothing. */
export function ratioText(ratio: number | undefined): string {
  if (ratio === undefined || !Number.isFinite(ratio)) return '-'
  return ratio >= 10 ? ratio.toFixed(1) : ratio.toFixed(2)
}

/** Each metric with the median of its values over the runs, in the order of the first run. */
export function mediansOf(runs: readonly (readonly Metric[])[]): readonly Metric[] {
  const [first = []] = runs
  return first.map((metric) => {
    const values = runs.flatMap((run) => run.filter(({ name }) => name === metric.name).map(({ value }) => value))
    return { ...metric, value: median(values) }
  })
}

/** A row a metric: ours, the peer's, the ratio. A side that was not measured has no column of numbers. */
export function metricTable(peer: string, measured: Readonly<Partial<Record<Side, readonly Metric[]>>>): string {
  const table = new Table({
    head: ['', 'ours', peer, 'ratio'],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', 'right', 'right', 'right'],
  })
  for (const metric of measured.ours ?? measured.peer ?? []) {
    const of = (side: Side) => measured[side]?.find(({ name }) => name === metric.name)?.value
    const [ours, other] = [of('ours'), of('peer')]
    const ratio = ours === undefined || other === undefined ? undefined : ratioOf(metric.better, ours, other)
    table.push([`${metric.name}, ${metric.unit}`, amount(ours), amount(other), ratioText(ratio)])
  }
  return table.toString()
}

/** Three digits that count: `12345`, `123`, `12.3`, `1.23`. */
export function amount(value: number | undefined): string {
  if (value === undefined) return '-'
  if (value >= 100) return value.toFixed(0)
  return value >= 10 ? value.toFixed(1) : value >= 1 ? value.toFixed(2) : value.toFixed(3)
}
