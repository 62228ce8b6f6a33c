// The connection of two relays, once both know that the other is the right one: frames both ways, and a beat, so that a link that carries
// nothing any more is known to be dead.
import type { TLSSocket } from 'node:tls'
import { dataHeader, encodeNote, FrameReader, HEADER } from '../frames.ts'

/** Milliseconds between beats, and without anything after which the other end is gone. */
export const BEAT = 1000
export const SILENT = 6000
/** Bytes that may wait to leave. */
const MOST_WAITING = 1 << 20

export interface Hears {
  note(text: string): void
  data(octets: Buffer): void
  /** There is room again. */
  drained(): void
  /** Once. */
  lost(reason: string): void
}

export interface Link {
  note(text: string): void
  /** Whether there is room for more. */
  data(octets: Buffer): boolean
  /** Nothing more is heard for now. */
  pause(): void
  resume(): void
  /** When all that was sent has left. */
  close(): Promise<void>
}

export function openLink(socket: TLSSocket, beat: string, hears: Hears): Link {
  const reader = new FrameReader()
  let heard = performance.now()
  let isPaused = false
  let isOver = false
  const lost = (reason: string): void => {
    if (isOver) return
    isOver = true
    clearInterval(beating)
    socket.destroy()
    hears.lost(reason)
  }
  const beating = setInterval(() => {
    // One that is not listened to is not silent.
    if (isPaused) heard = performance.now()
    if (performance.now() - heard > SILENT) return lost(`nothing was heard of the other end for ${SILENT / 1000} s`)
    if (socket.writableLength === 0) link.note(beat)
  }, BEAT)
  socket.setNoDelay(true)
  socket.on('data', (octets: Buffer) => {
    heard = performance.now()
    try {
      for (const frame of reader.read(octets)) {
        if (isOver) return
        if (frame.kind === 'data') hears.data(frame.octets)
        else hears.note(frame.text)
      }
    } catch (error) {
      lost(`the other end does not speak as a relay does: ${error instanceof Error ? error.message : String(error)}`)
    }
  })
  socket.on('drain', () => hears.drained())
  socket.on('error', (error) => lost(error.message))
  socket.on('end', () => lost('the other end has closed the link'))
  socket.on('close', () => lost('the link is closed'))
  const link: Link = {
    note: (text) => {
      if (!isOver) socket.write(encodeNote(text))
    },
    data: (octets) => {
      if (isOver) return false
      socket.cork()
      socket.write(dataHeader(octets.length))
      socket.write(octets)
      socket.uncork()
      return socket.writableLength < MOST_WAITING + HEADER
    },
    pause: () => {
      isPaused = true
      socket.pause()
    },
    resume: () => {
      isPaused = false
      heard = performance.now()
      socket.resume()
    },
    close: () =>
      new Promise((resolve) => {
        if (isOver) return resolve()
        isOver = true
        clearInterval(beating)
        const forced = setTimeout(() => socket.destroy(), BEAT)
        socket.once('close', () => {
          clearTimeout(forced)
          resolve()
        })
        socket.end()
        socket.resume()
      }),
  }
  return link
}
