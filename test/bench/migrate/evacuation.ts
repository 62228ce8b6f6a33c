// A host of the lab with four guests that is emptied, beside the same guests moved one by one: the time of all, and the longest pause of each.

import { CONTRACT } from '../../../manager/contract/contract.ts'
import { lastMove, MOVING } from '../../lab/guest/moves.ts'
import { type Metric, mediansOf, metricTable } from '../metric.ts'
import type { BenchOptions, Side } from '../options.ts'
import type { Teardown } from '../teardown.ts'
import { inLab, type Lab, makeGuest, move, type } from './lab.ts'

const NAMES = ['one', 'two', 'three', 'four'] as const
const DISK_MIB = 64

export const EVACUATION_TITLE = `A host of the lab with ${NAMES.length} guests, each with a local disk of ${DISK_MIB} MiB, that is emptied; beside them moved one by one`
export const EVACUATION_NOTES: readonly string[] = [
  'One by one: hostless migrate of each, when the one before has moved. The other guests run beside it on either side.',
]

interface Took {
  /** s. */
  readonly all: number
  /** ms, of the guest that stood still for longest. */
  readonly worstPause: number
}

export async function runEvacuation({ runs: count }: BenchOptions, teardown: Teardown, say: (text: string) => void) {
  return inLab(teardown, say, async (lab) => {
    const [there, here] = [lab.bed.node('node1'), lab.bed.node('node2')]
    for (const name of NAMES) await makeGuest(lab, name, there, DISK_MIB)
    const runs: Readonly<Record<Side, Took>>[] = []
    for (let run = 1; run <= count; run += 1) {
      const pauses: number[] = []
      const peer = await timed(async () => {
        for (const name of NAMES) {
          await move(lab.operator, name, here, '0s')
          pauses.push((await lastMove(lab.operator)).pauseMs ?? Number.NaN)
        }
      })
      const ours = await timed(() => type(lab.operator, 'host', 'evacuate', here.name, '--to', there.name, ...MOVING, '--keep', '0s'))
      runs.push({
        ours: { all: ours, worstPause: Math.max(...(await lastPauses(lab))) },
        peer: { all: peer, worstPause: Math.max(...pauses) },
      })
      await type(lab.operator, 'host', 'uncordon', here.name)
      say(`  run ${run} of ${count}: ${JSON.stringify(runs.at(-1))}`)
    }
    const of = (side: Side) => mediansOf(runs.map((run) => metricsOf(run[side])))
    return { runs, table: metricTable('one by one', { ours: of('ours'), peer: of('peer') }) }
  })
}

async function timed(act: () => Promise<void>): Promise<number> {
  const began = Date.now()
  await act()
  return (Date.now() - began) / 1000
}

async function lastPauses({ operator }: Lab): Promise<readonly number[]> {
  const { moves } = await operator.get(`/migrations?limit=${NAMES.length}`, CONTRACT.migrations.list.output)
  return moves.map(({ outcome, way, pauseMs, name }) => {
    if (outcome !== 'done' || way !== 'live' || pauseMs === undefined) throw new Error(`${name} did not go live: ${way}, ${outcome}`)
    return pauseMs
  })
}

function metricsOf({ all, worstPause }: Took): readonly Metric[] {
  return [
    { name: 'all of them', unit: 's', better: 'less', value: all },
    { name: 'longest pause', unit: 's', better: 'less', value: worstPause / 1000 },
  ]
}
