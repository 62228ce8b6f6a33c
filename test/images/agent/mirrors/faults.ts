// One command of a request goes wrong, whichever it is: it fails, or is done and its answer is lost.
import type { Fault } from '../../../../images/agent/simulator/faults.ts'
import { taskOn } from '../disks.ts'
import type { MirrorPair, Side } from './pair.ts'
import { type Step, sideOf } from './steps.ts'

const FAULTS: readonly Fault[] = [{ kind: 'fails' }, { kind: 'answer-lost' }]

/** What waits looks at DRBD again and again: its first looks and its acts are what may go wrong. */
const MOST = 8

export interface Wrong {
  readonly pair: MirrorPair
  readonly side: Side
  readonly answer: { readonly kind: string }
  /** For a person: what went wrong, and what was answered. */
  readonly what: string
}

/** Asks this with each of its commands going wrong, on a pair of its own each time. `furnish`: what comes before it. */
export async function* eachWrong(step: Step, furnish: () => Promise<MirrorPair>): AsyncGenerator<Wrong> {
  const plain = await furnish()
  const first = sideOf(plain, step).commands.length
  await step.ask(sideOf(plain, step))
  const all = Math.min(MOST * (isWaiting(step) ? 1 : Number.POSITIVE_INFINITY), sideOf(plain, step).commands.length - first)
  for (const fault of FAULTS)
    for (let at = 0; at < all; at += 1) {
      const pair = await furnish()
      const side = sideOf(pair, step)
      let count = -1
      let hit = ''
      const isMeant = (command: readonly string[]): boolean => {
        count += 1
        if (count === at) hit = command.join(' ')
        return count === at
      }
      side.host.faults.order(isMeant, fault, 1)
      const answer = await step.ask(side)
      side.host.faults.clear()
      // An agent after this one has no job of before.
      side.task = taskOn({ host: side.host })
      yield { pair, side, answer, what: `${step.name} on ${step.side}, ${fault.kind} at ${hit}: ${JSON.stringify(answer)}` }
    }
}

function isWaiting({ name }: Step): boolean {
  return name === 'sync-mirror' || name === 'verify-mirror'
}
