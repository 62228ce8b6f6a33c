// Something that goes on until it is over: looked at when the manager tells of it and now and then, and drawn anew each second.
import type { PoolEvent } from '../../../contract/events.ts'
import type { World } from '../answer.ts'
import type { PoolApi } from '../api/calls.ts'
import { Unreachable } from '../api/client.ts'
import { oneLine } from '../output/text.ts'
import { Bell, pause } from './bell.ts'
import { listen, untilStopped } from './listening.ts'

export interface Going {
  readonly isNews: (event: PoolEvent) => boolean
  readonly look: () => Promise<void>
  readonly draw: () => void
  /** The manager does not answer; it is asked again. */
  readonly trouble: (text: string) => void
  readonly isOver: () => boolean
}

/** Milliseconds: between two looks; until the next without news, with and without a stream of events; until a line is drawn anew. */
const PERIODS = { least: 250, told: 30_000, untold: 2000, drawn: 1000 } as const

/** Until it is over, or until somebody does not want to wait any more. Rejects when the manager refuses. */
export async function followUntilOver(api: PoolApi, { isNews, look, draw, trouble, isOver }: Going): Promise<void> {
  const bell = new Bell()
  const work = async (stop: AbortSignal): Promise<void> => {
    const heard = listen(api, isNews, bell, stop)
    let asked = Number.NEGATIVE_INFINITY
    let how: 'rung' | 'late' = 'rung'
    while (!stop.aborted) {
      if (how === 'rung' || Date.now() - asked >= (heard.isTold ? PERIODS.told : PERIODS.untold)) {
        asked = Date.now()
        await look().catch((error: unknown) => {
          if (!(error instanceof Unreachable)) throw error
          asked = Number.NEGATIVE_INFINITY
          trouble(error.message)
        })
      }
      draw()
      if (isOver()) return
      await pause(PERIODS.least, stop)
      how = await bell.rung(PERIODS.drawn, stop)
    }
  }
  await untilStopped(work, () => bell.ring())
}

/** Each time over the lines of the time before. */
export function redrawing({ out }: Pick<World, 'out'>): (lines: readonly string[]) => void {
  let drawn = 0
  return (lines) => {
    out.write(`${drawn > 0 ? `\u001b[${drawn}A` : ''}${lines.map((line) => `\r${line}\u001b[K\n`).join('')}\u001b[J`)
    drawn = lines.length
  }
}

/** A trouble that lasts is said once. */
export function sayingOnce({ err }: Pick<World, 'err'>): (text: string) => void {
  let said = ''
  return (text) => {
    if (text !== said) err.write(`${oneLine(text)}\n`)
    said = text
  }
}
