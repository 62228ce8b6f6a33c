// The hosts of a pool, by id, and in the order of their names.
import type { HostRecord } from '../store/tables/hosts.ts'
import { type LiveHost, take } from './live-host.ts'

const NUMBERS = new Intl.Collator('en', { numeric: true })
/** No two names are alike: of `node1` and `node01`, which have one number, each has its place. */
const byName = (a: string, b: string): number => NUMBERS.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0)

export class HostsByName {
  readonly #byId = new Map<string, LiveHost>()
  /** Undefined: to be sorted anew. */
  #sorted: readonly LiveHost[] | undefined

  get byId(): ReadonlyMap<string, LiveHost> {
    return this.#byId
  }

  get(id: string): LiveHost | undefined {
    return this.#byId.get(id)
  }

  /** By id or name. */
  find(ref: string): LiveHost | undefined {
    return this.#byId.get(ref) ?? [...this.#byId.values()].find(({ record }) => record.name === ref)
  }

  add(live: LiveHost): LiveHost {
    this.#byId.set(live.record.id, live)
    this.#sorted = undefined
    return live
  }

  /** What has been written of it. */
  take(live: LiveHost, record: HostRecord): void {
    if (record.name !== live.record.name) this.#sorted = undefined
    take(live, record)
  }

  inOrder(): readonly LiveHost[] {
    this.#sorted ??= [...this.#byId.values()].sort((a, b) => byName(a.record.name, b.record.name))
    return this.#sorted
  }

  /** At most so many, from behind this name on, whether or not a host has it. */
  behind(name: string | undefined, most: number): readonly LiveHost[] {
    const all = this.inOrder()
    let [from, to] = [0, name === undefined ? 0 : all.length]
    while (name !== undefined && from < to) {
      const middle = (from + to) >> 1
      if (byName(all[middle]?.record.name ?? '', name) > 0) to = middle
      else from = middle + 1
    }
    return all.slice(from, from + most)
  }
}
