// Answers that were given, by the request's id: one that is asked for again, or comes twice, has one effect. Bounded by count and by
// bytes; the oldest go first. Pure.
import type { AnswerBody } from '../../../manager/protocol/requests.ts'

export interface Remembered {
  /** Hash of what was asked under this id. */
  readonly asked: string
  readonly answer: AnswerBody
}

export interface MemoryLimits {
  readonly count: number
  /** UTF-16 units of the answers. */
  readonly length: number
}

/** A scan may have found 4 MB of names; all others are short. */
export const MEMORY_LIMITS: MemoryLimits = { count: 512, length: 8 << 20 }

export class Memory {
  readonly #limits: MemoryLimits
  readonly #kept = new Map<string, Remembered & { readonly length: number }>()
  #length = 0

  constructor(limits: MemoryLimits = MEMORY_LIMITS) {
    this.#limits = limits
  }

  get(id: string): Remembered | undefined {
    return this.#kept.get(id)
  }

  /** The ids that are forgotten for it; its own, where it is longer than all that may be kept. */
  keep(id: string, remembered: Remembered): readonly string[] {
    this.#forget(id)
    const length = JSON.stringify(remembered.answer).length
    if (length > this.#limits.length) return [id]
    this.#kept.set(id, { ...remembered, length })
    this.#length += length
    const forgotten: string[] = []
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#limits.count && this.#length <= this.#limits.length) break
      this.#forget(oldest)
      forgotten.push(oldest)
    }
    return forgotten
  }

  #forget(id: string): void {
    this.#length -= this.#kept.get(id)?.length ?? 0
    this.#kept.delete(id)
  }
}
