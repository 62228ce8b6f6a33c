// A source of conditions, with what it has said put together: what is true now.
import type { Condition, ReportingHost, Source } from '../../../manager/alarms/condition.ts'

export class Watched {
  readonly #source: Source
  readonly #said = new Map<string, readonly Condition[]>()

  constructor(source: Source) {
    this.#source = source
  }

  tell(...hosts: readonly ReportingHost[]): readonly Condition[] {
    for (const host of hosts) this.#source.update(host)
    return this.#now()
  }

  remove(id: string): readonly Condition[] {
    this.#source.remove(id)
    return this.#now()
  }

  #now(): readonly Condition[] {
    for (const { subject, conditions } of this.#source.findings()) this.#said.set(subject, conditions)
    return [...this.#said.values()].flat()
  }
}
