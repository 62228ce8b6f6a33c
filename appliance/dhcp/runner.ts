// Between a socket and what answers its datagrams: they are read as fast as they come, so that the kernel drops none of a host of ours,
// and answered in turns that end early while more come in.
import { limitLog } from '../wire/limit.ts'
import type { Log } from '../wire/log.ts'
import { ReceiveQueue, type Standing } from './queue.ts'

export interface ReceiverOptions<Item> {
  readonly standing: (item: Item) => Standing
  /** Never throws. */
  readonly answer: (item: Item) => void
  readonly log: Log
}

export interface Receiver<Item> {
  receive(item: Item): void
  /** What waits is forgotten. */
  close(): void
}

/** How long (ms) strangers may be answered in one turn: then the socket is read again. */
const TURN = 2
/** The same while more comes than was read: what is not read soon is dropped by the kernel, whoever sent it. */
const SHORT_TURN = 0.1
/** As many datagrams Node reads of a socket at once (libuv's uv__udp_recvmsg); fewer say that it is empty. */
const AT_ONCE = 32

export function openReceiver<Item>({ standing, answer, log }: ReceiverOptions<Item>): Receiver<Item> {
  const queue = new ReceiveQueue<Item>()
  const drops = limitLog(log, { lines: 1, windowSeconds: 10 }, () => performance.now())
  let turn: NodeJS.Immediate | undefined
  let arrived = 0

  const work = (): void => {
    turn = undefined
    const end = performance.now() + (arrived < AT_ONCE ? TURN : SHORT_TURN)
    arrived = 0
    for (let next = queue.take(); next; next = queue.take()) {
      answer(next.item)
      if (next.standing === 'unknown' && performance.now() >= end) break
    }
    const dropped = queue.takeDropped()
    if (dropped > 0) drops.warn({ dropped }, 'DHCP packets dropped: more come than can be answered, hosts that are known go first')
    if (!queue.isEmpty) turn = setImmediate(work)
  }

  return {
    receive(item) {
      arrived += 1
      queue.push(item, standing(item))
      turn ??= setImmediate(work)
    },
    close() {
      queue.clear()
      if (turn) clearImmediate(turn)
    },
  }
}
