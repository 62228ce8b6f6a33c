// Union-find: which of the numbers 0 to count - 1 have been joined, directly or by way of others.

export class DisjointSets {
  readonly #parents: number[]
  readonly #sizes: number[]

  constructor(count: number) {
    this.#parents = Array.from({ length: count }, (_, index) => index)
    this.#sizes = Array.from({ length: count }, () => 1)
  }

  /** The same for all of one set, until the next join. */
  root(index: number): number {
    let at = index
    for (let parent = this.#parents[at] ?? at; parent !== at; parent = this.#parents[at] ?? at) {
      this.#parents[at] = this.#parents[parent] ?? parent
      at = parent
    }
    return at
  }

  /** Of the set that it is in. */
  sizeOf(index: number): number {
    return this.#sizes[this.root(index)] ?? 1
  }

  join(a: number, b: number): void {
    const [one, other] = [this.root(a), this.root(b)]
    if (one === other) return
    const [large, small] = this.sizeOf(one) >= this.sizeOf(other) ? [one, other] : [other, one]
    this.#parents[small] = large
    this.#sizes[large] = this.sizeOf(large) + this.sizeOf(small)
  }
}
