// Between the sockets and what answers their datagrams: they are read as fast as they come, so that the kernel drops none of a host of
// ours, and answered in turns that end early while more come in. What was answered leaves in groups, so that one write serves many.
import { limitLog } from '../wire/limit.ts'
import type { Log } from '../wire/log.ts'
import { ReceiveQueue, type Standing } from './queue.ts'

export interface ReceiverOptions<Item> {
  readonly standing: (item: Item) => Standing
  /** Never throws. */
  readonly answer: (item: Item) => void
  /** What was answered since it was called last is to leave. Never throws. */
  readonly settle?: () => void
  /** Calls `receive` with what waits in the sockets, so many and a few more of each. */
  readonly drain?: (most: number) => void
  readonly log: Log
}

export interface Receiver<Item> {
  receive(item: Item): void
  /** What waits is forgotten. */
  close(): void
}

/** How long (ms) strangers may be answered in one turn: then the sockets are read again. */
const TURN = 2
/** Where reading took long, so many times as long, so that most of the time goes to answers however many ask; but not longer than this (ms). */
const TURN_FOR_READING = 3
const LONGEST_TURN = 20
/** As many datagrams Node reads of a socket at once (libuv's uv__udp_recvmsg); fewer say that it is empty. */
const AT_ONCE = 32
/** As many are read of each socket, at most, before the next are answered: more than its buffer in the kernel holds, so that none is old. */
const MOST_DRAINED = 16_384
/** How long (ms) answers wait for others to be written with while more comes than was read; on a slow disk for as long as it took last. */
const GROUP = 4
const LONGEST_GROUP = 25

export function openReceiver<Item>({ standing, answer, settle, drain, log }: ReceiverOptions<Item>): Receiver<Item> {
  const queue = new ReceiveQueue<Item>()
  const drops = limitLog(log, { lines: 1, windowSeconds: 10 }, () => performance.now())
  let turn: NodeJS.Immediate | undefined
  let arrived = 0
  /** When the first answer was made that has not left. */
  let group: number | undefined
  /** How long (ms) it took last until a group had left. */
  let settling = 0
  let isClosed = false

  const work = (): void => {
    turn = undefined
    const isBusy = arrived >= AT_ONCE
    const woken = performance.now()
    if (isBusy) drain?.(MOST_DRAINED)
    arrived = 0
    const began = performance.now()
    const end = began + Math.min(LONGEST_TURN, Math.max(TURN, (began - woken) * TURN_FOR_READING))
    for (let next = queue.take(began); next; next = queue.take(began)) {
      group ??= began
      answer(next.item)
      if ((next.standing === 'begun' || next.standing === 'unknown') && performance.now() >= end) break
    }
    const ended = performance.now()
    if (group !== undefined && (!isBusy || ended - group >= Math.max(GROUP, settling))) {
      group = undefined
      settle?.()
      settling = Math.min(LONGEST_GROUP, performance.now() - ended)
    }
    const dropped = queue.takeDropped()
    if (dropped > 0) drops.warn({ dropped }, 'DHCP packets dropped: more come than can be answered, hosts that are known go first')
    if (!queue.isEmpty || group !== undefined) turn = setImmediate(work)
  }

  return {
    receive(item) {
      if (isClosed) return
      arrived += 1
      queue.push(item, standing(item), performance.now())
      turn ??= setImmediate(work)
    },
    close() {
      isClosed = true
      queue.clear()
      if (turn) clearImmediate(turn)
    },
  }
}
