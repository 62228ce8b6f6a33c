// From a kernel event on a host to the manager's pool, with the real agent on this machine at its real speed. Beside it the floor: the
// line of a bare `ip monitor`, which knows that something happened and nothing of it.

import { execa } from 'execa'
import { runtimeFolder } from '../lab/folders.ts'
import { namespaceName, startGuard, sweepNamespaces } from '../lab/namespace.ts'
import { type Metric, mediansOf, metricTable } from './metric.ts'
import { type BenchOptions, inTurn, type Side } from './options.ts'
import { median } from './statistics.ts'

/** Milliseconds, of each change. */
export interface DeltaTimes {
  readonly cable: readonly number[]
  readonly address: readonly number[]
  readonly bridge: readonly number[]
}

const PEER = 'ip monitor'
const PATIENCE = 300_000

export const DELTA_TITLE = 'Deltas: from a kernel event to what the pool knows'
export const DELTA_NOTES = [
  'The peer is the floor: the kernel’s own line, which the agent waits on too before it reads the whole section again.',
  'The agent waits 400 ms for what else belongs to the same event: a cable that is pulled is a burst of them.',
  'Aim: below 1000 ms, the longest too.',
]

export interface DeltaResult {
  readonly runs: readonly { readonly side: Side; readonly metrics: readonly Metric[] }[]
  readonly table: string
}

export async function runDelta({ runs: count, sides }: BenchOptions): Promise<DeltaResult> {
  await sweepNamespaces(runtimeFolder)
  const runs: { side: Side; metrics: readonly Metric[] }[] = []
  for (let run = 1; run <= count; run += 1) {
    for (const side of inTurn(sides, run)) runs.push({ side, metrics: await measure(side) })
  }
  const medians = sides.map((side) => [side, mediansOf(runs.filter((run) => run.side === side).map(({ metrics }) => metrics))] as const)
  return { runs, table: metricTable(PEER, Object.fromEntries(medians)) }
}

async function measure(side: Side): Promise<readonly Metric[]> {
  const namespace = namespaceName(process.pid)
  const guard = startGuard(namespace, [])
  try {
    await execa('ip', ['netns', 'add', namespace])
    const host = new URL('delta-host.ts', import.meta.url).pathname
    const argv = ['netns', 'exec', namespace, process.execPath, '--import=tsx', host, side]
    const { stdout } = await execa('ip', argv, { timeout: PATIENCE, stderr: 'inherit', stdin: 'ignore' })
    const times = JSON.parse(stdout) as DeltaTimes
    return [
      milliseconds('cable pulled or put in', median(times.cable)),
      milliseconds('address', median(times.address)),
      milliseconds('new bridge', median(times.bridge)),
      milliseconds('longest of all', Math.max(...Object.values(times).flat())),
    ]
  } finally {
    await guard.release()
  }
}

function milliseconds(name: string, value: number): Metric {
  return { name, unit: 'ms', better: 'less', value }
}
