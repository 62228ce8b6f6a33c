// A TLS connection of two ends of a seed, once both know each other: messages both ways, counted, no faster than they may go, and a beat, so
// that a link that carries nothing any more is known to be dead.
import { setTimeout as delay } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import { Meter } from '../../streams/meter.ts'
import type { Channel } from '../ends.ts'
import { encodeMessage, type Message, MessageReader } from '../messages.ts'

/** Milliseconds between beats, and without anything after which the other end is gone. */
const BEAT = 2000
const SILENT = 60_000
/** Bytes that may wait to leave. */
const MOST_WAITING = 4 << 20
/** Milliseconds for the last word to leave. */
const LEAVING = 10_000

export interface SocketChannel extends Channel {
  readonly sent: () => number
  readonly heard: () => number
  /** Bytes a second from now on. */
  pace(bytesPerSecond: number | undefined): void
  close(): Promise<void>
}

export function channelOver(socket: TLSSocket): SocketChannel {
  const meter = new Meter()
  let [heard, since] = [0, performance.now()]
  let isWaiting = false
  let failure: Error | undefined
  let last: Promise<void> = Promise.resolve()
  socket.setNoDelay(true)
  socket.on('error', (error) => {
    failure ??= error
  })
  const beating = setInterval(() => {
    if (isWaiting && performance.now() - since > SILENT)
      socket.destroy(new Error(`nothing was heard of the other end for ${SILENT / 1000} s`))
    else if (socket.writable && socket.writableLength === 0) socket.write(encodeMessage({ kind: 'beat' }))
  }, BEAT)
  socket.on('close', () => clearInterval(beating))
  const gone = (): Error => failure ?? new Error('the other end has closed the link')
  const sendNow = async (message: Message): Promise<void> => {
    const octets = encodeMessage(message)
    const wait = meter.count(octets.length, performance.now())
    if (wait > 0) await delay(wait)
    if (!socket.writable) throw gone()
    socket.write(octets)
    while (socket.writableLength > MOST_WAITING && socket.writable) await roomIn(socket)
  }
  return {
    send: (message) => {
      const mine = last.then(() => sendNow(message))
      last = mine.catch(() => undefined)
      return mine
    },
    messages: messagesOf(),
    sent: () => meter.bytes,
    heard: () => heard,
    pace: (bytesPerSecond) => meter.pace(bytesPerSecond, performance.now()),
    close: async () => {
      clearInterval(beating)
      if (socket.destroyed) return
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
      socket.end()
      socket.resume()
      const late = new AbortController()
      // Something is to be waited for until then, or the process would end in the midst of it.
      await Promise.race([closed, delay(LEAVING, undefined, { signal: late.signal }).catch(() => undefined)])
      late.abort()
      socket.destroy()
    },
  }

  async function* messagesOf(): AsyncGenerator<Message, void> {
    const reader = new MessageReader()
    const chunks = socket.iterator({ destroyOnReturn: false })
    try {
      for (;;) {
        ;[isWaiting, since] = [true, performance.now()]
        const next = await chunks.next().catch((error: unknown) => {
          throw failure ?? error
        })
        isWaiting = false
        if (next.done) throw gone()
        const octets: Buffer = next.value
        heard += octets.length
        yield* reader.read(octets)
      }
    } finally {
      // While it listens, what comes behind the last word, a beat, is kept for it, and the connection never ends.
      await chunks.return?.()
    }
  }
}

function roomIn(socket: TLSSocket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done)
      socket.off('close', done)
      resolve()
    }
    socket.on('drain', done)
    socket.on('close', done)
  })
}
