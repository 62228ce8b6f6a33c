// The consoles of guests that somebody looks at: one for each guest, however many look.
import type { LineListener, OpenedLine, RefusedLine } from '../agents/console-lines.ts'
import type { Done } from '../outcome.ts'
import type { ConsoleOpen } from '../protocol/consoles.ts'
import { guestName } from '../protocol/requests/guest-config.ts'
import { uuid } from '../protocol/values.ts'
import { GuestConsole, SCROLL_BACK, type Seat, type Viewer } from './console.ts'
import { type ConsoleTicket, Tickets } from './tickets.ts'

export interface ConsolesOptions {
  /** A line to the guest's host. */
  readonly line: (host: string, guest: ConsoleOpen['guest'], back: number, listener: LineListener) => OpenedLine
  readonly elapsed: () => number
  readonly random: (bytes: number) => Buffer
  readonly after: (milliseconds: number, act: () => void) => () => void
}

/** Of all guests. */
const MOST_VIEWERS = 200
/** Milliseconds for the log of a guest. */
const LOG_PATIENCE = 10_000
/** Milliseconds for an agent that was there just now: it tries again after twelve seconds at most. */
const RETURN_PATIENCE = 30_000
const RETURN_LOOK = 250

export type ConsoleOf = Pick<ConsoleTicket, 'guest' | 'host'>

export class GuestConsoles {
  readonly #options: ConsolesOptions
  readonly #tickets: Tickets
  readonly #open = new Map<string, GuestConsole>()

  constructor(options: ConsolesOptions) {
    this.#options = options
    this.#tickets = new Tickets(options.elapsed, options.random)
  }

  issue(ticket: ConsoleTicket): string {
    return this.#tickets.issue(ticket)
  }

  redeem(secret: string, user: string): ConsoleTicket | undefined {
    return this.#tickets.redeem(secret, user)
  }

  /** With all others who look at it. An agent that was there just now is waited for: `awaited` is told why, once. */
  async attach(of: ConsoleOf, viewer: Viewer, awaited: (reason: string) => void = () => undefined): Promise<Done<Seat>> {
    return this.#whenBack(() => this.#attachNow(of, viewer), awaited)
  }

  async #whenBack(attach: () => Attached, awaited: (reason: string) => void): Promise<Attached> {
    const { elapsed, after } = this.#options
    const until = elapsed() + RETURN_PATIENCE
    for (let looks = 0; ; looks += 1) {
      const found = attach()
      if (found.kind === 'done' || !found.passes || elapsed() >= until) return found
      if (looks === 0) awaited(found.reason)
      await new Promise<void>((resolve) => after(RETURN_LOOK, resolve))
    }
  }

  #attachNow(of: ConsoleOf, viewer: Viewer): Attached {
    const viewers = [...this.#open.values()].reduce((sum, one) => sum + one.viewers, 0)
    if (viewers >= MOST_VIEWERS) return { kind: 'refused', reason: `${MOST_VIEWERS} consoles are looked at already`, passes: false }
    const key = keyOf(of)
    const known = this.#open.get(key)
    if (known) return { kind: 'done', value: known.take(viewer) }
    const opened = this.#begin(of, SCROLL_BACK, (one) => {
      if (this.#open.get(key) === one) this.#open.delete(key)
    })
    if (opened.kind !== 'done') return opened
    this.#open.set(key, opened.value)
    return { kind: 'done', value: opened.value.take(viewer) }
  }

  #begin({ guest, host }: ConsoleOf, back: number, onEmpty: (one: GuestConsole) => void): Begun<GuestConsole> {
    const [name, id] = [guestName.safeParse(guest.name), uuid.safeParse(guest.uuid)]
    if (!name.success || !id.success)
      return { kind: 'refused', reason: 'its name is none that the log of its console can be found by', passes: false }
    const opened: GuestConsole = new GuestConsole(() => onEmpty(opened))
    const line = this.#options.line(host, { uuid: id.data, name: name.data }, back, opened)
    if (line.kind === 'refused') return line
    opened.on(line.line)
    return { kind: 'done', value: opened }
  }

  /** Where nobody looks at it, no more of its log is sent than is asked for. */
  #seatFor(of: ConsoleOf, bytes: number, viewer: Viewer): Attached {
    if (this.#open.has(keyOf(of))) return this.#attachNow(of, viewer)
    const alone = this.#begin(of, bytes, () => undefined)
    return alone.kind === 'done' ? { kind: 'done', value: alone.value.take(viewer) } : alone
  }

  /** The end of what it has said. */
  async log(of: ConsoleOf, bytes: number): Promise<Done<Buffer>> {
    let wake: () => void = () => undefined
    const attached = await this.#whenBack(
      () => this.#seatFor(of, bytes, { wake: () => wake() }),
      () => undefined,
    )
    if (attached.kind !== 'done') return attached
    const seat = attached.value
    let octets = Buffer.alloc(0)
    let failed = ''
    const read = (): boolean => {
      for (;;) {
        const shown = seat.next(SCROLL_BACK)
        if (shown.kind === 'octets') octets = Buffer.concat([octets, shown.octets]).subarray(-bytes)
        if (shown.kind === 'ended' && shown.cause === 'failed') failed = shown.reason
        if (shown.kind === 'ended' || (shown.kind === 'nothing' && seat.isLive())) return true
        if (shown.kind === 'nothing') return false
      }
    }
    try {
      const isWhole = await new Promise<boolean>((resolve) => {
        const stop = this.#options.after(LOG_PATIENCE, () => resolve(false))
        wake = () => {
          if (!read()) return
          stop()
          resolve(true)
        }
        wake()
      })
      if (!isWhole && octets.length === 0) return { kind: 'refused', reason: `its host has not sent it in ${LOG_PATIENCE / 1000} s` }
      return octets.length === 0 && failed !== '' ? { kind: 'refused', reason: failed } : { kind: 'done', value: octets }
    } finally {
      seat.leave()
    }
  }
}

type Begun<Value> = { readonly kind: 'done'; readonly value: Value } | RefusedLine
type Attached = Begun<Seat>

const keyOf = ({ host, guest }: ConsoleOf): string => `${host} ${guest.uuid}`
