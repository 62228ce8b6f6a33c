// Hosts whose clocks are far from the manager's. Where most of them are, it is the manager's own that is wrong, and one alarm says so.

import { sayDuration } from '../wording.ts'
import type { Condition, Finding } from './condition.ts'

/** Milliseconds: far enough to mislead; and near enough to be well again. A busy manager hears a sample seconds late. */
const FAR = 30_000
const NEAR = 15_000
/** With fewer hosts there is no telling whose clock is wrong. */
const ENOUGH = 3

const ALL = 'all clocks'

export class Clocks {
  readonly #heard = new Set<string>()
  readonly #far = new Map<string, { readonly name: string; readonly ahead: number }>()
  readonly #touched = new Set<string>()
  #most = false

  /** `ahead`: of the manager's clock, ms; negative for one that is behind. */
  heard(id: string, name: string, ahead: number): void {
    this.#heard.add(id)
    const before = this.#far.get(id)
    const limit = before ? NEAR : FAR
    if (Math.abs(ahead) <= limit) {
      if (before) this.#leave(id)
      return
    }
    if (before?.name === name && sayAhead(before.ahead) === sayAhead(ahead)) return
    this.#far.set(id, { name, ahead })
    this.#touched.add(id)
  }

  /** It says nothing any more. */
  gone(id: string): void {
    this.#heard.delete(id)
    if (this.#far.has(id)) this.#leave(id)
  }

  findings(): readonly Finding[] {
    const most = this.#far.size >= ENOUGH && this.#far.size * 2 > this.#heard.size
    if (most !== this.#most) for (const id of this.#far.keys()) this.#touched.add(id)
    this.#most = most
    const found = [...this.#touched].map((id): Finding => ({ subject: id, conditions: most ? [] : this.#of(id) }))
    this.#touched.clear()
    return [{ subject: ALL, conditions: most ? [MANAGERS] : [] }, ...found]
  }

  #leave(id: string): void {
    this.#far.delete(id)
    this.#touched.add(id)
  }

  #of(id: string): readonly Condition[] {
    const far = this.#far.get(id)
    if (!far) return []
    const text = `the clock of ${far.name} is ${sayAhead(far.ahead)} the manager's: let both take the time from the same NTP servers`
    return [{ kind: 'clock-differs', about: id, host: id, text }]
  }
}

/** Seconds would change from sample to sample. */
function sayAhead(ahead: number): string {
  const span = Math.abs(ahead) < 60_000 ? 'less than a minute' : sayDuration(ahead)
  return `${span} ${ahead > 0 ? 'ahead of' : 'behind'}`
}

const MANAGERS: Condition = {
  kind: 'clock-differs',
  about: 'manager',
  text: "the clocks of most hosts differ from the manager's: its own is wrong, or theirs are. Let all take the time from the same NTP servers",
}
