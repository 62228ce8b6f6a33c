// A guest of the lab that writes most of its memory anew all the time, and may stand still for two seconds when it moves: how often that was kept,
// how often it was not moved and went on where it was, and how often neither.

import Table from 'cli-table3'
import { CONTRACT } from '../../../manager/contract/contract.ts'
import { askGuest, typeInGuest, waitTicking } from '../../lab/guest/console.ts'
import { lastMove, moveUnderWay } from '../../lab/guest/moves.ts'
import type { BenchOptions } from '../options.ts'
import type { Teardown } from '../teardown.ts'
import { inLab, type Lab, makeGuest, type, vmOf } from './lab.ts'

const NAME = 'busy'
const MAX_PAUSE_MS = 2000
/** Of its 128 MiB: three fifths. */
const REWRITTEN_MIB = 77
const MOVE_MS = 1_800_000

export const PAUSE_TITLE = `A guest of the lab that writes ${REWRITTEN_MIB} of its 128 MiB anew all the time, moved with --max-pause ${MAX_PAUSE_MS / 1000}s`
export const PAUSE_NOTES: readonly string[] = [
  'Kept: it moved, and stood still for no longer. Not moved: it was refused in words, and goes on where it was. The pause is as the move tells it.',
]

interface Try {
  readonly outcome: 'kept' | 'not moved' | 'too long'
  readonly pauseMs?: number
  readonly seconds: number
}

export async function runPause({ runs: count }: BenchOptions, teardown: Teardown, say: (text: string) => void) {
  return inLab(teardown, say, async (lab) => {
    const home = lab.bed.node('node1')
    await makeGuest(lab, NAME, home, 64)
    const rewrite = `mkdir /run/busy; mount -t tmpfs -o size=${REWRITTEN_MIB + 1}m busy /run/busy`
    const loop = `while :; do dd if=/dev/zero of=/run/busy/all bs=1M count=${REWRITTEN_MIB} conv=notrunc 2>/dev/null; done`
    await typeInGuest(home, NAME, `${rewrite}; ( ${loop} ) &`)
    await askGuest(lab.bed.rack.pace, home, NAME, `[ "$(stat -c %s /run/busy/all)" = ${REWRITTEN_MIB * 1024 * 1024} ]`)
    const runs: Try[] = []
    for (let run = 1; run <= count; run += 1) {
      const one = await tried(lab)
      runs.push(one)
      say(`  run ${run} of ${count}: ${one.outcome}, ${one.pauseMs ?? '-'} ms, after ${one.seconds.toFixed(0)} s`)
    }
    return { runs, table: tableOf(runs) }
  })
}

async function tried(lab: Lab): Promise<Try> {
  const { operator, bed } = lab
  const before = (await vmOf(operator, NAME)).hostName
  const to = before === 'node1' ? 'node2' : 'node1'
  const began = Date.now()
  await type(operator, 'migrate', NAME, '--to', to, '--max-pause', `${MAX_PAUSE_MS}ms`, '--keep', '0s', '--detach')
  const path = `/automations/${await moveUnderWay(operator)}`
  const { state } = await operator.until(
    'the move to end',
    path,
    CONTRACT.automations.show.output,
    (one) => one.state !== 'running',
    MOVE_MS,
  )
  const seconds = (Date.now() - began) / 1000
  const { hostName = '' } = await vmOf(operator, NAME)
  const { pauseMs } = await lastMove(operator)
  await waitTicking(bed.rack.pace, bed.node(hostName), NAME)
  const paused = pauseMs === undefined ? {} : { pauseMs }
  if (state === 'done' && hostName === to) return { outcome: (pauseMs ?? 0) <= MAX_PAUSE_MS ? 'kept' : 'too long', ...paused, seconds }
  if (state !== 'failed' || hostName !== before) throw new Error(`the move is ${state}, and ${NAME} on ${hostName}`)
  return { outcome: (pauseMs ?? 0) <= MAX_PAUSE_MS ? 'not moved' : 'too long', ...paused, seconds }
}

function tableOf(runs: readonly Try[]): string {
  const table = new Table({
    head: ['', 'runs', 'longest pause, ms'],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', 'right', 'right'],
  })
  for (const outcome of ['kept', 'not moved', 'too long'] as const) {
    const those = runs.filter((one) => one.outcome === outcome)
    const pauses = those.flatMap(({ pauseMs }) => pauseMs ?? [])
    table.push([outcome, those.length, pauses.length > 0 ? Math.max(...pauses) : '-'])
  }
  return table.toString()
}
