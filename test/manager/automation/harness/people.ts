// Those who start automations: each asks under a key of its own, and asks the same again where nobody has answered.
import type { Start } from '../../../../manager/automation/runner.ts'
import type { SimulatedClock } from './clock.ts'
import type { Managers } from './managers.ts'

export interface PeopleOptions {
  readonly clock: SimulatedClock
  readonly managers: Managers
  readonly broken: string[]
}

/** Milliseconds until the same is asked again. */
const AGAIN = 20_000
const NOBODY_THERE = 2000

export class People {
  readonly #options: PeopleOptions
  /** By who and key. */
  readonly #acknowledged = new Map<string, string>()
  /** How many wait for a word. */
  #waiting = 0

  constructor(options: PeopleOptions) {
    this.#options = options
  }

  /** Ids of what was said to have been started. */
  acknowledged(): readonly string[] {
    return [...this.#acknowledged.values()]
  }

  get waiting(): number {
    return this.#waiting
  }

  ask(start: Start & { readonly key: string }): void {
    this.#waiting += 1
    void this.#ask(start, () => {
      this.#waiting -= 1
    })
  }

  async #ask(start: Start & { readonly key: string }, heard: () => void): Promise<void> {
    const { clock, managers } = this.#options
    const newest = managers.newest()
    if (!newest) return void clock.after(NOBODY_THERE, () => void this.#ask(start, heard))
    const lasts = { isOver: false }
    // Of a manager that has ended nobody hears.
    clock.after(AGAIN, () => {
      if (!lasts.isOver) void this.#ask(start, heard)
    })
    const started = await newest.serving.start(start).catch(() => undefined)
    if (lasts.isOver || !started || (started.kind === 'refused' && managers.newest() !== newest)) return
    lasts.isOver = true
    heard()
    if (started.kind === 'done') this.#acknowledge(`${start.who} ${start.key}`, started.value.id)
    else if (!isTold(started))
      this.#options.broken.push(`${start.who} was refused without a word of who holds it, or of what has changed: ${started.reason}`)
  }

  #acknowledge(key: string, id: string): void {
    const before = this.#acknowledged.get(key)
    if (before !== undefined && before !== id) this.#options.broken.push(`the key ${key} has started ${before} and ${id}`)
    this.#acknowledged.set(key, id)
  }
}

/** What it was planned by may have changed before it came through. */
function isTold(started: { readonly kind: string; readonly code?: string; readonly reason: string }): boolean {
  if (started.kind !== 'refused') return false
  return started.code === 'outdated' || (started.code === 'locked' && /held by automation/.test(started.reason))
}
