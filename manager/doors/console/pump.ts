// Between a seat at a console and a WebSocket: what is shown goes out as fast as the other end takes it, and no faster.

import type { Seat } from '../../consoles/console.ts'
import type { ConsoleNotice } from '../../contract/consoles.ts'

/** What of a WebSocket it needs. */
export interface Out {
  /** `sent`: it has left, or never will. */
  send(data: Uint8Array | string, sent: () => void): void
  /** Bytes that have not left yet. */
  backlog(): number
  end(): void
}

const PIECE = 16 << 10
/** Bytes under way to one that looks. */
const MOST_UNREAD = 64 << 10

/** To be called whenever there is something new. */
export function pump(seat: Pick<Seat, 'next'>, out: Out): () => void {
  let isPumping = false
  let isOver = false
  const more = (): void => {
    if (isPumping || isOver) return
    isPumping = true
    while (!isOver && out.backlog() < MOST_UNREAD) {
      const shown = seat.next(PIECE)
      if (shown.kind === 'nothing') break
      if (shown.kind === 'octets') out.send(shown.octets, more)
      else out.send(JSON.stringify(shown satisfies ConsoleNotice), more)
      if (shown.kind !== 'ended') continue
      isOver = true
      out.end()
    }
    isPumping = false
  }
  return more
}
