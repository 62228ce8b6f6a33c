// What the manager has not heard yet of what hosts can boot once from this appliance. Each push says it; where it is another than was told,
// one goes out that says nothing else, in a form that an older manager takes, too. Pure.
import type { Source } from './source.ts'

export class ToolNews {
  #there: readonly string[]
  #told: readonly string[] | undefined

  constructor(there: readonly string[]) {
    this.#there = there
  }

  get there(): readonly string[] {
    return this.#there
  }

  /** It has been looked again. */
  found(there: readonly string[]): void {
    if (there.join() !== this.#there.join()) this.#there = there
  }

  /** They may have been missed. */
  again(): void {
    this.#told = undefined
  }

  readonly source: Source = () => {
    const there = this.#there
    if (this.#told === there) return undefined
    const acknowledged = () => {
      this.#told = there
    }
    return { path: '/appliance/attempts', body: { attempts: [] }, acknowledged }
  }
}
