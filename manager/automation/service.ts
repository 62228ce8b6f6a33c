// Automations as the doors see them: what an API, a command or a page asks for, and nothing of how it is done.

import type { Done } from '../outcome.ts'
import type { Uuid } from '../protocol/values.ts'
import type { Store } from '../store/database.ts'
import { automationStates, forgetAutomations } from '../store/tables/automations.ts'
import { AUTOMATION_FAILED, addNotice, type NewNotice } from '../store/tables/notices.ts'
import type { RequestKey } from './admission/repeats.ts'
import type { Paced } from './pace.ts'
import type { Prepared, Recipe } from './recipe.ts'
import { type AskedFor, Runner, type RunnerDeps, type Start, type Started } from './runner.ts'
import type { OperatorSaid } from './steps.ts'
import { type Claims, type DurableOptions, durableStore } from './store/durable.ts'
import type { AutomationReader, AutomationRecord } from './store/store.ts'
import { type AutomationView, viewOf } from './views.ts'

export interface AutomationsDeps extends Omit<RunnerDeps, 'store' | 'recipes'> {
  readonly store: Store
  readonly recipes: readonly Recipe[]
  readonly claims: Claims
  /** Of this manager. */
  readonly epoch: number
  /** For people, of an id. */
  readonly hostName?: (id: string) => string
  /** So many entries of journals are on disk. */
  readonly onRecorded?: (entries: number) => void
  /** What tasks of this manager hold now: nobody else begins with it. */
  readonly tasks?: DurableOptions['tasks']
}

export interface Automations {
  /** Newest first. `about`: a UUID that stands in what they were started with, as a guest's does. */
  list(limit: number, about?: Uuid): Promise<readonly AutomationRecord[]>
  show(id: string): Promise<AutomationView | undefined>
  find(id: string): Promise<AutomationRecord | undefined>
  /** What the record of one does not say. */
  now(record: Pick<AutomationRecord, 'id' | 'recipe' | 'args'>): AutomationNow
  /** What one that is open waits for, in words, where it is its turn. */
  waiting(id: string): string | undefined
  /** How many wait for their turn. */
  howManyWait(): number
  /** With each change, from now on, until the function that it returns is called. */
  watch(id: string, listener: (view: AutomationView) => void): () => void
  /** Of each that something has changed of, until the function that it returns is called. */
  subscribe(listener: (id: string) => void): () => void
  start(start: Start): Promise<Done<Started>>
  /** What a start with this key has come to before; undefined: nothing has. */
  before(key: RequestKey, asked: AskedFor): Promise<Done<Started> | undefined>
  /** Resolves when this manager has nothing to do of it any more. */
  ended(id: string): Promise<void>
  /** Of each that this manager has nothing to do of any more, and that holds nothing, until the function that it returns is called. */
  watchEnds(listener: (id: string) => void): () => void
  abort(id: string, who: string): Promise<Done<undefined>>
  resume(id: string, who: string): Promise<Done<undefined>>
  /** `by hand`: a person has done what the undo could not. */
  retryUndo(id: string, said: OperatorSaid): Promise<Done<undefined>>
  /** What keeps an upgrade of the manager waiting, unless it is forced. */
  open(): Promise<readonly AutomationRecord[]>
  /** How many of each state are kept. */
  states(): Promise<readonly { readonly state: string; readonly count: number }[]>
  /** Of those that have ended before; milliseconds since the epoch. */
  forget(before: number): Promise<void>
  close(): void
}

export interface AutomationNow {
  /** How people call what it holds, or has held. */
  readonly on: readonly string[]
  /** Its turn, in words. */
  readonly waits: string | undefined
  readonly isPastReturn: boolean
  readonly phases: readonly string[]
  /** Of one that is under way: which it has reached. */
  readonly phase: string | undefined
  /** That hosts do for it. */
  readonly jobs: readonly Paced[]
}

/** Goes on with all that is open. */
export async function openAutomations({
  store,
  recipes,
  claims,
  epoch,
  hostName,
  onRecorded,
  tasks,
  ...deps
}: AutomationsDeps): Promise<Automations> {
  const known = new Map(recipes.map((recipe) => [recipe.name, recipe]))
  const kept = durableStore({
    ...{ store, epoch, claims, onRecorded, tasks },
    rows: async (transaction, automation, entries) => {
      const live = runner.live(automation)
      await live?.recipe?.of(live.record.args).rows(transaction, automation, entries)
    },
    ended: async (transaction, { id, recipe, args, title, who, created }, { state, reason, at }) => {
      if (state === 'failed') await addNotice(transaction, failureOf({ id, title, who }, reason, at))
      if (state !== 'done' && state !== 'failed' && state !== 'aborted') return
      await preparedOf(known.get(recipe), args)?.ended(transaction, { id, who, created, state, reason, at })
    },
  })
  const runner = new Runner({ ...deps, store: kept, recipes: known })
  await runner.open()
  return new Serving({ runner, kept, recipes: known, store, hostName })
}

function failureOf({ id, title, who }: Pick<AutomationRecord, 'id' | 'title' | 'who'>, reason: string | undefined, at: number): NewNotice {
  const text = `automation ${id} (${title}, asked for by ${who}) has failed: ${reason ?? 'it says no reason'}`
  return { at, kind: AUTOMATION_FAILED, subject: id, host: null, state: 'failed', text }
}

/** Undefined: what another version was given is not understood any more, and nothing follows from its end. */
function preparedOf(recipe: Recipe | undefined, args: unknown): Prepared | undefined {
  try {
    return recipe?.of(args)
  } catch {
    return undefined
  }
}

interface ServingDeps {
  readonly runner: Runner
  readonly kept: AutomationReader
  readonly recipes: ReadonlyMap<string, Recipe>
  readonly store: Store
  readonly hostName: ((id: string) => string) | undefined
}

class Serving implements Automations {
  readonly #runner: Runner
  readonly #kept: AutomationReader
  readonly #recipes: ReadonlyMap<string, Recipe>
  readonly #store: Store
  readonly #hostName: ServingDeps['hostName']

  constructor({ runner, kept, recipes, store, hostName }: ServingDeps) {
    this.#runner = runner
    this.#kept = kept
    this.#recipes = recipes
    this.#store = store
    this.#hostName = hostName
  }

  list(limit: number, about?: Uuid): Promise<readonly AutomationRecord[]> {
    return this.#kept.newest(limit, about)
  }

  async show(id: string): Promise<AutomationView | undefined> {
    const record = await this.#kept.find(id)
    if (!record) return undefined
    const live = this.#runner.live(id)
    return viewOf(record, await this.#kept.journal(id), this.#recipes.get(record.recipe), {
      progressOf: (step) => live?.progressOf(step),
      hostName: this.#hostName,
      waits: this.#runner.waiting(id),
    })
  }

  watch(id: string, listener: (view: AutomationView) => void): () => void {
    let isReading = false
    let isNews = false
    // One reading at a time, and one more for all that came meanwhile.
    const read = async (): Promise<void> => {
      isNews = true
      if (isReading) return
      isReading = true
      try {
        while (isNews) {
          isNews = false
          const view = await this.show(id)
          if (view) listener(view)
        }
      } finally {
        isReading = false
      }
    }
    return this.#runner.subscribe((about) => (about === id ? read() : undefined))
  }

  now({ id, recipe: name, args }: Pick<AutomationRecord, 'id' | 'recipe' | 'args'>): AutomationNow {
    const live = this.#runner.live(id)
    const recipe = this.#recipes.get(name)
    return {
      ...{ on: lockedBy(recipe, args), waits: this.#runner.waiting(id), phases: recipe?.phases ?? [], phase: live?.advance.phase },
      isPastReturn: live ? live.isPastReturn() && !live.isLost() : false,
      jobs: live?.advance.pending().flatMap(({ step }) => live.progressOf(step) ?? []) ?? [],
    }
  }

  waiting(id: string): string | undefined {
    return this.#runner.waiting(id)
  }

  howManyWait(): number {
    return this.#runner.turns.size
  }

  find(id: string): Promise<AutomationRecord | undefined> {
    return this.#kept.find(id)
  }

  subscribe(listener: (id: string) => void): () => void {
    return this.#runner.subscribe(listener)
  }

  before(key: RequestKey, asked: AskedFor): Promise<Done<Started> | undefined> {
    return this.#runner.before(key, asked)
  }

  start(start: Start): Promise<Done<Started>> {
    return this.#runner.start(start)
  }

  ended(id: string): Promise<void> {
    if (!this.#runner.has(id)) return Promise.resolve()
    return new Promise((resolve) => {
      const unwatch = this.watchEnds((about) => {
        if (about !== id) return
        unwatch()
        resolve()
      })
    })
  }

  watchEnds(listener: (id: string) => void): () => void {
    return this.#runner.subscribe((id) => {
      if (!this.#runner.has(id)) listener(id)
    })
  }

  abort(id: string, who: string): Promise<Done<undefined>> {
    return this.#runner.abort(id, who)
  }

  resume(id: string, who: string): Promise<Done<undefined>> {
    return this.#runner.resume(id, who)
  }

  retryUndo(id: string, said: OperatorSaid): Promise<Done<undefined>> {
    return this.#runner.help(id, said)
  }

  open(): Promise<readonly AutomationRecord[]> {
    return this.#kept.open()
  }

  states(): Promise<readonly { readonly state: string; readonly count: number }[]> {
    return automationStates(this.#store.db)
  }

  forget(before: number): Promise<void> {
    return this.#store.write((transaction) => forgetAutomations(transaction, before))
  }

  close(): void {
    this.#runner.close()
  }
}

/** Nothing, where another version of hostless has begun it and its arguments are not understood. */
function lockedBy(recipe: Recipe | undefined, args: unknown): readonly string[] {
  try {
    return [...new Set(recipe?.of(args).locks.map(({ name }) => name))]
  } catch {
    return []
  }
}
