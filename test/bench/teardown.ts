// What is to be taken down when a run ends, in whatever way: the newest first.

export class Teardown {
  readonly #open: (() => Promise<void>)[] = []

  /** Gives a function that takes it down now; `close` is called once, however often and by whom it is asked for. */
  add(close: () => Promise<void>): () => Promise<void> {
    let closing: Promise<void> | undefined
    const once = () => {
      closing ??= close()
      return closing
    }
    this.#open.push(once)
    return () => {
      const index = this.#open.indexOf(once)
      if (index >= 0) this.#open.splice(index, 1)
      return once()
    }
  }

  /** Work that ends by itself once it is told to: what is taken down waits for it. */
  async during<Value>(work: Promise<Value>): Promise<Value> {
    const settled = work.then(
      () => undefined,
      () => undefined,
    )
    const forget = this.add(() => settled)
    try {
      return await work
    } finally {
      await forget()
    }
  }

  /** Goes on over failures; rejects with the first one when all have been tried. */
  async all(): Promise<void> {
    const failures: unknown[] = []
    for (const close of this.#open.splice(0).reverse()) await close().catch((error: unknown) => failures.push(error))
    if (failures.length > 0) throw failures[0]
  }
}
