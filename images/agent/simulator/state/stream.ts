// One end of a live migration: the process of our relay, and the xl beside it, as they stand.
import type { NoteOfSource, NoteOfTarget } from '../../streams/notes.ts'
import type { Source } from '../../streams/source.ts'
import type { SourcePlan, TargetPlan } from '../../streams/status.ts'
import type { Target } from '../../streams/target.ts'

interface Common {
  readonly migration: string
  readonly pin: string
  readonly lives: boolean
  /** The other end's host, once they know each other. */
  readonly peer: string | undefined
  readonly began: number
  readonly suspendedAt: number | undefined
  readonly deadlines: readonly { readonly wait: 'come' | 'hold' | 'hand'; readonly at: number }[]
  /** Notes of the other end that are on their way here, in their order. */
  readonly arriving: readonly { readonly at: number; readonly note: NoteOfSource | NoteOfTarget }[]
  /** When its xl does what its last word has told it: S's gives the guest up, T's lets it go on. */
  readonly does: number | undefined
  /** Its xl was killed: it tidies up nothing. */
  readonly isBereft?: true
}

export interface SourceStream extends Common {
  readonly end: 'source'
  readonly plan: SourcePlan
  readonly machine: Source
  readonly name: string
  /** When the guest is suspended, and when all of it is there. */
  readonly suspends: number | undefined
  readonly whole: number | undefined
}

export interface TargetStream extends Common {
  readonly end: 'target'
  readonly plan: TargetPlan
  readonly machine: Target
  readonly port: number
  readonly expected: { readonly pin: string; readonly address: string } | undefined
}

export type Stream = SourceStream | TargetStream
