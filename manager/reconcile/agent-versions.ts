// Brings agents to the manager's own version of them. The first host tries it alone; when its agent has come back with that version
// the others follow, a few at a time. A version that did not live on a host is offered to no host again.
import type { After } from '../../appliance/wire/timers.ts'
import type { Asked } from '../agents/questions.ts'
import type { KnownPool } from '../hosts/known-pool.ts'
import type { HostConnection, HostView } from '../hosts/pool-change.ts'
import type { RequestBody } from '../protocol/requests.ts'
import type { About, Task, Wake } from './driver.ts'

export interface AgentBundle {
  readonly version: string
  readonly sha256: string
  readonly bytes: Buffer
}

export interface VersionTaskDeps {
  readonly pool: KnownPool
  readonly request: (host: string, body: RequestBody) => Promise<Asked>
  readonly bundle: AgentBundle
  readonly after: After
}

/** Once it is proven. */
const AT_ONCE = 8
/** Milliseconds for an agent to come back: three early deaths and the image's own agent take two minutes. */
const RETURN = 300_000
/** What the build of a bundle names itself: others, of simulated hosts or made by hand, are left alone. */
const BUNDLED = /\+[0-9a-f]{12}$/

export class VersionTask implements Task {
  readonly name = 'agent-versions'
  readonly what = "brings agents to the manager's version of them"
  readonly period = 300_000
  readonly #deps: VersionTaskDeps
  /** The connection that each host was seen in. */
  readonly #seen = new Map<string, number>()
  readonly #waiting = new Set<string>()
  /** Asked, and not back yet; what stops waiting for them. */
  readonly #under = new Map<string, () => void>()
  /** Hosts where it did not start: not again while this manager runs. */
  readonly #refusing = new Set<string>()
  #state: 'unproven' | 'proven' | 'bad' = 'unproven'

  constructor(deps: VersionTaskDeps) {
    this.#deps = deps
  }

  watches(wake: Wake): () => void {
    return this.#deps.pool.subscribe((change) => {
      if (change.kind === 'host' && change.host.connection) wake(0, change.host.id)
    })
  }

  async step(about: About): Promise<undefined> {
    const { pool } = this.#deps
    const hosts = about === 'all' ? pool.hosts() : [...about].flatMap((id) => pool.host(id) ?? [])
    for (const { id, connection } of hosts) {
      if (!connection) continue
      if (this.#seen.get(id) !== connection.since) await this.#connected(id, connection)
      if (this.#isOld(connection.agent) && !this.#under.has(id)) this.#waiting.add(id)
    }
    this.#next()
  }

  waitsFor(): readonly string[] {
    const { pool, bundle } = this.#deps
    const name = (id: string): string => pool.host(id)?.name ?? id
    const bad = this.#state === 'bad' ? [`${bundle.version} did not live on a host, and is offered to no other`] : []
    const turn = this.#state === 'unproven' ? 'waits for the first host to be back with it' : 'waits for its turn'
    return [
      ...bad,
      ...[...this.#under.keys()].map((id) => `${name(id)}: was asked, and is to come back with ${bundle.version}`),
      ...[...this.#refusing].map((id) => `${name(id)}: its agent refused, and is not asked again while this manager runs`),
      ...[...this.#waiting].map((id) => `${name(id)}: ${turn}`),
    ]
  }

  close(): void {
    this.#state = 'bad'
    for (const cancel of this.#under.values()) cancel()
  }

  async #connected(id: string, { since, agent, dropped = [] }: HostConnection): Promise<void> {
    const { pool, bundle } = this.#deps
    this.#seen.set(id, since)
    this.#waiting.delete(id)
    this.#under.get(id)?.()
    this.#under.delete(id)
    if (agent === bundle.version) {
      if (this.#state === 'unproven') this.#state = 'proven'
      this.#refusing.delete(id)
      await pool.clearAlarm(`upgrade-failed ${id}`, 'manager')
    } else if (dropped.includes(bundle.sha256)) {
      this.#state = 'bad'
      await this.#alarm(
        id,
        `version ${bundle.version} of the agent died on it three times within 30 s, or found no manager from it: it is offered to no host any more`,
      )
    }
  }

  #isOld(agent: string): boolean {
    return agent !== this.#deps.bundle.version && BUNDLED.test(agent)
  }

  #next(): void {
    for (const id of [...this.#waiting]) {
      if (this.#state === 'bad' || this.#under.size >= (this.#state === 'proven' ? AT_ONCE : 1)) return
      this.#waiting.delete(id)
      const host = this.#deps.pool.host(id)
      if (host?.connection && this.#isOld(host.connection.agent) && !this.#refusing.has(id) && !this.#under.has(id)) void this.#ask(host)
    }
  }

  async #ask({ id, connection }: HostView): Promise<void> {
    const { request, bundle, after } = this.#deps
    const { version, sha256, bytes } = bundle
    this.#under.set(
      id,
      after(RETURN, () => this.#back(id)),
    )
    const asked = await request(id, { kind: 'upgrade', version, sha256, size: bytes.length })
    if (asked.kind === 'answered' && asked.answer.kind === 'upgraded') return
    if (asked.kind === 'answered' && asked.answer.kind === 'refused' && asked.answer.cause !== 'busy') {
      this.#refusing.add(id)
      await this.#alarm(
        id,
        `its agent stays ${connection?.agent}: ${asked.answer.reason}. It is offered again when the manager starts anew`,
      )
    }
    this.#back(id)
  }

  #back(id: string): void {
    this.#under.get(id)?.()
    if (this.#under.delete(id)) this.#next()
  }

  async #alarm(id: string, what: string): Promise<void> {
    const { pool } = this.#deps
    await pool.alarm({
      kind: 'upgrade-failed',
      about: id,
      host: id,
      text: `${pool.host(id)?.name ?? id}: ${what}. Its guests are not touched`,
    })
  }
}
