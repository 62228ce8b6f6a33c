// Gives every host the site's properties: once in each of its agent's connections and since it is trusted, and when they change. What
// an agent holds of them it does not say, so what it has taken is remembered here.
import type { Asked } from '../agents/questions.ts'
import { mayBeAsked } from '../enrolment/standing.ts'
import type { KnownPool } from '../hosts/known-pool.ts'
import type { HostView } from '../hosts/pool-change.ts'
import type { SiteProperties } from '../hosts/site-properties.ts'
import type { RequestBody } from '../protocol/requests.ts'
import { type Attempt, Attempts, type AttemptsDeps } from './attempts.ts'
import type { About, Task, Wake } from './driver.ts'

export interface PropertyTaskDeps extends Omit<AttemptsDeps, 'act'> {
  readonly pool: KnownPool
  readonly properties: Pick<SiteProperties, 'text' | 'subscribe'>
  readonly request: (host: string, body: RequestBody) => Promise<Asked>
}

export class PropertyTask implements Task {
  readonly name = 'properties'
  readonly what = "gives every host the site's properties"
  readonly period = 300_000
  readonly #deps: PropertyTaskDeps
  readonly #attempts: Attempts
  /** Under which circumstances each host has taken them, or never will. */
  readonly #taken = new Map<string, string>()
  readonly #failed = new Map<string, string>()
  #version = 0

  constructor(deps: PropertyTaskDeps) {
    this.#deps = deps
    this.#attempts = new Attempts({ ...deps, act: (host) => this.#give(host) })
  }

  watches(wake: Wake): () => void {
    const ends = [
      this.#deps.pool.subscribe((change) => {
        if (change.kind !== 'host') return
        // What a machine was given before it had to be approved anew does not count.
        if (!mayBeAsked(change.host)) this.#taken.delete(change.host.id)
        else if (change.host.connection && !this.#has(change.host)) wake(0, change.host.id)
      }),
      this.#deps.properties.subscribe(() => {
        this.#version += 1
        wake(0)
      }),
    ]
    return () => {
      for (const end of ends) end()
    }
  }

  async step(about: About): Promise<undefined> {
    const { pool } = this.#deps
    const hosts = about === 'all' ? pool.hosts() : [...about].flatMap((id) => pool.host(id) ?? [])
    for (const host of hosts) {
      if (host.connection && mayBeAsked(host) && !this.#has(host)) this.#attempts.want(host.id, this.#circumstances(host))
    }
  }

  waitsFor(): readonly string[] {
    return [...this.#failed].map(([host, why]) => `${this.#deps.pool.host(host)?.name ?? host}: ${why}`)
  }

  close(): void {
    this.#attempts.close()
  }

  #has(host: HostView): boolean {
    return this.#taken.get(host.id) === this.#circumstances(host)
  }

  #circumstances({ connection }: HostView): string {
    return `${connection?.since} ${this.#version}`
  }

  async #give(id: string): Promise<Attempt> {
    const { pool, request, properties } = this.#deps
    const host = pool.host(id)
    if (!host?.connection || !mayBeAsked(host) || this.#has(host)) return 'done'
    const [circumstances, text] = [this.#circumstances(host), properties.text()]
    const inventory = await pool.inventory(id)
    if (text === '' && (inventory?.properties ?? []).length === 0) return 'done'
    const asked = await request(id, { kind: 'set-properties', text })
    if (asked.kind === 'refused') {
      if (asked.cause === 'old') this.#taken.set(id, circumstances)
      return asked.cause === 'silent' ? 'again' : 'done'
    }
    if (asked.answer.kind === 'refused') return this.#refused(host, asked.answer.reason)
    const now = pool.host(id)
    if (now && mayBeAsked(now)) this.#taken.set(id, circumstances)
    if (this.#failed.delete(id)) await pool.clearAlarm(`properties-failed ${id}`, 'manager')
    return 'done'
  }

  async #refused({ id, name }: HostView, reason: string): Promise<Attempt> {
    const isNew = !this.#failed.has(id)
    this.#failed.set(id, reason)
    const text = `${name} does not take the site's properties: ${reason}. It is tried again by itself`
    if (isNew) await this.#deps.pool.alarm({ kind: 'properties-failed', about: id, host: id, text })
    return 'again'
  }
}
