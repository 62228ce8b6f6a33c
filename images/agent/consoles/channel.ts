// One guest's console: its log as it grows, what is typed into its terminal, and when it has ended. It looks at the world when it is
// polled, and never while a look before is under way.
import { type ConsoleEnd, type ConsoleOpen, MOST_SAID } from '../../../manager/protocol/consoles.ts'
import type { Backend, Clock } from '../backend.ts'
import { findDomain } from '../guests/domain.ts'
import { isOthers, logPath } from './owner.ts'
import { type Logs, type Piece, Tail } from './tail.ts'

/** Where what is typed goes. */
export interface Terminals {
  /** How much of it was taken: none, while the guest does not read. Rejects where it cannot be written to at all. */
  type(path: string, octets: Uint8Array): Promise<number>
}

export interface ConsoleMeans {
  readonly backend: Backend
  readonly clock: Pick<Clock, 'steady' | 'after'>
  readonly logs: Logs
  readonly terminals: Terminals
}

export type Polled =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'said'; readonly piece: Piece; readonly typed: number; readonly problem: string | undefined }
  | ({ readonly kind: 'ended' } & ConsoleEnd)

/** Milliseconds between looks whether it still runs. */
const LOOK = 2500
/** Looks without a domain after which it has ended: a reboot makes another. */
const MISSED = 2
/** Bytes that wait to be typed. */
const MOST_PENDING = 16 << 10

type Standing = { readonly kind: 'unknown' } | { readonly kind: 'runs'; readonly domid: number; readonly terminal: string } | Ending
type Ending = { readonly kind: 'ending'; readonly reason: string }

export class Channel {
  readonly #means: ConsoleMeans
  readonly #guest: ConsoleOpen['guest']
  readonly #tail: Tail
  #standing: Standing = { kind: 'unknown' }
  #isOthers: boolean | undefined
  #looking = false
  #nextLook = Number.NEGATIVE_INFINITY
  #missed = 0
  #hasRun = false
  #pending = Buffer.alloc(0)
  #typed = 0
  #told = { typed: 0, live: false }

  constructor(means: ConsoleMeans, { guest, back }: ConsoleOpen) {
    this.#means = means
    this.#guest = guest
    this.#tail = new Tail(means.logs, logPath(guest.name), back)
  }

  /** What is more than may wait is dropped: a manager sends the next when the one before was taken. */
  type(octets: Buffer): void {
    if (this.#pending.length + octets.length <= MOST_PENDING) this.#pending = Buffer.concat([this.#pending, octets])
  }

  async poll(): Promise<Polled> {
    const { clock } = this.#means
    if (!this.#looking && this.#standing.kind !== 'ending' && clock.steady() >= this.#nextLook) void this.#look()
    this.#isOthers ??= await isOthers(this.#means.backend, this.#guest)
    if (this.#isOthers)
      return { kind: 'ended', cause: 'failed', reason: `what is kept here was said by another guest that was called ${this.#guest.name}` }
    const problem = await this.#write()
    const piece = await this.#tail.next(MOST_SAID)
    if ('unreadable' in piece)
      return { kind: 'ended', cause: 'failed', reason: `the log of its console cannot be read: ${piece.unreadable}` }
    const isNews = piece.octets.length > 0 || piece.skipped || piece.live !== this.#told.live || this.#typed !== this.#told.typed
    if (isNews || problem !== undefined) {
      this.#told = { typed: this.#typed, live: piece.live }
      return { kind: 'said', piece, typed: this.#typed, problem }
    }
    return this.#standing.kind === 'ending' && piece.live
      ? { kind: 'ended', cause: 'over', reason: this.#standing.reason }
      : { kind: 'nothing' }
  }

  /** Why it could not be typed; then it is dropped. */
  async #write(): Promise<string | undefined> {
    if (this.#pending.length === 0 || this.#standing.kind === 'unknown') return undefined
    const octets = this.#pending
    if (this.#standing.kind === 'ending') return this.#drop(octets, this.#standing.reason)
    try {
      const taken = await this.#means.terminals.type(this.#standing.terminal, octets)
      this.#typed += taken
      this.#pending = this.#pending.subarray(taken)
      return undefined
    } catch (error) {
      return this.#drop(octets, `its terminal takes nothing: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  #drop(octets: Buffer, reason: string): string {
    this.#typed += octets.length
    this.#pending = this.#pending.subarray(octets.length)
    return reason
  }

  async #look(): Promise<void> {
    this.#looking = true
    try {
      const found = await this.#find()
      if (found.kind === 'ending') this.#missed += 1
      else this.#missed = 0
      if (found.kind === 'runs') this.#hasRun = true
      // One that was never there is not waited for.
      if (found.kind !== 'ending' || !this.#hasRun || this.#missed >= MISSED) this.#standing = found
    } finally {
      this.#nextLook = this.#means.clock.steady() + LOOK
      this.#looking = false
    }
  }

  async #find(): Promise<Standing> {
    const { backend } = this.#means
    const { name, uuid } = this.#guest
    const before = this.#standing
    if (before.kind === 'runs' && (await terminalOf(backend, before.domid)) === before.terminal) return before
    const found = await findDomain(backend, uuid)
    switch (found.kind) {
      case 'unknown':
        return before
      case 'none':
        return { kind: 'ending', reason: this.#hasRun ? `${name} has ended` : `${name} does not run: this was the end of its log` }
      case 'domain': {
        const { domid } = found.domain
        const terminal = await terminalOf(backend, domid)
        return terminal === undefined ? { kind: 'unknown' } : { kind: 'runs', domid, terminal }
      }
    }
  }
}

/** Undefined: it has none yet, or none any more. */
async function terminalOf(backend: Backend, domid: number): Promise<string | undefined> {
  const ran = await backend.run(['xenstore-read', `/local/domain/${domid}/console/tty`])
  const path = ran.kind === 'ended' && ran.exitCode === 0 ? ran.stdout.trim() : ''
  // It stands where a guest's own entries stand: what is no pseudo-terminal is not written to.
  return /^\/dev\/pts\/\d{1,6}$/.test(path) ? path : undefined
}
