// A binary heap of addresses by the moment from which each is free: the earliest on top, each in it once. Pure.

/** Of an address, as a number; changed by its heap alone. */
export interface Entry {
  readonly address: number
  /** Milliseconds since the epoch. */
  from: number
  /** Where it lies in the heap. */
  slot: number
}

export class ExpiryHeap<Item extends Entry> {
  readonly #items: Item[] = []

  get top(): Item | undefined {
    return this.#items[0]
  }

  add(item: Item): void {
    this.#items.push(item)
    this.#place(item, this.#items.length - 1)
    this.#rise(item)
  }

  /** To be called when `from` of an item that is in it has changed. */
  moved(item: Item): void {
    this.#rise(item)
    this.#sink(item)
  }

  remove(item: Item): void {
    const last = this.#items.pop()
    if (!last || last === item) return
    this.#place(last, item.slot)
    this.moved(last)
  }

  #rise(item: Item): void {
    while (item.slot > 0) {
      const parent = this.#items[(item.slot - 1) >> 1]
      if (!parent || !isBefore(item, parent)) return
      this.#swap(item, parent)
    }
  }

  #sink(item: Item): void {
    for (;;) {
      const [left, right] = [this.#items[2 * item.slot + 1], this.#items[2 * item.slot + 2]]
      const child = left && right && isBefore(right, left) ? right : left
      if (!child || !isBefore(child, item)) return
      this.#swap(child, item)
    }
  }

  #swap(one: Item, other: Item): void {
    const { slot } = one
    this.#place(one, other.slot)
    this.#place(other, slot)
  }

  #place(item: Item, slot: number): void {
    this.#items[slot] = item
    item.slot = slot
  }
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.from === other.from ? one.address < other.address : one.from < other.from
}
