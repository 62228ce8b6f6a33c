// Tells the manager what it has to know of this appliance, for as long as the appliance runs: in order, one push at a time, again
// after any failure. Boots wait for none of it.
import { setTimeout as delay } from 'node:timers/promises'
import { backoff } from '../../images/agent/backoff.ts'
import type { ApplianceSelf } from '../../manager/protocol/appliance.ts'
import type { SiteKeys } from '../store/site-keys.ts'
import { describeAnswer } from './answer.ts'
import { askManager } from './exec.ts'
import type { ManagerPlace } from './place.ts'
import type { Push, Source } from './source.ts'
import type { Troubles } from './trouble.ts'

export interface ManagerLinkOptions {
  readonly place: ManagerPlace
  readonly keys: () => Promise<SiteKeys>
  readonly self: () => ApplianceSelf
  /** The most urgent first. */
  readonly sources: readonly Source[]
  readonly troubles: Troubles
  /** From 0 to 1. */
  readonly random: () => number
}

export interface ManagerLink {
  /** A source has something new. */
  wake(): void
  close(): Promise<void>
}

/** Milliseconds for the manager to have it on disk. */
const PATIENCE = 15_000
/** Bytes of an answer to a push: it is empty, or a problem. */
const LONGEST_ANSWER = 64 * 1024
/** It knows no such thing, or not in this form or size. */
const NOT_TAKEN = [400, 404, 405, 413]

/** Never rejects, never throws; goes on until `close`. */
export function startManagerLink(options: ManagerLinkOptions): ManagerLink {
  return new RunningLink(options)
}

class RunningLink implements ManagerLink {
  readonly #options: ManagerLinkOptions
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  readonly #sleeper = new Sleeper()

  constructor(options: ManagerLinkOptions) {
    this.#options = options
    this.#running = this.#run()
  }

  wake(): void {
    this.#sleeper.wake()
  }

  async close(): Promise<void> {
    this.#stop.abort()
    this.wake()
    await this.#running
  }

  async #run(): Promise<void> {
    const { sources, random, troubles } = this.#options
    let failures = 0
    while (!this.#stop.signal.aborted) {
      const push = this.#next(sources)
      if (!push) {
        await this.#sleeper.sleep()
        continue
      }
      const trouble = await this.#tell(push).catch((error: unknown) => `it could not be told: ${String(error)}`)
      if (this.#stop.signal.aborted) return
      troubles.note('push', trouble)
      failures = trouble === undefined ? 0 : failures + 1
      if (failures > 0) await delay(backoff(failures, random()), undefined, { signal: this.#stop.signal }).catch(() => undefined)
    }
  }

  #next(sources: readonly Source[]): Push | undefined {
    for (const source of sources) {
      const push = source()
      if (push) return push
    }
    return undefined
  }

  /** Undefined when it is acknowledged, else why not. */
  async #tell({ path, body, acknowledged, optional }: Push): Promise<string | undefined> {
    const { place, keys, self } = this.#options
    const found = await keys()
    if (found.kind === 'none') return found.reason
    const answer = await askManager(place, found.authority, {
      method: 'POST',
      path,
      headers: { authorization: `Bearer ${found.secret}`, 'content-type': 'application/json' },
      body: JSON.stringify({ appliance: self(), ...body }),
      patience: PATIENCE,
      limit: LONGEST_ANSWER,
      signal: this.#stop.signal,
    })
    const isNotTaken = optional === true && answer.kind === 'answer' && NOT_TAKEN.includes(answer.status)
    if (!isNotTaken && (answer.kind === 'failed' || answer.status !== 204)) return describeAnswer(answer, place)
    acknowledged()
    return undefined
  }
}

/** Sleeps until it is woken, or not at all when it was woken since. */
class Sleeper {
  #woken = false
  #wake: (() => void) | undefined

  wake(): void {
    this.#woken = true
    this.#wake?.()
  }

  async sleep(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      if (this.#woken) resolve()
    })
    this.#woken = false
  }
}
