// What wakes who waits for news: an event, a window that has changed, or the time.
import { setTimeout as delay } from 'node:timers/promises'

/** Rung while nobody waits, it is heard by the next who does. */
export class Bell {
  #isRung = false
  #wake: () => void = () => undefined

  ring(): void {
    this.#isRung = true
    this.#wake()
  }

  /** `late`: nothing came in that time, or it was stopped. */
  async rung(milliseconds: number, stop: AbortSignal): Promise<'rung' | 'late'> {
    const late = new AbortController()
    if (!this.#isRung) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      await Promise.race([woken, pause(milliseconds, AbortSignal.any([stop, late.signal]))])
    }
    late.abort()
    const how = this.#isRung ? 'rung' : 'late'
    this.#isRung = false
    this.#wake = () => undefined
    return how
  }
}

export async function pause(milliseconds: number, stop: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal: stop }).catch(() => undefined)
}
