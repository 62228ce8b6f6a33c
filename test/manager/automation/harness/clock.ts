// The time of a simulated run: it jumps from one thing that is due to the next.
import type { After } from '../../../../appliance/wire/timers.ts'

interface Due {
  readonly at: number
  readonly order: number
  readonly action: () => void
}

export class SimulatedClock {
  #time = 1_790_000_000_000
  #order = 0
  readonly #due = new Set<Due>()

  now(): number {
    return this.#time
  }

  readonly after: After = (milliseconds, action) => {
    this.#order += 1
    const due = { at: this.#time + Math.max(0, milliseconds), order: this.#order, action }
    this.#due.add(due)
    return () => void this.#due.delete(due)
  }

  /** False when nothing is due until then. */
  step(until: number): boolean {
    let next: Due | undefined
    for (const due of this.#due) {
      if (!next || due.at < next.at || (due.at === next.at && due.order < next.order)) next = due
    }
    if (!next || next.at > until) {
      this.#time = Math.max(this.#time, until)
      return false
    }
    this.#due.delete(next)
    this.#time = next.at
    next.action()
    return true
  }
}
