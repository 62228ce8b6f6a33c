// By which certificate each host's agent was connected last, and when that was, by a clock that does not jump.

export class Admitted {
  readonly #elapsed: () => number
  /** Of hosts that the store knows, and no others. */
  readonly #last = new Map<string, { readonly fingerprint: string; readonly at: number }>()

  /** `elapsed`: milliseconds. */
  constructor(elapsed: () => number) {
    this.#elapsed = elapsed
  }

  /** Its connection begins, or ends. */
  note(host: string, fingerprint: string): void {
    this.#last.set(host, { fingerprint, at: this.#elapsed() })
  }

  /** `milliseconds`: how long ago is lately. */
  was(host: string, fingerprint: string, milliseconds: number): 'lately' | 'not lately' {
    const last = this.#last.get(host)
    return last?.fingerprint === fingerprint && this.#elapsed() - last.at < milliseconds ? 'lately' : 'not lately'
  }
}
