// Holds the tracker and does what it says: writes to the store first, tells the watchers after.

import type { HostKey } from '../boot/known-host.ts'
import type { Ipv4, Mac } from '../wire/addresses.ts'
import { explainDisk } from '../wire/disk.ts'
import { Emitter } from '../wire/emitter.ts'
import { limitLog } from '../wire/limit.ts'
import type { Log } from '../wire/log.ts'
import type { Attempt, Opening } from './attempt.ts'
import type { BootEvent, EventOf } from './event.ts'
import type { AttemptView } from './timeline.ts'
import {
  apply,
  applyAll,
  applyCapture,
  applyReport,
  attemptById,
  type Change,
  forget,
  macAt,
  type Observed,
  openAttempt,
  regrouped,
  type Tracker,
  tick,
  views,
  type Write,
} from './tracker.ts'

export interface AttemptRunnerOptions {
  readonly tracker: Tracker
  /** In one transaction; on disk when it returns. */
  readonly save: (writes: readonly Write[]) => void
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly newId: () => string
  /** Calls at the end of this turn. Left out: at once. */
  readonly later?: (action: () => void) => void
  readonly log: Log
}

export class AttemptRunner {
  readonly #options: AttemptRunnerOptions
  readonly #shown: Emitter<AttemptView>
  readonly #troubles: Log
  /** In the order in which they happened; everybody who asks sees them as noted. */
  #soon: Observed[] = []
  #current: Tracker

  constructor(options: AttemptRunnerOptions) {
    this.#options = options
    this.#shown = new Emitter(options.log, 'boot attempts')
    this.#troubles = limitLog(options.log, { lines: 5, windowSeconds: 60 }, options.now)
    this.#current = options.tracker
  }

  /** Of a host: it may begin an attempt. What cannot be written is not noted: whoever saw it has served the host, and goes on. */
  observe(mac: Mac, event: BootEvent): void {
    const { now, newId } = this.#options
    try {
      this.#adopt(apply(this.#tracker, mac, event, now(), newId()))
    } catch (error) {
      this.#troubles.error({ mac, event: event.kind, reason: explainDisk(error), err: error }, 'boot timeline not written')
    }
  }

  /** As `observe`, together with all that is observed in this turn: in one write. */
  observeSoon(mac: Mac, event: BootEvent): void {
    const { now, newId, later = (action) => action() } = this.#options
    this.#soon.push({ mac, event, at: now(), freshId: newId() })
    if (this.#soon.length === 1) later(() => this.#noteSoon())
  }

  #noteSoon(): void {
    const soon = this.#soon
    this.#soon = []
    if (soon.length === 0) return
    try {
      this.#adopt(applyAll(this.#current, soon))
    } catch (error) {
      this.#troubles.error({ events: soon.length, reason: explainDisk(error), err: error }, 'boot timeline not written')
    }
  }

  get #tracker(): Tracker {
    this.#noteSoon()
    return this.#current
  }

  /** The attempt that a request for a boot script, or of a host from a stick, belongs to, in the store when this returns. */
  open(mac: Mac, by: Opening = 'script'): Attempt {
    const { now, newId } = this.#options
    const change = openAttempt(this.#tracker, mac, now(), newId(), by)
    this.#adopt(change)
    return change.attempt
  }

  /** Undefined when it was taken, else why not. */
  report(id: string, peer: Ipv4, event: EventOf<'report'>, leasedTo: (mac: Mac) => Ipv4 | undefined): string | undefined {
    const change = applyReport(this.#tracker, id, peer, event, this.#options.now(), leasedTo)
    if (change.kind === 'refused') return change.reason
    this.#adopt(change)
    return undefined
  }

  /** What was on the wire in this attempt is kept. */
  captured(id: string, event: Omit<EventOf<'capture'>, 'kind'>): void {
    try {
      this.#adopt(applyCapture(this.#tracker, id, { kind: 'capture', ...event }, this.#options.now()))
    } catch (error) {
      this.#troubles.error({ attempt: id, reason: explainDisk(error), err: error }, 'boot timeline not written')
    }
  }

  /** To be called every second or so: what time alone changes. */
  tick(): void {
    this.#adopt({ ...tick(this.#tracker, this.#options.now()), write: [] })
  }

  /** All that is known of a host that is gone for good. */
  forget(mac: Mac): void {
    this.#adopt(forget(this.#tracker, mac))
  }

  /** Names of hosts, by each MAC of theirs, in the place of those before. */
  know(names: Tracker['names']): void {
    this.#current = { ...this.#tracker, names }
  }

  /** Of which host each MAC is from now on. */
  rekey(key: HostKey): void {
    this.#current = regrouped(this.#tracker, key)
  }

  views(): AttemptView[] {
    return views(this.#tracker, this.#options.now())
  }

  macAt(address: Ipv4): Mac | undefined {
    return macAt(this.#tracker, address)
  }

  attempt(id: string): Attempt | undefined {
    return attemptById(this.#tracker, id)
  }

  subscribe(watcher: (view: AttemptView) => void): () => void {
    return this.#shown.subscribe(watcher)
  }

  #adopt(change: Change): void {
    this.#options.save(change.write)
    this.#current = change.tracker
    for (const view of change.changed) {
      this.#shown.tell(view)
      const last = view.stages.at(-1)
      this.#options.log.debug({ host: view.host, attempt: view.id, state: view.state, stage: last?.stage }, 'boot attempt')
    }
  }
}
