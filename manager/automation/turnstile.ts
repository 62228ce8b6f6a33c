// Whose turn it is where only so many may do the same at a time: copies of disks to one host, say. Who uses what is told by the journals, so
// that a manager that starts knows it before it lets anybody go: nothing of it is kept elsewhere. It bounds a load, and guards nothing.
import type { Use } from './effect.ts'

export interface Waiter {
  readonly automation: string
  readonly step: string
  /** Milliseconds since the epoch: it waits since then, whatever manager that was. */
  readonly since: number
  readonly uses: readonly Use[]
  /** Once: it may. */
  readonly go: () => void
}

type Turns = ReadonlyMap<string, readonly Use[]>

export class Turnstile {
  readonly #most: (what: string) => number
  /** The oldest first. */
  #waiting: readonly Waiter[] = []
  readonly #held = new Map<string, Turns>()
  /** Those that may go, and of which that is not written down yet. */
  readonly #let = new Map<string, Waiter>()
  #isOpen = false
  #isLooking = false

  /** `most`: how many may use one of this kind. */
  constructor(most: (what: string) => number) {
    this.#most = most
  }

  /** All that is under way has been told: from now on there are turns. */
  open(): void {
    this.#isOpen = true
    this.#look()
  }

  /** Nobody goes any more, whatever is free: another manager sees to it. */
  close(): void {
    this.#isOpen = false
  }

  /** Until the function that it returns is called: what is not held by then is free. */
  wait(waiter: Waiter): () => void {
    this.#waiting = [...this.#waiting, waiter].sort((a, b) => a.since - b.since)
    this.#look()
    return () => {
      this.#waiting = this.#waiting.filter((one) => one !== waiter)
      if (this.#let.delete(keyOf(waiter))) this.#look()
    }
  }

  /** What an automation uses, by its journal. */
  hold(automation: string, turns: Turns): void {
    const before = this.#held.get(automation)
    if (turns.size > 0) this.#held.set(automation, new Map(turns))
    else this.#held.delete(automation)
    for (const step of turns.keys()) this.#let.delete(keyOf({ automation, step }))
    if (before && [...before.keys()].some((step) => !turns.has(step))) this.#look()
  }

  /** What it waits for, in words; undefined: for no turn. */
  waiting(automation: string): string | undefined {
    const at = this.#waiting.findIndex((one) => one.automation === automation)
    const waiter = this.#waiting[at]
    if (!waiter) return undefined
    const full = waiter.uses.find((use) => this.#users(use).length >= this.#most(use.what))
    if (!full) return 'its turn: it is next'
    const users = this.#users(full)
    const before = this.#waiting.slice(0, at).filter(({ uses }) => uses.some((use) => isSame(use, full))).length
    return `its turn: ${users.length} of at most ${this.#most(full.what)} ${full.name} are under way (${users.join(', ')})${before === 0 ? ', it is next' : `, ${before} wait before it`}`
  }

  get size(): number {
    return this.#waiting.length
  }

  /** Whoever cannot go yet keeps nobody from what is free. */
  #look(): void {
    if (!this.#isOpen || this.#isLooking) return
    this.#isLooking = true
    for (let next = this.#next(); next; next = this.#next()) {
      const going = next
      this.#waiting = this.#waiting.filter((one) => one !== going)
      this.#let.set(keyOf(going), going)
      going.go()
    }
    this.#isLooking = false
  }

  #next(): Waiter | undefined {
    return this.#waiting.find(({ uses }) => uses.every((use) => this.#users(use).length < this.#most(use.what)))
  }

  #users(wanted: Use): readonly string[] {
    return this.#all().flatMap(({ automation, use }) => (isSame(use, wanted) ? [automation] : []))
  }

  #all(): readonly { readonly automation: string; readonly use: Use }[] {
    const held = [...this.#held].flatMap(([automation, turns]) => [...turns.values()].flat().map((use) => ({ automation, use })))
    const going = [...this.#let.values()].flatMap(({ automation, uses }) => uses.map((use) => ({ automation, use })))
    return [...held, ...going]
  }
}

function isSame(one: Use, other: Use): boolean {
  return one.what === other.what && one.of === other.of
}

function keyOf({ automation, step }: Pick<Waiter, 'automation' | 'step'>): string {
  return `${automation}/${step}`
}
