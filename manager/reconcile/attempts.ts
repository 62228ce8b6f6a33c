// Things to be done at hosts until they are done: one at a time for each key, after a failure again, later and later.

export type Attempt = 'done' | 'again'

export interface AttemptsDeps {
  /** What is to be done, by key; what it rejects with is a failure, too. */
  readonly act: (key: string) => Promise<Attempt>
  /** Calls once, so many milliseconds from now, unless what it returns is called before. */
  readonly after: (milliseconds: number, action: () => void) => () => void
  /** From 0 to 1. */
  readonly random: () => number
}

interface Pursued {
  circumstances: string
  failures: number
  acting: boolean
  /** Asked for while it was being done. */
  once: boolean
  cancel: (() => void) | undefined
}

const FIRST = 5_000
const LONGEST = 600_000

/** Milliseconds after so many failures in a row: doubled each time, and spread so that hosts do not come together. */
export function pauseAfter(failures: number, random: number): number {
  return Math.min(LONGEST, FIRST * 2 ** Math.max(0, failures - 1)) * (0.75 + random / 2)
}

export class Attempts {
  readonly #deps: AttemptsDeps
  readonly #pursued = new Map<string, Pursued>()
  #closed = false

  constructor(deps: AttemptsDeps) {
    this.#deps = deps
  }

  /** Now, unless it waits for its time after a failure: under other circumstances than that was, the failures before do not count. */
  want(key: string, circumstances = ''): void {
    const one = this.#of(key, circumstances)
    if (one.circumstances !== circumstances) {
      one.circumstances = circumstances
      one.failures = 0
      one.cancel?.()
      one.cancel = undefined
    }
    if (!one.cancel) this.#go(key, one)
  }

  /** Nothing more of it. */
  drop(key: string): void {
    this.#pursued.get(key)?.cancel?.()
    this.#pursued.delete(key)
  }

  close(): void {
    this.#closed = true
    for (const key of [...this.#pursued.keys()]) this.drop(key)
  }

  #of(key: string, circumstances: string): Pursued {
    const known = this.#pursued.get(key)
    if (known) return known
    const fresh: Pursued = { circumstances, failures: 0, acting: false, once: false, cancel: undefined }
    this.#pursued.set(key, fresh)
    return fresh
  }

  #go(key: string, one: Pursued): void {
    if (this.#closed) return
    one.once = one.acting
    if (one.acting) return
    one.acting = true
    void this.#deps
      .act(key)
      .catch((): Attempt => 'again')
      .then((attempt) => this.#settle(key, one, attempt))
  }

  #settle(key: string, one: Pursued, attempt: Attempt): void {
    one.acting = false
    if (this.#closed || this.#pursued.get(key) !== one) return
    if (one.once) {
      this.#go(key, one)
    } else if (attempt === 'done') {
      this.#pursued.delete(key)
    } else {
      one.failures += 1
      one.cancel = this.#deps.after(pauseAfter(one.failures, this.#deps.random()), () => {
        one.cancel = undefined
        this.#go(key, one)
      })
    }
  }
}
