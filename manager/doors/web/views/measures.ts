// Charts of what a host or guest used over time: what the page's script draws, and the newest values for who has none.
import type { Last, Measures } from '../../../contract/measures.ts'
import { Markup } from '../visible.ts'
import { sayRate, saySize } from './words.ts'

type Name = 'cpu' | 'memory' | 'read' | 'written' | 'received' | 'sent'
type Unit = 'share' | 'bytes' | 'rate'

interface Chart {
  readonly key: string
  readonly title: string
  readonly unit: Unit
  readonly lines: readonly (readonly [Name, string])[]
}

const CHARTS: readonly Chart[] = [
  { key: 'cpu', title: 'CPU', unit: 'share', lines: [['cpu', '']] },
  { key: 'memory', title: 'Memory', unit: 'bytes', lines: [['memory', '']] },
  {
    ...{ key: 'disk', title: 'Disks', unit: 'rate' },
    lines: [
      ['read', 'read'],
      ['written', 'written'],
    ],
  },
  {
    ...{ key: 'network', title: 'Network', unit: 'rate' },
    lines: [
      ['received', 'in'],
      ['sent', 'out'],
    ],
  },
]

const SPANS: readonly { readonly last: Last; readonly label: string; readonly pace: number }[] = [
  { last: '1h', label: 'last hour', pace: 10_000 },
  { last: '1d', label: 'last day', pace: 60_000 },
]

const SAY: Readonly<Record<Unit, (value: number) => string>> = {
  share: (value) => `${(value * 100).toFixed(value < 0.1 ? 1 : 0)} %`,
  bytes: saySize,
  rate: sayRate,
}

export interface Measured {
  /** Of its page. */
  readonly path: string
  /** Events after which there may be more. */
  readonly topic: string
  /** Without the span. */
  readonly command: string
  /** All the memory that it has, where it need not use all. */
  readonly memoryBytes?: number | undefined
}

export function measuresView(measures: Measures, { path, topic, command, memoryBytes }: Measured) {
  const { last, from, until, times } = measures
  return {
    ...{ topic, from, until, last },
    pace: SPANS.find((span) => span.last === last)?.pace,
    path: `${path}/measures?last=${last}`,
    times: numbers(times),
    spans: SPANS.map((span) => ({
      label: span.label,
      path: `${path}?last=${span.last}`,
      part: `${path}/measures?last=${span.last}`,
      isChosen: span.last === last,
    })),
    charts: times.length === 0 ? [] : CHARTS.map((chart) => chartView(chart, measures, memoryBytes)),
    nothing:
      last === '1h' ? 'Nothing was measured in the last hour, or since the manager started.' : 'Nothing was measured in the last day.',
    hasMost: last === '1d',
    command: `${command} --last ${last}`,
  }
}

function chartView({ key, title, unit, lines }: Chart, measures: Measures, memoryBytes: number | undefined) {
  const shown = lines.map(([name, label], at) => {
    const { mean, most } = measures[name]
    const newest = mean.at(-1)
    return {
      ...{ at, label, mean: numbers(mean), most: numbers(most ?? []) },
      now: typeof newest === 'number' ? SAY[unit](newest) : 'not known',
    }
  })
  const isKnown = lines.some(([name]) => measures[name].mean.some((value) => value !== null))
  return { key, title, unit, isKnown, top: unit === 'share' ? 1 : unit === 'bytes' ? (memoryBytes ?? 0) : 0, lines: shown }
}

/** For an attribute: digits, commas and `null`, which need no escape, and may be longer than text that somebody has written. */
const numbers = (values: readonly (number | null)[]): Markup =>
  new Markup(JSON.stringify(values.map((value) => (Number.isFinite(value) ? value : null))))

/** Of a query: what else it says is the hour. */
export const lastOf = (query: URLSearchParams): Last => (query.get('last') === '1d' ? '1d' : '1h')
