// The manager's events as a bell: rung by those that are news, and whenever the stream begins or ends, for what nobody has heard.
import type { PoolEvent } from '../../../contract/events.ts'
import type { PoolApi } from '../api/calls.ts'
import { type Bell, pause } from './bell.ts'

/** Milliseconds until a stream that has ended is asked for again. */
const AGAIN = 3000

export interface Heard {
  /** Whether events come in. */
  isTold: boolean
}

/** Until `stop`. */
export function listen(api: Pick<PoolApi, 'events'>, isNews: (event: PoolEvent) => boolean, bell: Bell, stop: AbortSignal): Heard {
  const heard: Heard = { isTold: false }
  const keepListening = async (): Promise<void> => {
    while (!stop.aborted) {
      try {
        const events = await api.events(stop)
        heard.isTold = true
        bell.ring() // for what happened while nobody listened
        for await (const event of events) if (isNews(event)) bell.ring()
      } catch {
        // Whether the manager answers at all is told by the answers.
      }
      if (heard.isTold) bell.ring()
      heard.isTold = false
      await pause(AGAIN, stop)
    }
  }
  void keepListening()
  return heard
}

/** Runs `work` until it ends, or until SIGINT, SIGTERM or SIGHUP stop it. */
export async function untilStopped(work: (stop: AbortSignal) => Promise<void>, onResize: () => void): Promise<void> {
  const stop = new AbortController()
  const end = (): void => stop.abort()
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, end)
  process.on('SIGWINCH', onResize)
  try {
    await work(stop.signal)
  } finally {
    stop.abort()
    process.off('SIGWINCH', onResize)
    for (const signal of signals) process.off(signal, end)
  }
}
