// Runs that have shown bugs of the product: each is a test from then on.
import type { Replay } from './explore.ts'

export interface FoundBefore {
  /** What was wrong. */
  readonly what: string
  readonly replay: Replay
}

export const FOUND: readonly FoundBefore[] = [
  {
    what: 'a disk of which nobody knows whether it is removed stood as ready',
    replay: { seed: 1, name: 'destroy', faults: [{ kind: 'request', at: 2, fault: 'half' }] },
  },
  {
    what: 'a disk that was being discarded when its removal failed stood as ready',
    replay: { seed: 1, name: 'destroy', faults: [{ kind: 'command', at: 11, fault: 'fails' }] },
  },
]
