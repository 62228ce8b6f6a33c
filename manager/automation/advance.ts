// How far an automation is, by its journal: its recipe is replayed over that, and asks for what comes next. Pure: the same journal and the
// same recipe give the same steps. Nothing is done here.
import { derivedId, derivedNumber } from './derived.ts'
import { type ForkEffect, type JournaledEffect, type OwnEffect, type Use, yieldsToAbort } from './effect.ts'
import { Aborted, StepFailed } from './failure.ts'
import { type Fiber, type Fork, goOn, type Input, isEndedElsewhere, joined, newFiber, newFork, type PendingStep } from './fiber.ts'
import type { JournalEntry, StepAnswer } from './journal.ts'
import { type Outcome, outcomeOf, takenBackFor } from './outcome.ts'
import { sayEffect } from './say-effect.ts'
import { type OpenUndo, type Steps, whole } from './steps.ts'
import { Undos } from './undos.ts'

export interface Program {
  readonly automation: string
  readonly seed: string
  readonly run: () => Steps<unknown>
}

/** What the recipe yields now is not what the journal says that it did. */
export interface Divergence {
  readonly step: string
  readonly was: string
  readonly is: string
}

/** A recipe that asks for more than this asks for ever. */
export const MOST_STEPS = 100_000

export function advance(program: Program, journal: readonly JournalEntry[]): Advance {
  const advance = new Advance(program)
  for (const entry of journal) advance.feed(entry)
  return advance
}

export class Advance {
  readonly #program: Program
  readonly #pending = new Map<string, PendingStep>()
  readonly #undos = new Undos()
  /** What it uses in its turn, by the step that has waited for it. */
  readonly turns = new Map<string, readonly Use[]>()
  #root: Fiber
  #phase: string | undefined
  #outcome: Outcome | undefined
  #divergence: Divergence | undefined
  #steps = 0

  constructor(program: Program) {
    this.#program = program
    this.#root = newFiber('', whole(program.run))
    this.#resume(this.#root, { kind: 'value', value: undefined })
  }

  /** In the order in which they were asked for. */
  pending(): readonly PendingStep[] {
    return this.#divergence ? [] : [...this.#pending.values()]
  }

  step(step: string): PendingStep | undefined {
    return this.#divergence ? undefined : this.#pending.get(step)
  }

  /** Those that are open, the newest last. */
  undos(): readonly OpenUndo[] {
    return this.#undos.all()
  }

  get phase(): string | undefined {
    return this.#phase
  }

  get outcome(): Outcome | undefined {
    return this.#divergence ? undefined : this.#outcome
  }

  get divergence(): Divergence | undefined {
    return this.#divergence
  }

  feed(entry: JournalEntry): void {
    switch (entry.kind) {
      case 'started':
        if (!this.#divergence) this.#started(entry)
        return
      case 'answered':
        if (!this.#divergence) this.#answered(entry)
        else if (entry.effect) this.#noted(entry.step, entry.effect, entry.answer)
        return
      case 'abort':
        if (!this.#divergence) this.#stop(this.#root, `${entry.who} has aborted it`)
        return
      case 'adopted':
        return
      case 'unwind':
        if (this.#root.path === '') this.#unwind(entry.who)
    }
  }

  #started({ step, at, effect }: JournalEntry & { readonly kind: 'started' }): void {
    const pending = this.#pending.get(step)
    if (this.#isOther(step, effect, pending) || !pending) return
    pending.started = at
  }

  #answered({ step, answer, effect, at }: JournalEntry & { readonly kind: 'answered' }): void {
    const pending = this.#pending.get(step)
    if (effect ? this.#isOther(step, effect, pending) : !pending) {
      this.#divergence ??= { step, was: 'asked for', is: this.#nextOf(step) }
      if (effect) this.#noted(step, effect, answer)
      return
    }
    if (!pending) return
    this.#pending.delete(step)
    this.#noted(step, pending.effect, answer)
    const { fiber, stopping } = pending
    if (answer.kind === 'value') this.#resume(fiber, { kind: 'value', value: valueIn(pending.effect, step, at, answer) })
    else if (stopping !== undefined) this.#tell(fiber, stopping)
    else this.#resume(fiber, { kind: 'thrown', error: new StepFailed(step, answer.cause, answer.reason) })
  }

  /** True, and it diverges from now on, where the journal has another effect. */
  #isOther(step: string, effect: JournaledEffect, pending: PendingStep | undefined): boolean {
    if (pending && (pending.effect === effect || textOf(pending.effect) === textOf(effect))) return false
    this.#divergence = { step, was: sayEffect(effect), is: pending ? sayEffect(pending.effect) : this.#nextOf(step) }
    return true
  }

  /** What the recipe asks for instead. */
  #nextOf(step: string): string {
    if (this.#outcome) return `the end: ${this.#outcome.kind}`
    const beside = this.pending().find((one) => one.started === undefined && one.step !== step)
    return beside ? `step ${beside.step}, ${sayEffect(beside.effect)}` : 'nothing'
  }

  #noted(step: string, effect: JournaledEffect, answer: StepAnswer): void {
    if (answer.kind !== 'value') return
    this.#undos.note(step, effect)
    if (effect.kind === 'progress') this.#phase = effect.phase
    if (effect.kind === 'turn') this.turns.set(step, effect.uses)
    if (effect.kind === 'turn-over') this.turns.delete(effect.of)
  }

  /** The recipe is left where it is. */
  #unwind(who: string): void {
    const why = this.#divergence
    const reason = why ? `step ${why.step} was ${why.was}, is ${why.is}: ${who} had it taken back` : `${who} had it taken back`
    this.#divergence = undefined
    this.#outcome = undefined
    this.#pending.clear()
    this.#root = newFiber('u', takenBackFor(reason))
    this.#root.isTold = true
    this.#resume(this.#root, { kind: 'value', value: undefined })
  }

  #resume(fiber: Fiber, first: Input): void {
    let input = first
    for (;;) {
      const yielded = goOn(fiber, input)
      if (yielded.kind === 'ended') {
        this.#ended(fiber, yielded.input)
        return
      }
      const { effect } = yielded
      if (fiber.stopping !== undefined && !fiber.isTold && yieldsToAbort(effect)) {
        fiber.isTold = true
        input = { kind: 'thrown', error: new Aborted(fiber.stopping) }
        continue
      }
      this.#steps += 1
      if (this.#steps > MOST_STEPS) {
        input = { kind: 'thrown', error: new Error(`this recipe asks for more than ${MOST_STEPS} steps`) }
        continue
      }
      switch (effect.kind) {
        case 'all':
        case 'any':
        case 'bounded':
          this.#fork(fiber, effect)
          return
        case 'id':
        case 'random':
        case 'completed':
        case 'next-undo':
        case 'won':
          input = { kind: 'value', value: this.#own(fiber, effect) }
          continue
        default:
          this.#wait(fiber, effect)
          return
      }
    }
  }

  #wait(fiber: Fiber, effect: JournaledEffect): void {
    fiber.count += 1
    const step = `${fiber.path}${fiber.count}`
    this.#pending.set(step, { step, effect, fiber, started: undefined, stopping: undefined })
  }

  #fork(fiber: Fiber, effect: ForkEffect): void {
    fiber.count += 1
    const fork = newFork(effect, `${fiber.path}${fiber.count}`, fiber)
    fiber.waits = fork
    this.#fill(fork)
  }

  /** As many branches as may be at one time; when none is left its parent goes on. */
  #fill(fork: Fork): void {
    while (fork.live.size < fork.limit) {
      const one = fork.waiting.shift()
      if (!one) break
      const child = newFiber(`${fork.step}.${one.at + 1}.`, one.branch(), fork, one.at)
      fork.live.add(child)
      this.#resume(child, { kind: 'value', value: undefined })
    }
    const { parent } = fork
    if (fork.live.size > 0 || fork.waiting.length > 0 || parent.waits !== fork) return
    parent.waits = undefined
    if (parent.stopping !== undefined && fork.failure) parent.isTold = true
    this.#resume(parent, joined(fork))
  }

  #ended(fiber: Fiber, how: Input): void {
    const fork = fiber.of
    if (!fork) {
      this.#outcome = outcomeOf(how)
      return
    }
    fork.live.delete(fiber)
    if (how.kind === 'value') fork.values[fiber.at] = how.value
    else {
      fork.failure ??= { error: how.error }
      if (fork.kind !== 'any') this.#stopRest(fork, 'another branch has failed')
    }
    this.#fill(fork)
  }

  #stopRest(fork: Fork, reason: string): void {
    fork.waiting.length = 0
    for (const other of [...fork.live]) this.#stop(other, reason)
  }

  #stop(fiber: Fiber, reason: string): void {
    fiber.stopping ??= reason
    if (fiber.waits) {
      this.#stopRest(fiber.waits, reason)
      return
    }
    for (const pending of this.pending()) {
      if (pending.fiber !== fiber || fiber.isTold || !yieldsToAbort(pending.effect)) continue
      if (isEndedElsewhere(pending)) {
        pending.stopping ??= fiber.stopping
        continue
      }
      this.#pending.delete(pending.step)
      this.#tell(fiber, fiber.stopping)
    }
  }

  #tell(fiber: Fiber, reason: string): void {
    fiber.isTold = true
    this.#resume(fiber, { kind: 'thrown', error: new Aborted(reason) })
  }

  #own(fiber: Fiber, effect: OwnEffect): unknown {
    const { automation, seed } = this.#program
    switch (effect.kind) {
      case 'id':
        fiber.count += 1
        return derivedId(automation, `${fiber.path}${fiber.count}`)
      case 'random':
        fiber.count += 1
        return derivedNumber(seed, automation, `${fiber.path}${fiber.count}`)
      case 'completed':
        return this.#undos.complete(effect.of)
      case 'next-undo':
        return this.#undos.newestOf(fiber.path)
      case 'won': {
        const fork = fiber.of
        if (fork && !fork.won && fiber.stopping === undefined) {
          fork.won = fiber
          this.#stopRest({ ...fork, live: new Set([...fork.live].filter((one) => one !== fiber)) }, 'another branch was first')
        }
        return fork?.won === fiber
      }
    }
  }
}

function valueIn(effect: JournaledEffect, step: string, at: number, answer: StepAnswer & { readonly kind: 'value' }): unknown {
  if (effect.kind === 'now') return at
  return effect.kind === 'undo' || effect.kind === 'turn' ? step : answer.value
}

function textOf(effect: JournaledEffect): string {
  return JSON.stringify(effect)
}
