// The hosts of one product that see one LUN, and which of them has most paths to it.
import { isDeepStrictEqual } from 'node:util'
import type { PathsByPort } from '../store/tables/multipaths.ts'

export interface Seer {
  readonly name: string
  readonly paths: number
  /** Where they lead; undefined where that is not known. */
  readonly ports?: PathsByPort | undefined
}

export class Seers {
  readonly #seers = new Map<string, Seer>()
  #most: Seer | undefined

  get size(): number {
    return this.#seers.size
  }

  ids(): Iterable<string> {
    return this.#seers.keys()
  }

  /** Of several the first by name. */
  get most(): Seer | undefined {
    return this.#most
  }

  /** By the host's id; undefined: it sees it no more. Whether `most` is another now. */
  put(id: string, seer: Seer | undefined): boolean {
    const before = this.#most
    const own = this.#seers.get(id)
    if (seer) this.#seers.set(id, seer)
    else this.#seers.delete(id)
    if (own !== undefined && own === before) this.#most = [...this.#seers.values()].reduce<Seer | undefined>(firstOf, undefined)
    else if (seer) this.#most = firstOf(before, seer)
    return !isSameSeer(before, this.#most)
  }
}

/** Of which nobody is judged otherwise. */
export function isSameSeer(one: Seer | undefined, other: Seer | undefined): boolean {
  return one?.name === other?.name && one?.paths === other?.paths && isDeepStrictEqual(one?.ports, other?.ports)
}

function firstOf(one: Seer | undefined, other: Seer): Seer {
  if (!one || other.paths > one.paths) return other
  return other.paths === one.paths && other.name < one.name ? other : one
}
