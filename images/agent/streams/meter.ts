// Counts what goes over, says how fast, and how long to wait so that it is no faster than it may be. Pure; times are steady milliseconds.

/** Milliseconds that a rate is the average of. */
const WINDOW = 2000
/** Milliseconds of its rate that may go at once. */
const BURST = 50

export class Meter {
  #bytes = 0
  #marks: { readonly at: number; readonly bytes: number }[] = []
  #limit: number | undefined
  /** When the next byte may go. */
  #free = 0

  get bytes(): number {
    return this.#bytes
  }

  /** Bytes a second from now on; undefined: as fast as it goes. */
  pace(bytesPerSecond: number | undefined, now: number): void {
    this.#limit = bytesPerSecond
    this.#free = now
  }

  /** So much goes now. Milliseconds until more may. */
  count(bytes: number, now: number): number {
    this.#bytes += bytes
    const last = this.#marks.at(-1)
    if (last === undefined || now - last.at >= WINDOW / 20) this.#marks.push({ at: now, bytes: this.#bytes - bytes })
    while (this.#marks.length > 2 && now - (this.#marks[1]?.at ?? now) >= WINDOW) this.#marks.shift()
    if (this.#limit === undefined) return 0
    this.#free = Math.max(this.#free, now - BURST) + (bytes / this.#limit) * 1000
    return Math.max(0, this.#free - now)
  }

  /** Bytes a second, lately. */
  rate(now: number): number {
    const first = this.#marks[0]
    if (first === undefined || now <= first.at) return 0
    return Math.round(((this.#bytes - first.bytes) / (now - first.at)) * 1000)
  }
}
