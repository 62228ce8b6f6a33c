// Runs what brings the world to what is wanted: each task looks when something that it watches has changed, and again every period
// whatever happened, so that what an event failed to start is not left undone. A step that fails is repeated later and later.
import type { Log } from '../../appliance/wire/log.ts'
import type { After } from '../../appliance/wire/timers.ts'
import { pauseAfter } from './attempts.ts'

/** Ids of the hosts, or of whatever else a task is about, that something changed of. */
export type About = ReadonlySet<string> | 'all'

/** To be looked at within so many milliseconds; `id`: left out, all of them. */
export type Wake = (milliseconds: number, id?: string) => void

export interface Task {
  readonly name: string
  /** What it sees to, for a person. */
  readonly what: string
  /** Milliseconds from a step to the next when nothing happens. */
  readonly period: number
  /** However often it has failed, it is tried again within so many milliseconds. */
  readonly longestPause?: number
  /** Until the function that it returns is called. */
  watches(wake: Wake): () => void
  /** Looks at the world as it is and starts what is due; it waits for no host. Returns when to look again, ms, where that is earlier. */
  step(about: About): Promise<number | undefined>
  /** What is not as it should be yet, and what that waits for, a line each. */
  waitsFor(): readonly string[]
  /** Nothing is started any more. */
  close(): void
}

export interface TaskStatus {
  readonly name: string
  readonly what: string
  /** Milliseconds. */
  readonly period: number
  /** Times are milliseconds since the epoch. */
  readonly lastRun?: number
  readonly lastTook?: number
  readonly next?: number
  /** The first of them; `waiting`: how many there are. */
  readonly waitsFor: readonly string[]
  readonly waiting: number
  /** Of the last step. `times`: in a row. */
  readonly error?: { readonly text: string; readonly times: number }
}

export interface DriverDeps {
  readonly now: () => number
  /** Milliseconds, by a clock that does not jump. */
  readonly elapsed: () => number
  readonly after: After
  /** From 0 to 1. */
  readonly random: () => number
  readonly log: Log
}

const MOST_LINES = 20
/** How many times as long as its step took a task rests, and at most, ms: in a large pool something always wakes it. */
const REST = 19
const LONGEST_REST = 5000

export class Driver {
  readonly #deps: DriverDeps
  readonly #running: RunningTask[] = []

  constructor(deps: DriverDeps) {
    this.#deps = deps
  }

  /** At once, and from now on. */
  start(task: Task): void {
    this.#running.push(new RunningTask(task, this.#deps))
  }

  /** In the order of their start. */
  status(): readonly TaskStatus[] {
    return this.#running.map((one) => one.status())
  }

  /** Resolves when no step runs any more. */
  async close(): Promise<void> {
    await Promise.all(this.#running.splice(0).map((one) => one.close()))
  }
}

class RunningTask {
  readonly #task: Task
  readonly #deps: DriverDeps
  readonly #unwatch: () => void
  #about: Set<string> | 'all' = 'all'
  /** By the clock that does not jump. */
  #due: { readonly at: number; readonly cancel: () => void } | undefined
  #stepping: Promise<void> | undefined
  /** Woken in the middle of a step: so long after it, ms. */
  #woken: number | undefined
  /** When all is looked at again, however often it is looked at one host meanwhile; by the clock that does not jump. */
  #everything = Number.NEGATIVE_INFINITY
  #failures = 0
  #error: string | undefined
  #last: { readonly at: number; readonly took: number } | undefined
  /** By the clock that does not jump. */
  #restsUntil = 0
  #closed = false

  constructor(task: Task, deps: DriverDeps) {
    this.#task = task
    this.#deps = deps
    this.#unwatch = task.watches((milliseconds, id) => this.#wake(milliseconds, id))
    this.#runIn(0)
  }

  status(): TaskStatus {
    const { name, what, period } = this.#task
    const waits = this.#task.waitsFor()
    const left = this.#due && this.#due.at - this.#deps.elapsed()
    return {
      ...{ name, what, period, waitsFor: waits.slice(0, MOST_LINES), waiting: waits.length },
      ...(this.#last ? { lastRun: this.#last.at, lastTook: this.#last.took } : {}),
      ...(left === undefined ? {} : { next: Math.round(this.#deps.now() + left) }),
      ...(this.#error === undefined ? {} : { error: { text: this.#error, times: this.#failures } }),
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#unwatch()
    this.#due?.cancel()
    this.#task.close()
    await this.#stepping
  }

  #wake(milliseconds: number, id: string | undefined): void {
    if (id === undefined) this.#about = 'all'
    else if (this.#about !== 'all') this.#about.add(id)
    if (this.#stepping) this.#woken = Math.min(milliseconds, this.#woken ?? milliseconds)
    // One that fails keeps its pause, however much happens meanwhile.
    else if (this.#failures === 0) this.#runIn(milliseconds)
  }

  /** Earlier, where it is due earlier already. */
  #runIn(milliseconds: number): void {
    const now = this.#deps.elapsed()
    const at = Math.max(now + milliseconds, this.#restsUntil)
    if (this.#closed || (this.#due && this.#due.at <= at)) return
    this.#due?.cancel()
    const cancel = this.#deps.after(at - now, () => {
      this.#due = undefined
      this.#stepping = this.#step()
    })
    this.#due = { at, cancel }
  }

  /** Never rejects. */
  async #step(): Promise<void> {
    const { now, elapsed, random, log } = this.#deps
    const { name, period, longestPause = Number.POSITIVE_INFINITY } = this.#task
    const [at, began] = [now(), elapsed()]
    const about = began >= this.#everything ? 'all' : this.#about
    this.#about = new Set()
    let again: number | undefined
    try {
      again = await this.#task.step(about)
      this.#failures = 0
      this.#error = undefined
      if (about === 'all') this.#everything = began + period * (0.9 + random() / 5)
    } catch (error) {
      this.#failures += 1
      this.#error = error instanceof Error ? error.message : String(error)
      this.#about = 'all'
      log.error({ error, task: name, times: this.#failures }, 'a task of the manager failed: it is tried again')
    }
    const ended = elapsed()
    this.#last = { at, took: Math.round(ended - began) }
    this.#restsUntil = ended + Math.min(LONGEST_REST, (ended - began) * REST)
    const woken = this.#woken
    this.#woken = undefined
    this.#stepping = undefined
    if (this.#failures > 0) return this.#runIn(Math.min(longestPause, pauseAfter(this.#failures, random())))
    this.#runIn(Math.max(0, Math.min(this.#everything - ended, again ?? period, woken ?? period)))
  }
}
