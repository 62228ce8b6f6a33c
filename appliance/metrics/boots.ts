// Which boots have come to an end since they were last told, each once: a view of an attempt is told whenever anything happens in it.
import type { Stage } from '../timeline/event.ts'
import type { AttemptState, AttemptView } from '../timeline/timeline.ts'

/** `stuck`: nothing was heard for too long; it may come up all the same, and is told again. */
export interface EndedBoot {
  readonly outcome: Exclude<AttemptState, 'booting'>
  /** The last that it got to. */
  readonly stage: Stage
  readonly seconds: number
}

/** More than the timeline keeps of hosts; one that is forgotten may be told twice. */
const MOST = 16_384

export class BootEnds {
  readonly #states = new Map<string, AttemptState>()

  /** `known`: what was there at the start, which has been told before. */
  constructor(known: readonly AttemptView[]) {
    for (const { id, state } of known.slice(0, MOST)) this.#states.set(id, state)
  }

  /** Undefined where it goes on, or was told. */
  of({ id, state, stages, startedAt }: AttemptView): EndedBoot | undefined {
    const before = this.#states.get(id)
    this.#states.delete(id)
    this.#states.set(id, state)
    if (this.#states.size > MOST) for (const oldest of this.#states.keys()) if (this.#states.delete(oldest)) break
    if (state === 'booting' || state === before) return undefined
    const last = stages.at(-1)
    return { outcome: state, stage: last?.stage ?? 'firmware', seconds: ((last?.at ?? startedAt) - startedAt) / 1000 }
  }
}
