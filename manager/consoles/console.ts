// One guest's console, for all who look at it: one line to its host, the end of what it has said, and what is to be typed. A viewer comes for
// what is new when it has room: one that does not come holds up nobody, and finds that it has missed something.
import type { ConsoleLine, LineListener } from '../agents/console-lines.ts'
import { type ConsoleEnd, type ConsoleSaid, MOST_TYPED } from '../protocol/consoles.ts'
import { Ring } from './ring.ts'

/** Bytes of its log that are read when it is opened, and kept for viewers that come later. */
export const SCROLL_BACK = 256 << 10
/** Bytes that wait to be typed. */
const MOST_WAITING = 64 << 10

export interface Viewer {
  /** There is something new for it. */
  wake(): void
}

export type Shown =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'octets'; readonly octets: Buffer }
  /** What came before what comes next is lost to this viewer. */
  | { readonly kind: 'missed' }
  /** For people. */
  | { readonly kind: 'note'; readonly text: string }
  | ({ readonly kind: 'ended' } & ConsoleEnd)

export interface Seat {
  /** The next of at most so many bytes. */
  next(most: number): Shown
  /** All that its log had was shown, unless it has ended. */
  isLive(): boolean
  /** `full`: the guest does not take what was typed before; it is dropped. */
  type(octets: Buffer): 'taken' | 'full' | 'ended'
  leave(): void
}

interface Taking {
  readonly viewer: Viewer
  at: number
  missed: boolean
  readonly notes: string[]
}

export class GuestConsole implements LineListener {
  readonly #ring = new Ring(SCROLL_BACK)
  readonly #seats = new Set<Taking>()
  readonly #onEmpty: () => void
  #line: ConsoleLine | undefined
  #ended: ConsoleEnd | undefined
  #live = false
  #waiting = Buffer.alloc(0)
  #sent = 0
  #typed = 0

  /** `onEmpty`: nobody looks any more, or it has ended. */
  constructor(onEmpty: () => void) {
    this.#onEmpty = onEmpty
  }

  /** Before anything is said. */
  on(line: ConsoleLine): void {
    this.#line = line
  }

  get viewers(): number {
    return this.#seats.size
  }

  take(viewer: Viewer): Seat {
    const taking: Taking = { viewer, at: this.#ring.start, missed: false, notes: [] }
    this.#seats.add(taking)
    return {
      next: (most) => this.#next(taking, most),
      isLive: () => this.#live && taking.at >= this.#ring.end,
      type: (octets) => this.#type(octets),
      leave: () => {
        if (this.#seats.delete(taking) && this.#seats.size === 0) this.#close()
      },
    }
  }

  said({ octets, typed, live, skipped, problem }: ConsoleSaid): void {
    if (skipped) for (const seat of this.#seats) seat.missed = true
    this.#ring.push(Buffer.from(octets, 'base64'))
    this.#live = live
    this.#typed = typed
    if (problem !== undefined) for (const seat of this.#seats) seat.notes.splice(1, 1, problem)
    this.#typeOn()
    this.#wake()
  }

  ended({ cause, reason }: ConsoleEnd): void {
    this.#ended = { cause, reason }
    this.#line = undefined
    this.#onEmpty()
    this.#wake()
  }

  #next(taking: Taking, most: number): Shown {
    if (taking.at < this.#ring.start || taking.missed) {
      taking.at = Math.max(taking.at, this.#ring.start)
      taking.missed = false
      return { kind: 'missed' }
    }
    const { at, octets } = this.#ring.read(taking.at, most)
    if (octets.length > 0) {
      taking.at = at + octets.length
      return { kind: 'octets', octets }
    }
    const text = taking.notes.shift()
    if (text !== undefined) return { kind: 'note', text }
    return this.#ended === undefined ? { kind: 'nothing' } : { kind: 'ended', ...this.#ended }
  }

  #type(octets: Buffer): 'taken' | 'full' | 'ended' {
    if (this.#ended !== undefined) return 'ended'
    if (this.#waiting.length + octets.length > MOST_WAITING) return 'full'
    this.#waiting = Buffer.concat([this.#waiting, octets])
    this.#typeOn()
    return 'taken'
  }

  /** The next, once the guest has taken what was sent before. */
  #typeOn(): void {
    if (!this.#line || this.#waiting.length === 0 || this.#typed < this.#sent) return
    const octets = this.#waiting.subarray(0, MOST_TYPED)
    this.#waiting = this.#waiting.subarray(octets.length)
    this.#sent += octets.length
    this.#line.type(octets)
  }

  #close(): void {
    this.#line?.close()
    this.#line = undefined
    this.#ended ??= { cause: 'over', reason: 'nobody looked at it any more' }
    this.#onEmpty()
  }

  #wake(): void {
    for (const { viewer } of [...this.#seats]) viewer.wake()
  }
}
