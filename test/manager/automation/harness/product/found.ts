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
  {
    what: 'a guest that was slowed to be moved stayed slow on its new host',
    replay: { seed: 1, name: 'live move', faults: [{ kind: 'stream', at: 3, fault: 'agent of S dies' }] },
  },
  {
    what: 'a swap that was broken off held the mirror for ever',
    replay: { seed: 1, name: 'live move', faults: [{ kind: 'command', at: 21, fault: 'fails' }] },
  },
  {
    what: 'the end of an xl migrate that had never begun was waited for for ever',
    replay: { seed: 1, name: 'live move', faults: [{ kind: 'command', at: 30, fault: 'fails' }] },
  },
  {
    what: 'a guest was taken back by the old host when the new one was reset, though it had written there',
    replay: { seed: 1, name: 'live move', faults: [{ kind: 'stream', at: 12, fault: 'T resets' }] },
  },
]
