// Who asks the agents of hosts whether they are still there, as another machine says that it is one of them: once a host at a time,
// whoever waits for it.
import type { Probe } from '../enrolment/decide.ts'
import type { AgentConnection } from './connection.ts'

/** At a time: a hall that gets its power back leaves as many connections behind. */
const MOST = 2048

export class Probes {
  readonly #limit: number
  readonly #running = new Map<string, Promise<Probe>>()

  /** `limit`: milliseconds for an answer. */
  constructor(limit: number) {
    this.#limit = limit
  }

  ask(connection: AgentConnection): Promise<Probe> {
    const { host } = connection
    const running = this.#running.get(host)
    if (running) return running
    if (this.#running.size >= MOST) return Promise.resolve('busy')
    const asked = connection.probe(this.#limit).finally(() => this.#running.delete(host))
    this.#running.set(host, asked)
    return asked
  }
}
