// All automations that are open on this manager: read from the store when it starts, begun in the order of their creation, so many at a
// time. It only acts; what follows from what is decided elsewhere.
import { Emitter } from '../../appliance/wire/emitter.ts'
import type { Log } from '../../appliance/wire/log.ts'
import type { Done, Refused } from '../outcome.ts'
import type { ActingDeps } from './acting/acting.ts'
import { sayHeld } from './admission/locks.ts'
import { hashOfBody, hashOfKey, type RequestKey, repeatOf } from './admission/repeats.ts'
import type { JournalEntry } from './journal.ts'
import { Live } from './live.ts'
import type { Broker, ChangeFeed, Clock, Hooks } from './ports.ts'
import type { Prepared, Recipe } from './recipe.ts'
import type { OperatorSaid } from './steps.ts'
import { type AutomationReader, type AutomationRecord, type AutomationStore, isOpen, type NewAutomation } from './store/store.ts'
import { Turnstile } from './turnstile.ts'

export interface RunnerDeps {
  readonly store: AutomationStore & AutomationReader
  readonly recipes: ReadonlyMap<string, Recipe>
  readonly clock: Clock
  readonly broker: Broker
  readonly feed: ChangeFeed
  readonly hooks: Hooks
  /** Ids and seeds: random, of 26 characters or so. */
  readonly newId: () => string
  readonly log: Log
  /** At one time; left out: MOST_AT_ONCE. */
  readonly most?: number
  /** How many may use one of this kind at a time, see TurnEffect; left out: as many as want to. */
  readonly mostOf?: (what: string) => number
}

export interface Start {
  readonly recipe: string
  readonly args: unknown
  readonly who: string
  /** The header Idempotency-Key. */
  readonly key?: string
  /** By what a start with the same key is told from another; left out: by recipe and arguments. */
  readonly asked?: AskedFor
  /** The automation whose hook starts it: what that has locked is not in its way. */
  readonly within?: string
}

/** `what`: the operation, say. The arguments that are made of `body` may depend on the world of the moment. */
export interface AskedFor {
  readonly what: string
  readonly body: unknown
}

export interface Started {
  readonly id: string
  /** `before`: the same start has come before, and nothing new was started. */
  readonly how: 'now' | 'before'
}

export const MOST_AT_ONCE = 256

export class Runner {
  readonly #deps: RunnerDeps
  readonly #acting: ActingDeps
  readonly #live = new Map<string, Live>()
  readonly #queue = new Map<string, AutomationRecord>()
  readonly #within = new Map<string, readonly string[]>()
  readonly #news: Emitter<string>
  readonly turns: Turnstile
  #stale: string | undefined

  constructor(deps: RunnerDeps) {
    this.#deps = deps
    this.#news = new Emitter(deps.log, 'news of automations')
    const { clock, broker, feed, hooks, mostOf = () => Number.POSITIVE_INFINITY } = deps
    this.turns = new Turnstile(mostOf)
    this.#acting = { clock, broker, feed, hooks, turns: this.turns, onStale: (reason) => this.#retire(reason) }
  }

  /** Goes on with all that is open in the store. */
  async open(): Promise<void> {
    for (const record of await this.#deps.store.open()) {
      if (record.state === 'queued') this.#queue.set(record.id, record)
      else await this.#bring(record)
    }
    this.turns.open()
    this.#fill()
  }

  live(id: string): Live | undefined {
    return this.#live.get(id)
  }

  /** Whether it is queued or under way here. */
  has(id: string): boolean {
    return this.#live.has(id) || this.#queue.has(id)
  }

  /** What one that is open waits for, in words, where it is a turn. */
  waiting(id: string): string | undefined {
    return this.#queue.has(id) ? `a place: as many as may be are under way (${this.#live.size})` : this.turns.waiting(id)
  }

  /** Why this manager does nothing any more. */
  get stale(): string | undefined {
    return this.#stale
  }

  /** Ids of those that something changed of, until the function that it returns is called. */
  subscribe(listener: (id: string) => void): () => void {
    return this.#news.subscribe(listener)
  }

  /** Resolves when it is on disk. */
  async start({ recipe: name, args, who, key, within, asked = { what: name, body: args } }: Start): Promise<Done<Started>> {
    if (this.#stale !== undefined) return { kind: 'refused', reason: this.#stale }
    const recipe = this.#deps.recipes.get(name)
    if (!recipe) return { kind: 'missing', reason: `there is no recipe ${name}` }
    const prepared = prepare(recipe, args)
    if (typeof prepared === 'string') return { kind: 'refused', reason: prepared }
    const parents = this.#parents(within)
    if (typeof parents === 'string') return { kind: 'refused', reason: parents }
    const repeat = key === undefined ? undefined : { key: hashOfKey({ who, key }), body: hashOfBody(asked.what, asked.body) }
    const [id, seed] = [this.#deps.newId(), this.#deps.newId()]
    const { title, locks, outdated } = prepared
    const { version } = recipe
    const created = this.#deps.clock.now()
    const automation: NewAutomation = {
      ...{ id, recipe: name, version, args, title, who, seed, created, locks, outdated, repeat, within: parents },
    }
    const result = await this.#deps.store.create(automation)
    switch (result.kind) {
      case 'created':
        this.#within.set(id, parents)
        this.#queue.set(id, { ...automation, state: 'queued', reason: undefined, ended: undefined })
        this.#news.tell(id)
        this.#fill()
        return { kind: 'done', value: { id, how: 'now' } }
      case 'repeated':
        return { kind: 'done', value: { id: result.automation, how: 'before' } }
      case 'reused':
        return reused(result.automation)
      case 'held':
        return { kind: 'refused', code: 'locked', reason: sayHeld(result.by) }
      case 'outdated':
        return { kind: 'refused', code: 'outdated', reason: `${result.reason} since this was planned: ask again` }
      case 'stale':
        this.#retire(result.reason)
        return { kind: 'refused', reason: result.reason }
    }
  }

  /** What a start with this key has come to before; undefined: nothing has. */
  async before(key: RequestKey, { what, body }: AskedFor): Promise<Done<Started> | undefined> {
    const repeat = repeatOf(hashOfBody(what, body), await this.#deps.store.ofKey(hashOfKey(key)))
    switch (repeat.kind) {
      case 'new':
        return undefined
      case 'same':
        return { kind: 'done', value: { id: repeat.automation, how: 'before' } }
      case 'other':
        return reused(repeat.automation)
    }
  }

  /** Resolves when it is on disk that it shall end. */
  async abort(id: string, who: string): Promise<Done<undefined>> {
    if (this.#queue.delete(id)) {
      const reason = `${who} has aborted it before it began`
      const updated = await this.#deps.store.update(id, { state: 'aborted', reason, at: this.#deps.clock.now() })
      if (updated.kind === 'stale') return { kind: 'refused', reason: updated.reason }
      this.#news.tell(id)
      return DONE
    }
    const live = this.#live.get(id)
    if (!live) return this.#notOpen(id)
    if (live.isPastReturn() && !live.isLost()) {
      const { phase } = live.advance
      return { kind: 'refused', code: 'no-return', reason: `it is past its point of no return (phase ${phase}): it can only go forward` }
    }
    await live.abort(who)
    return DONE
  }

  /** Goes on with what waits for a person: with the recipe of now, or with the undo that has failed. */
  async resume(id: string, who: string): Promise<Done<undefined>> {
    const live = this.#live.get(id)
    if (!live) return this.#notOpen(id)
    if (await live.adopt(who)) return DONE
    if (await live.help('retry')) return DONE
    return { kind: 'refused', reason: live.isLost() ? (live.reason ?? 'it cannot go on') : 'it waits for nobody: it is under way' }
  }

  async help(id: string, said: OperatorSaid): Promise<Done<undefined>> {
    const live = this.#live.get(id)
    if (!live) return this.#notOpen(id)
    return (await live.help(said)) ? DONE : { kind: 'refused', reason: 'no undo of it has failed' }
  }

  /** Nothing is done any more, and nothing that is done elsewhere is cancelled: the next manager goes on with it. */
  close(): void {
    this.#stale ??= 'this manager stops'
    this.turns.close()
    for (const live of this.#live.values()) live.close()
    this.#live.clear()
    this.#queue.clear()
  }

  async #bring(record: AutomationRecord): Promise<void> {
    this.#go(record, await this.#deps.store.journal(record.id))
  }

  #go(record: AutomationRecord, journal: readonly JournalEntry[]): void {
    const { store, recipes, log } = this.#deps
    const deps = { ...this.#acting, store, log, onChange: (live: Live) => this.#changed(live) }
    const live = new Live(deps, record, recipes.get(record.recipe), journal)
    this.#live.set(record.id, live)
    live.go()
  }

  #changed(live: Live): void {
    const { id } = live.record
    if (!isOpen(live.state) && this.#live.delete(id)) {
      live.close()
      this.#within.delete(id)
      this.#fill()
    }
    this.#news.tell(id)
  }

  /** A part of another one does not wait for a place that this other one holds. */
  #fill(): void {
    if (this.#stale !== undefined) return
    const { most = MOST_AT_ONCE } = this.#deps
    for (const [id, record] of [...this.#queue]) {
      const isPart = (this.#within.get(id) ?? []).length > 0
      if (this.#live.size >= most && !isPart) continue
      this.#queue.delete(id)
      this.#go(record, [])
    }
  }

  /** Of a hook that is running now: only it may go past the locks of its own automation. */
  #parents(within: string | undefined): readonly string[] | string {
    if (within === undefined) return []
    const live = this.#live.get(within)
    const isInHook = live?.advance.pending().some(({ effect, started }) => effect.kind === 'hook' && started !== undefined)
    if (!isInHook) return `automation ${within} runs no hook: leave HOSTLESS_AUTOMATION out, or start this from its hook`
    return [within, ...(this.#within.get(within) ?? [])]
  }

  async #notOpen(id: string): Promise<Done<undefined>> {
    const known = await this.#deps.store.find(id)
    if (!known) return { kind: 'missing', reason: `there is no automation ${id}` }
    return { kind: 'refused', reason: `automation ${id} has ended: it is ${known.state}` }
  }

  #retire(reason: string): void {
    if (this.#stale !== undefined) return
    this.close()
    this.#stale = reason
    this.#deps.log.error({ reason }, 'this manager goes on with no automation: a newer one does')
  }
}

const DONE: Done<undefined> = { kind: 'done', value: undefined }

function reused(automation: string): Refused {
  const reason = `this Idempotency-Key was used for another request, which started automation ${automation}: take a new key`
  return { kind: 'refused', code: 'key-reused', reason }
}

function prepare(recipe: Recipe, args: unknown): Prepared | string {
  try {
    return recipe.of(args)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
