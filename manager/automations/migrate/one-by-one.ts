// What is planned and begun one after the other, so that each plan sees those before it.

/** In the order of their coming. */
export class OneByOne {
  #last: Promise<unknown> = Promise.resolve()

  next<Value>(act: () => Promise<Value>): Promise<Value> {
    const mine = this.#last.then(act)
    this.#last = mine.catch(() => undefined)
    return mine
  }
}
