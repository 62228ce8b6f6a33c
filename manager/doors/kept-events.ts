// Server-sent events (WHATWG HTML, 9.2) with ids, kept for readers that were away: whoever shows the last id that it has heard is told
// the rest. Ids are of one start of the manager.

const MOST_KEPT = 4096

export class KeptEvents {
  readonly #epoch: number
  readonly #most: number
  /** As written; the last has the id `#last`. */
  #kept: string[] = []
  #last = 0

  /** `epoch`: of this start of the manager. `most`: events that are kept. */
  constructor(epoch: number, most = MOST_KEPT) {
    this.#epoch = epoch
    this.#most = most
  }

  /** Of what was kept last. */
  get last(): string {
    return `${this.#epoch}-${this.#last}`
  }

  /** The same event with its id, as it is to be written. */
  keep(text: string): string {
    this.#last += 1
    const told = `id: ${this.last}\n${text}`
    this.#kept.push(told)
    if (this.#kept.length > 2 * this.#most) this.#kept = this.#kept.slice(-this.#most)
    return told
  }

  /** What was told since; undefined: not all of it is known here. */
  since(id: string): string | undefined {
    const [, epoch, number] = /^(\d{1,15})-(\d{1,15})$/.exec(id) ?? []
    const missing = this.#last - Number(number ?? Number.NaN)
    if (Number(epoch) !== this.#epoch || !(missing >= 0 && missing <= this.#kept.length)) return undefined
    return missing === 0 ? '' : this.#kept.slice(-missing).join('')
  }
}
