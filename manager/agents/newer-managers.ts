// Agents that have heard a newer manager than this one: another works on the same hosts, or this one's database was lost with its epoch.
import type { HeardEpochs } from './connection.ts'

/** By host, the epoch, as they said when they came. */
export class NewerManagers implements HeardEpochs {
  readonly #heard = new Map<string, number>()

  heard(host: string, epoch: number): void {
    this.#heard.set(host, epoch)
  }

  obeys(host: string): void {
    this.#heard.delete(host)
  }

  all(): ReadonlyMap<string, number> {
    return this.#heard
  }
}
