// Gives every host the site's properties: with each of its agent's connections, when it is approved, and when they change.
import type { Asked } from '../agents/questions.ts'
import { mayBeAsked } from '../enrolment/standing.ts'
import type { HostView } from '../hosts/pool-change.ts'
import type { RequestBody } from '../protocol/requests.ts'
import { type Attempt, Attempts, type AttemptsDeps } from './attempts.ts'
import type { KnownPool } from '../hosts/known-pool.ts'

export interface PropertiesDeps extends Omit<AttemptsDeps, 'act'> {
  readonly pool: KnownPool
  readonly request: (host: string, body: RequestBody) => Promise<Asked>
}

export class PropertyGiver {
  readonly #deps: PropertiesDeps
  readonly #attempts: Attempts
  readonly #failed = new Set<string>()
  readonly #withheld = new Set<string>()
  readonly #stop: () => void
  #text: string

  constructor(deps: PropertiesDeps, text: string) {
    this.#deps = deps
    this.#text = text
    this.#attempts = new Attempts({ ...deps, act: (host) => this.#give(host) })
    this.#stop = deps.pool.subscribe((change) => {
      if (change.kind === 'connected') this.#attempts.anew(change.host)
      if (change.kind === 'host') this.#hear(change.host)
    })
  }

  set(text: string): void {
    this.#text = text
    for (const { id, connection } of this.#deps.pool.hosts()) if (connection) this.#attempts.anew(id)
  }

  close(): void {
    this.#stop()
    this.#attempts.close()
  }

  /** One that has been approved since its agent came; what a machine was given before it had to be approved anew does not count. */
  #hear({ id, state, connection }: HostView): void {
    if (!mayBeAsked(state)) this.#withheld.add(id)
    else if (connection && this.#withheld.delete(id)) this.#attempts.anew(id)
  }

  async #give(id: string): Promise<Attempt> {
    const { pool, request } = this.#deps
    const host = pool.host(id)
    if (!host?.connection || !mayBeAsked(host.state)) return 'done'
    const inventory = await pool.inventory(id)
    if (this.#text === '' && (inventory?.properties ?? []).length === 0) return 'done'
    const asked = await request(id, { kind: 'set-properties', text: this.#text })
    if (asked.kind === 'refused') return asked.cause === 'silent' ? 'again' : 'done'
    if (asked.answer.kind !== 'refused') {
      if (this.#failed.delete(id)) await pool.clearAlarm(`properties-failed ${id}`, 'manager')
      return 'done'
    }
    const text = `${host.name} does not take the site's properties: ${asked.answer.reason}. It is tried again by itself`
    if (!this.#failed.has(id)) await pool.alarm({ kind: 'properties-failed', about: id, host: id, text })
    this.#failed.add(id)
    return 'again'
  }
}
