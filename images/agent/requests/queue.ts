// In what order requests are done: by what they hold of the host, and by their pace. Requests that hold one thing are done in the order
// in which they came; urgent ones go before all that waits, and have places of their own. Pure.

import { collide } from '../../../manager/protocol/requests/holds.ts'
import type { Pace } from '../../../manager/protocol/requests/request.ts'
import type { Order } from '../../../manager/protocol/requests.ts'

export interface Queued extends Order {
  readonly id: string
}

/** Both in the order of their coming; of those that wait, urgent ones first. */
export interface Queue {
  readonly waiting: readonly Queued[]
  readonly running: readonly Queued[]
}

export type QueueEvent =
  | { readonly kind: 'come'; readonly request: Queued }
  /** What ran has ended, or what waited is not wanted any more. */
  | { readonly kind: 'gone'; readonly id: string }

export type QueueAction =
  | { readonly kind: 'start'; readonly id: string }
  /** There is no room for it, at its pace. */
  | { readonly kind: 'refuse'; readonly id: string; readonly waiting: number }
  /** It is in the way of this urgent one, which starts when it is gone. */
  | { readonly kind: 'stop'; readonly id: string; readonly for: string }

export const EMPTY_QUEUE: Queue = { waiting: [], running: [] }

/** At one time. Programs have limits of their own: what waits for one costs little. */
export const PLACES: { readonly [Each in Pace]: number } = { urgent: 8, quick: 16, long: 8 }
/** That may wait: a manager asks a host for a few things at a time. */
export const ROOM: { readonly [Each in Pace]: number } = { urgent: 64, quick: 64, long: 64 }

export function stepQueue(queue: Queue, event: QueueEvent): { readonly queue: Queue; readonly actions: readonly QueueAction[] } {
  switch (event.kind) {
    case 'come': {
      const { request } = event
      const beside = queue.waiting.filter(({ pace }) => pace === request.pace).length
      if (beside >= ROOM[request.pace]) return { queue, actions: [{ kind: 'refuse', id: request.id, waiting: beside }] }
      return startFree({ ...queue, waiting: inOrder([...queue.waiting, request]) })
    }
    case 'gone':
      return startFree({
        waiting: queue.waiting.filter(({ id }) => id !== event.id),
        running: queue.running.filter(({ id }) => id !== event.id),
      })
  }
}

function inOrder(waiting: readonly Queued[]): readonly Queued[] {
  return [...waiting.filter(({ pace }) => pace === 'urgent'), ...waiting.filter(({ pace }) => pace !== 'urgent')]
}

/** Nobody overtakes one that holds the same, so that readers that come and come do not keep a writer waiting for ever. */
function startFree(queue: Queue): { readonly queue: Queue; readonly actions: readonly QueueAction[] } {
  const waiting: Queued[] = []
  const running = [...queue.running]
  const actions: QueueAction[] = []
  for (const request of queue.waiting) {
    const inItsWay = running.filter((other) => collide(other.holds, request.holds))
    const isBehind = waiting.some((other) => collide(other.holds, request.holds))
    const isRoom = running.filter(({ pace }) => pace === request.pace).length < PLACES[request.pace]
    if (inItsWay.length === 0 && !isBehind && isRoom) {
      running.push(request)
      actions.push({ kind: 'start', id: request.id })
      continue
    }
    waiting.push(request)
    if (request.pace !== 'urgent') continue
    const yielding = inItsWay.filter(({ yields }) => yields === 'to urgent')
    actions.push(...yielding.map(({ id }) => ({ kind: 'stop' as const, id, for: request.id })))
  }
  return { queue: { waiting, running }, actions }
}
