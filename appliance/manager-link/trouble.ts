// What is wrong with the manager, said once while it stays so, whatever asks the manager finds it out; and when it is over.
import type { Log } from '../wire/log.ts'

export class Troubles {
  readonly #log: Log
  readonly #over: () => void
  /** By what was asked. */
  readonly #standing = new Map<string, string>()
  #said: string | undefined

  /** `over`: called when all goes well again that did not before. */
  constructor(log: Log, over: () => void) {
    this.#log = log
    this.#over = over
  }

  /** `reason`: undefined when it went well. */
  note(asked: string, reason: string | undefined): void {
    if (reason === undefined) this.#standing.delete(asked)
    else this.#standing.set(asked, reason)
    if (this.#standing.size > 0) {
      if (reason === undefined || reason === this.#said) return
      this.#log.warn({ reason }, 'manager: it cannot be asked or told; hosts boot all the same')
      this.#said = reason
    } else if (this.#said !== undefined) {
      this.#log.info({}, 'manager: it answers again')
      this.#said = undefined
      this.#over()
    }
  }
}
