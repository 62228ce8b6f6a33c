// One automation that is under way: hears what has come of its steps, writes down what follows, and only then has the next ones done.
// Everything that it decides is decided by advance.ts; what is here is the order of things.
import type { Log } from '../../appliance/wire/log.ts'
import { act } from './acting/act.ts'
import type { Acting, ActingDeps } from './acting/acting.ts'
import { Advance, type Program } from './advance.ts'
import { isNote } from './effect.ts'
import type { PendingStep } from './fiber.ts'
import type { JournalEntry, StepAnswer } from './journal.ts'
import { heard, type Pace, type Paced, paced } from './pace.ts'
import { isPastReturn, type Prepared, type Recipe } from './recipe.ts'
import type { OperatorSaid } from './steps.ts'
import type { AutomationRecord, AutomationStore, Batch, Recorded, State, StateChange } from './store/store.ts'

export interface LiveDeps extends ActingDeps {
  readonly store: AutomationStore
  readonly log: Log
  /** Something of it is other than before, and written down. */
  readonly onChange: (live: Live) => void
}

type Input =
  | { readonly kind: 'answered'; readonly step: string; readonly answer: StepAnswer }
  | { readonly kind: 'abort' | 'unwind'; readonly who: string }
  | { readonly kind: 'adopted'; readonly who: string; readonly version: number }

interface Waiting {
  readonly input: Input
  readonly written: () => void
}

/** Milliseconds until what could not be written is tried again. */
const WRITE_AGAIN = 1000

export class Live {
  readonly record: AutomationRecord
  readonly recipe: Recipe | undefined
  readonly advance: Advance
  readonly #deps: LiveDeps
  readonly #acting = new Map<string, Acting>()
  readonly #progress = new Map<string, Pace>()
  readonly #waiting: Waiting[] = []
  #written: number
  #state: State
  #reason: string | undefined
  /** Why it is left alone, though it could be replayed. */
  #held: string | undefined
  #isPumping = false
  #isClosed = false

  /** `journal`: what is written down of it. */
  constructor(deps: LiveDeps, record: AutomationRecord, recipe: Recipe | undefined, journal: readonly JournalEntry[]) {
    this.#deps = deps
    this.record = record
    this.recipe = recipe
    this.advance = new Advance(programOf(record, recipe))
    for (const entry of journal) this.advance.feed(entry)
    this.#written = journal.length
    this.#state = record.state
    this.#reason = record.reason
    this.#held = heldBack(record, recipe, journal)
    this.#tellTurns()
  }

  get state(): State {
    return this.#state
  }

  get reason(): string | undefined {
    return this.#reason
  }

  progressOf(step: string): Paced | undefined {
    const pace = this.#progress.get(step)
    return pace && paced(pace, this.#now())
  }

  isPastReturn(): boolean {
    return this.recipe !== undefined && isPastReturn(this.recipe, this.advance.phase)
  }

  /** Its recipe is of another version than this manager's, or yields other steps than it has done. */
  isLost(): boolean {
    return this.#held !== undefined || this.advance.divergence !== undefined
  }

  /** Goes on from where it is. */
  go(): void {
    void this.#pump()
  }

  /** Resolves when it is written down. */
  abort(who: string): Promise<void> {
    return this.#hear({ kind: this.isLost() ? 'unwind' : 'abort', who })
  }

  /** Resolves when it is written down; false when it is not another version that keeps it. */
  async adopt(who: string): Promise<boolean> {
    if (this.#held === undefined || !this.recipe || this.advance.divergence) return false
    await this.#hear({ kind: 'adopted', who, version: this.recipe.version })
    return true
  }

  /** What waits for a person goes on; false when nothing does. Resolves when it is written down. */
  async help(said: OperatorSaid): Promise<boolean> {
    const steps = this.advance.pending().filter(({ effect, started }) => effect.kind === 'operator' && started !== undefined)
    await Promise.all(steps.map(({ step }) => this.#hear({ kind: 'answered', step, answer: { kind: 'value', value: said } })))
    return steps.length > 0
  }

  close(): void {
    this.#isClosed = true
    for (const acting of this.#acting.values()) acting.drop()
    this.#acting.clear()
    this.#deps.turns.hold(this.record.id, new Map())
  }

  #hear(input: Input): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ input, written: resolve })
      void this.#pump()
    })
  }

  async #pump(): Promise<void> {
    if (this.#isPumping) return
    this.#isPumping = true
    while (!this.#isClosed) {
      const heard = this.#waiting.splice(0)
      const batch = this.#batch(heard.map(({ input }) => input))
      if (batch && !(await this.#write(batch))) break
      for (const { written } of heard) written()
      // What is begun may be answered on the spot.
      this.#act()
      if (batch) this.#deps.onChange(this)
      else if (this.#waiting.length === 0) break
    }
    this.#isPumping = false
  }

  /** What is to be written down now; undefined: nothing. */
  #batch(inputs: readonly Input[]): Batch | undefined {
    const entries: JournalEntry[] = []
    for (const input of inputs) {
      const entry = this.#entryOf(input)
      if (entry) this.#note(entry, entries)
    }
    this.#settle(entries)
    const claiming = this.#held === undefined ? this.advance.pending().find(({ effect }) => effect.kind === 'claim') : undefined
    const claim = claiming?.effect.kind === 'claim' ? { step: claiming.step, at: this.#now(), needs: claiming.effect.needs } : undefined
    const change = this.#change()
    if (entries.length === 0 && !claim && !change) return undefined
    return { automation: this.record.id, from: this.#written, entries, claim, change }
  }

  #entryOf(input: Input): JournalEntry | undefined {
    const at = this.#now()
    switch (input.kind) {
      case 'answered':
        // Of a step that has ended otherwise, as its branch was stopped: too late.
        return this.advance.step(input.step)?.started === undefined ? undefined : { ...input, at }
      case 'abort':
      case 'unwind':
      case 'adopted':
        if (input.kind !== 'abort') this.#held = undefined
        return { ...input, at }
    }
  }

  /** Notes are answered by being written down; what is to be done is begun. */
  #settle(entries: JournalEntry[]): void {
    if (this.#held !== undefined) return
    for (;;) {
      const fresh = this.advance.pending().filter(({ started, effect }) => started === undefined && effect.kind !== 'claim')
      if (fresh.length === 0) return
      for (const { step, effect } of fresh) {
        const at = this.#now()
        if (this.advance.step(step)?.started !== undefined) continue
        if (isNote(effect)) this.#note({ kind: 'answered', step, at, answer: { kind: 'value', value: null }, effect }, entries)
        else this.#note({ kind: 'started', step, at, effect }, entries)
      }
    }
  }

  #note(entry: JournalEntry, entries: JournalEntry[]): void {
    this.advance.feed(entry)
    entries.push(entry)
  }

  #change(): StateChange | undefined {
    const { state, reason } = this.#stateNow()
    if (state === this.#state && reason === this.#reason) return undefined
    this.#state = state
    this.#reason = reason
    return { state, reason, at: this.#now() }
  }

  #stateNow(): { readonly state: State; readonly reason: string | undefined } {
    const { divergence, outcome } = this.advance
    if (divergence) {
      const { step, was, is } = divergence
      return { state: 'needs-operator', reason: `step ${step} was ${was}, is ${is}: abort it, and what it has done is taken back` }
    }
    if (this.#held !== undefined) return { state: 'needs-operator', reason: this.#held }
    if (outcome) return { state: outcome.kind, reason: outcome.kind === 'done' ? undefined : outcome.reason }
    const helpless = this.advance.pending().flatMap(({ effect }) => (effect.kind === 'operator' ? [effect] : []))[0]
    if (helpless) return { state: 'needs-operator', reason: `could not ${helpless.what}: ${helpless.reason}. By hand: ${helpless.command}` }
    return { state: 'running', reason: undefined }
  }

  /** Again and again, as nothing may be done that is not written down. False: it never will be. */
  async #write(batch: Batch): Promise<boolean> {
    while (!this.#isClosed) {
      const recorded = await this.#try(batch)
      if (this.#isClosed) break
      if (recorded?.kind === 'stale') {
        this.#deps.onStale(recorded.reason)
        return false
      }
      if (recorded) {
        for (const answer of recorded.answers) this.advance.feed(answer)
        this.#written += batch.entries.length + recorded.answers.length
        return true
      }
      await new Promise<void>((resolve) => void this.#deps.clock.after(WRITE_AGAIN, resolve))
    }
    return false
  }

  async #try(batch: Batch): Promise<Recorded | undefined> {
    try {
      return await this.#deps.store.record(batch)
    } catch (error) {
      this.#deps.log.error({ error, automation: batch.automation }, 'an automation waits: it cannot be written down')
      return undefined
    }
  }

  #act(): void {
    this.#tellTurns()
    if (this.#held !== undefined || this.#isClosed) return
    const pending = new Map(this.advance.pending().map((one) => [one.step, one]))
    for (const [step, acting] of this.#acting) {
      if (pending.has(step)) continue
      acting.drop()
      this.#acting.delete(step)
      this.#progress.delete(step)
    }
    for (const one of pending.values()) this.#actOn(one)
  }

  #actOn({ step, effect, started, stopping }: PendingStep): void {
    if (started === undefined || isNote(effect) || effect.kind === 'claim') return
    const { id, recipe } = this.record
    const acting =
      this.#acting.get(step) ??
      act(this.#deps, {
        ...{ automation: id, recipe, step, effect, started },
        answer: (answer) => void this.#hear({ kind: 'answered', step, answer }),
        progress: (progress) => {
          this.#progress.set(step, heard(this.#progress.get(step), progress, this.#now()))
          this.#deps.onChange(this)
        },
      })
    this.#acting.set(step, acting)
    if (stopping !== undefined) acting.cancel()
  }

  /** What waits for a person keeps nobody from its turn. */
  #tellTurns(): void {
    const isUnderWay = this.#held === undefined && this.#state !== 'needs-operator'
    this.#deps.turns.hold(this.record.id, isUnderWay ? this.advance.turns : new Map())
  }

  #now(): number {
    return this.#deps.clock.now()
  }
}

function programOf({ id, seed, args, recipe: name }: AutomationRecord, recipe: Recipe | undefined): Program {
  let prepared: Prepared | undefined
  return {
    automation: id,
    seed,
    run: () => {
      if (!recipe) throw new Error(`this hostless has no recipe ${name}`)
      prepared ??= recipe.of(args)
      return prepared.run()
    },
  }
}

function heldBack(record: AutomationRecord, recipe: Recipe | undefined, journal: readonly JournalEntry[]): string | undefined {
  if (journal.some(({ kind }) => kind === 'unwind')) return undefined
  if (!recipe) return `this hostless has no recipe ${record.recipe}: abort it, and what it has done is taken back`
  const adopted = journal.findLast((entry) => entry.kind === 'adopted')
  const version = adopted?.kind === 'adopted' ? adopted.version : record.version
  if (version === recipe.version) return undefined
  return `it was begun with version ${version} of the recipe ${record.recipe}, this hostless has ${recipe.version}: resume it to go on with that, or abort it, and what it has done is taken back`
}
