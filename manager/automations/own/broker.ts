// Answers what recipes ask of the manager itself; all else goes to the hosts. What starts another automation does so under the id of the
// request, as an Idempotency-Key: asked again by this manager or the next it is the same one, and its end is the answer.
import { asked } from '../../agents/questions.ts'
import type { Tagged } from '../../automation/effect.ts'
import { type Broker, MANAGER, type Replied, type Replying } from '../../automation/ports.ts'
import type { Automations } from '../../automation/service.ts'
import type { Wish } from '../../hosts/operator.ts'
import type { Pool } from '../../hosts/service.ts'
import type { Done } from '../../outcome.ts'
import type { Progress } from '../../protocol/requests/request.ts'
import type { OneByOne } from '../migrate/one-by-one.ts'
import { type Beginning, EVACUATED, type OwnOutcome, type OwnRequest, ownRequest } from './request.ts'

interface Plan {
  readonly recipe: string
  readonly args: unknown
}

export interface OwnDeps {
  readonly automations: Pick<Automations, 'before' | 'start' | 'find' | 'ended' | 'abort' | 'watch'>
  readonly pool: Pick<Pool, 'change'>
  /** As the world is now: what is begun, or that nothing is to be done. */
  readonly plan: (request: Beginning) => Promise<Plan | OwnOutcome>
  /** Between a plan and its start nobody else plans. */
  readonly moves: OneByOne
}

/** Automations go on before all that they may ask for stands. */
export function ownLater(): { readonly promise: Promise<OwnDeps>; readonly resolve: (own: OwnDeps) => void } {
  let resolve: (own: OwnDeps) => void = () => undefined
  const promise = new Promise<OwnDeps>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

/** Milliseconds that a move has to be taken back. */
const LETTING_GO = 3_600_000

/** `own`: resolves as soon as this manager can do it: automations go on before all of it stands. */
export function withOwn(hosts: Broker, own: Promise<OwnDeps>): Broker {
  return {
    ask(host, id, body, patience) {
      if (host !== MANAGER) return hosts.ask(host, id, body, patience)
      const read = ownRequest.safeParse(body)
      return read.success ? new OwnAsking(own, id, read.data) : asked(id, notUnderstood(body))
    },
    subscribe: (listener) => hosts.subscribe(listener),
  }
}

function notUnderstood({ kind }: Tagged) {
  const reason = `${kind} is nothing that a manager does`
  return { kind: 'answered', answer: { kind: 'refused', cause: 'unable', reason } } as const
}

class OwnAsking implements Replying {
  readonly id: string
  readonly ended: Promise<Replied>
  readonly lettingGo = LETTING_GO
  readonly #own: Promise<OwnDeps>
  readonly #automation: string
  #child: string | undefined
  #isCancelled = false
  #told: Progress | undefined
  readonly #listeners = new Set<(progress: Progress) => void>()

  constructor(own: Promise<OwnDeps>, id: string, request: OwnRequest) {
    this.id = id
    this.#own = own
    this.#automation = id.slice(0, id.indexOf('/'))
    this.ended = this.#do(request).then(
      (outcome): Replied => ({ kind: 'answered', answer: { ...outcome, kind: 'own' } }),
      // As if a host were away: it is asked for again, and looks at the world first.
      (error: unknown): Replied => ({ kind: 'refused', cause: 'absent', reason: error instanceof Error ? error.message : String(error) }),
    )
  }

  progress(): Progress | undefined {
    return this.#told
  }

  watch(listener: (progress: Progress) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  cancel(): void {
    this.#isCancelled = true
    void this.#abort().catch(() => undefined)
  }

  async #abort(): Promise<void> {
    const { automations } = await this.#own
    if (this.#child !== undefined) await automations.abort(this.#child, `automation ${this.#automation}`)
  }

  async #do(request: OwnRequest): Promise<OwnOutcome> {
    const { pool } = await this.#own
    switch (request.kind) {
      case 'cordon':
        return outcomeOf(await pool.change(request.host, [this.#cordon(request.why)], this.#who()))
      case 'uncordon':
        return outcomeOf(await pool.change(request.host, [{ kind: 'uncordon', of: request.why ?? this.#why() }], this.#who()))
      case 'evacuated':
        return outcomeOf(await pool.change(request.host, [{ kind: 'evacuated' }], this.#who()))
      case 'move-guest':
      case 'stop-guest':
      case 'start-guest':
        return this.#start(request)
    }
  }

  async #start(request: Beginning): Promise<OwnOutcome> {
    const { automations, plan, moves } = await this.#own
    const parent = await automations.find(this.#automation)
    if (!parent) return { outcome: 'failed', reason: `there is no automation ${this.#automation}` }
    const { who } = parent
    const of = { what: request.kind, body: request }
    const started = await moves.next(async (): Promise<Done<{ readonly id: string }> | OwnOutcome> => {
      const before = await automations.before({ who, key: this.id }, of)
      if (before) return before
      if (this.#isCancelled) return { outcome: 'refused', reason: 'it was aborted before it began' }
      const planned = await plan(request)
      if ('outcome' in planned) return planned
      return automations.start({ ...planned, who, key: this.id, asked: of })
    })
    if ('outcome' in started) return started
    if (started.kind !== 'done') return outcomeOf(started)
    const { id } = started.value
    this.#child = id
    if (this.#isCancelled) await this.#abort()
    return this.#end(automations, id)
  }

  async #end(automations: OwnDeps['automations'], id: string): Promise<OwnOutcome> {
    const unwatch = automations.watch(id, ({ title, phase, phases, waits, state, reason }) => {
      const said =
        state === 'needs-operator' ? `needs an operator: ${reason ?? ''}` : waits === undefined ? (phase ?? state) : `waits for ${waits}`
      this.#tell({
        phase: `${title}: ${said}`.slice(0, LONGEST),
        done: phases.indexOf(phase ?? '') + 1,
        total: phases.length,
        unit: 'steps',
      })
    })
    try {
      await automations.ended(id)
    } finally {
      unwatch()
    }
    const record = await automations.find(id)
    if (record?.state === 'done') return { outcome: 'done' }
    return { outcome: 'failed', reason: record?.reason ?? `automation ${id} is ${record?.state ?? 'gone'}` }
  }

  #tell(progress: Progress): void {
    this.#told = progress
    for (const listener of [...this.#listeners]) listener(progress)
  }

  #cordon(why: string | undefined): Wish {
    if (why !== undefined) return { kind: 'cordon', reason: why, unless: 'cordoned' }
    return { kind: 'cordon', reason: this.#why(), unless: 'cordoned', to: 'evacuate' }
  }

  #why(): string {
    return `${EVACUATED}${this.#automation}`
  }

  #who(): string {
    return `automation ${this.#automation}`
  }
}

const LONGEST = 300

function outcomeOf(done: { readonly kind: 'done' } | Exclude<Done<never>, { readonly kind: 'done' }>): OwnOutcome {
  if (done.kind === 'done') return { outcome: 'done' }
  return { outcome: 'refused', reason: done.reason, ...(done.kind === 'refused' && done.code ? { code: done.code } : {}) }
}
