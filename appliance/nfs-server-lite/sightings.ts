// Which clients have used which generation, and when last: a generation in use must not be removed.
// An observation only; a restart forgets it and the next call of each client tells it again.
import type { Generation } from '../wire/generation.ts'

export interface Sighting {
  readonly clientAddress: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** Addresses that are kept for one generation at most; the longest unseen go first. */
const MOST_ADDRESSES = 4096

export class Sightings {
  readonly #byGeneration = new Map<Generation, Map<string, number>>()

  saw(generation: Generation, clientAddress: string, at: number): void {
    let addresses = this.#byGeneration.get(generation)
    if (!addresses) {
      addresses = new Map()
      this.#byGeneration.set(generation, addresses)
    }
    if (addresses.get(clientAddress) === at) return
    // Deleted first, so that the map stays in the order of the last use.
    addresses.delete(clientAddress)
    addresses.set(clientAddress, at)
    if (addresses.size <= MOST_ADDRESSES) return
    for (const oldest of addresses.keys()) {
      addresses.delete(oldest)
      return
    }
  }

  /** Of every generation that was used, the clients, longest unseen first. */
  list(): ReadonlyMap<Generation, readonly Sighting[]> {
    const lists = new Map<Generation, readonly Sighting[]>()
    for (const [generation, addresses] of this.#byGeneration) {
      lists.set(
        generation,
        Array.from(addresses, ([clientAddress, at]) => ({ clientAddress, at })),
      )
    }
    return lists
  }
}
