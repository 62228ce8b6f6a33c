// The boot benchmark's table: stages as rows; ours, peer and ratio for each number of nodes. Pure.

import Table from 'cli-table3'
import { STAGES, type Stage } from '../lab/attempts.ts'
import { seconds as secondsText } from '../lab/table.ts'
import { ratioOf, ratioText } from './metric.ts'
import { SIDES, type Side } from './options.ts'
import { type NodeBoot, slowestOf } from './stages.ts'
import { median } from './statistics.ts'

/** One power-on of a rack's nodes. */
export interface RackBoot {
  readonly side: Side
  readonly nodes: number
  readonly boots: readonly NodeBoot[]
}

type Row = Stage | 'total'

/** Of one cell: the median over the runs, each run standing for its node that was up last. undefined: never seen. */
export function cellOf(runs: readonly RackBoot[], side: Side, nodes: number, row: Row): number | undefined {
  const slowest = runs.filter((run) => run.side === side && run.nodes === nodes).map(({ boots }) => slowestOf(boots))
  const values = slowest.flatMap(({ seconds, total }) => (row === 'total' ? total : (seconds[row] ?? [])))
  return values.length === 0 ? undefined : median(values)
}

export function bootTable(runs: readonly RackBoot[], counts: readonly number[]): string {
  const sides = SIDES.filter((side) => runs.some((run) => run.side === side))
  const ratio = sides.length === SIDES.length
  const table = new Table({
    head: ['', ...counts.flatMap((count) => [...sides.map((side) => `${side}/${count}`), ...(ratio ? ['ratio'] : [])])],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', ...counts.flatMap(() => [...sides, ...(ratio ? ['ratio'] : [])]).map(() => 'right' as const)],
  })
  const line = (title: string, row: Row) => [
    title,
    ...counts.flatMap((count) => {
      const cells = sides.map((side) => cellOf(runs, side, count, row))
      const [ours, peer] = cells
      const compared = ours === undefined || peer === undefined ? undefined : ratioOf('less', ours, peer)
      return [...cells.map((cell) => secondsText(cell) ?? '-'), ...(ratio ? [ratioText(compared)] : [])]
    }),
  ]
  const seen = STAGES.filter((stage) => runs.some(({ boots }) => boots.some(({ seconds }) => seconds[stage] !== undefined)))
  table.push(...seen.map((stage) => line(stage, stage)), line('power-on to up', 'total'))
  return table.toString()
}
