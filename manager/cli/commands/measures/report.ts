// What hosts or guests used over time: for a person a line a measure, drawn in characters; for a program every point. Pure.
import type { Measures } from '../../../contract/measures.ts'
import { bytes, iso, percent, rate, text, time } from '../../engine/columns.ts'
import { listReport, listSection } from '../../engine/list-report.ts'
import { type Report, showBytes, type Value } from '../../engine/output/output.ts'

export interface MeasuredThing {
  readonly name: string
  readonly measures: Measures
}

const NAMES = ['cpu', 'memory', 'read', 'written', 'received', 'sent'] as const
type Name = (typeof NAMES)[number]

const SAID: Readonly<Record<Name, string>> = {
  cpu: 'CPU',
  memory: 'memory',
  read: 'disk read',
  written: 'disk written',
  received: 'network in',
  sent: 'network out',
}

/** Characters of a drawing: with the rest of its line they fit on 80. */
const WIDTH = 30
const LEVELS = { unicode: '▁▂▃▄▅▆▇█', ascii: '_.:-=+*#' }

/** Every point of all of them; `item`: `host` or `guest`. CPU is in percent. */
export function pointsReport(item: 'host' | 'guest', things: readonly MeasuredThing[]): Report {
  const columns = [
    ...[text(item, item.toUpperCase()), time('time', 'TIME'), percent('cpu', 'CPU%'), bytes('memory', 'MEMORY')],
    ...[rate('read', 'READ/S'), rate('written', 'WRITTEN/S'), rate('received', 'IN/S'), rate('sent', 'OUT/S')],
    ...NAMES.map((name) => text(`most${name}`, '', { isHidden: true })),
  ]
  const rows = things.flatMap(({ name: thing, measures }) =>
    measures.times.map((at, index) => ({
      [item]: thing,
      time: iso(at),
      ...Object.fromEntries(NAMES.map((name) => [name, inPercent(name, measures[name].mean[index] ?? null)])),
      ...Object.fromEntries(NAMES.map((name) => [`most${name}`, inPercent(name, measures[name].most?.[index] ?? null)])),
    })),
  )
  return listReport('measures', 'point', columns, rows, 'Nothing was measured.')
}

/** Of one. `isUnicode`: what the terminal shows. */
export function drawnReport({ name, measures }: MeasuredThing, isUnicode: boolean): Report {
  const span = measures.last === '1h' ? 'LAST HOUR' : 'LAST DAY'
  const columns = [
    ...[text('measure', name), text('now', 'NOW', { align: 'right' }), text('mean', 'MEAN', { align: 'right' })],
    ...[text('most', 'MOST', { align: 'right' }), text('drawn', span)],
  ]
  const rows = NAMES.map((measure) => {
    const { mean, most = mean } = measures[measure]
    const known = mean.filter((value) => value !== null)
    const say = (value: number | null | undefined): Value => (typeof value === 'number' ? SAY[measure](value) : '')
    return {
      measure: SAID[measure],
      now: say(mean.at(-1)),
      mean: say(known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length),
      most: say(known.length === 0 ? null : Math.max(...most.filter((value) => value !== null))),
      drawn: drawing(measures, measure, isUnicode ? LEVELS.unicode : LEVELS.ascii),
    }
  })
  const shown = measures.times.length === 0 ? [] : rows
  return {
    name: 'measures',
    sections: [{ ...listSection('measures', 'measure', name, columns, shown), empty: `${name}: nothing was measured in that time.` }],
  }
}

/** A character for each thirtieth of the time, from left to right: a blank is a gap. CPU is drawn against all of it, the rest against its most. */
function drawing({ from, until, times, ...lines }: Measures, measure: Name, levels: string): string {
  const sums = Array.from({ length: WIDTH }, () => ({ sum: 0, count: 0 }))
  for (const [index, at] of times.entries()) {
    const value = lines[measure].mean[index]
    const place = sums[Math.min(WIDTH - 1, Math.floor(((at - from) / Math.max(1, until - from)) * WIDTH))]
    if (typeof value !== 'number' || !place) continue
    place.sum += value
    place.count += 1
  }
  const heights = sums.map(({ sum, count }) => (count === 0 ? undefined : sum / count))
  const top = measure === 'cpu' ? 1 : Math.max(0, ...heights.map((height) => height ?? 0))
  const levelOf = (height: number) => levels[Math.min(levels.length - 1, Math.floor((top > 0 ? height / top : 0) * levels.length))] ?? ''
  return heights.map((height) => (height === undefined ? ' ' : levelOf(height))).join('')
}

const sayRate = (value: number): string => `${showBytes(value)}/s`
const SAY: Readonly<Record<Name, (value: number) => string>> = {
  cpu: (value) => `${(value * 100).toFixed(1)} %`,
  memory: showBytes,
  ...{ read: sayRate, written: sayRate, received: sayRate, sent: sayRate },
}

function inPercent(name: Name, value: number | null): number | null {
  return name === 'cpu' && value !== null ? Math.round(value * 1e4) / 100 : value
}
