// The target's end of a stream: what it does about each thing that happens. Until the source has given the guest up it never lets it go on;
// from then on nothing needs the source. What is dropped is dropped for ever. Pure.
import type { StreamCause, StreamPhase } from '../../../manager/protocol/requests/streams.ts'
import type { NoteOfSource, NoteOfTarget } from './notes.ts'
import type { Stepped } from './source.ts'
import type { Said } from './xl-talk.ts'

export interface Target {
  readonly phase: StreamPhase
  readonly cause?: StreamCause
  readonly reason?: string
  /** Of `gone`: xl has said that the guest goes on. */
  readonly started?: true
}

export type TargetEvent =
  | { readonly kind: 'connected' }
  | { readonly kind: 'link-lost'; readonly reason: string }
  | { readonly kind: 'note'; readonly note: NoteOfSource }
  | { readonly kind: 'said'; readonly said: Said }
  | { readonly kind: 'xl-ended' }
  | { readonly kind: 'go' }
  | { readonly kind: 'aborted' }
  /** `come`: nobody has; `hold`: nobody has decided; `hand`: the source does not give the guest up. */
  | { readonly kind: 'expired'; readonly wait: 'come' | 'hold' | 'hand' }

export type TargetAction =
  | { readonly kind: 'note'; readonly note: NoteOfTarget }
  | { readonly kind: 'start xl' }
  /** To xl, in its own octets: it lets the guest go on. */
  | { readonly kind: 'let go' }
  | { readonly kind: 'wait'; readonly for: 'hold' | 'hand' }
  /** Nothing more is said to xl: it destroys what it has built, and ends. */
  | { readonly kind: 'end' }

type Step = Stepped<Target, TargetAction>

export const NEW_TARGET: Target = { phase: 'waiting' }

function isOpen({ phase }: Target): boolean {
  return phase !== 'gone' && phase !== 'dropped'
}

export function stepTarget(state: Target, event: TargetEvent): Step {
  switch (event.kind) {
    case 'connected':
      return state.phase === 'waiting' ? { state: { phase: 'streaming' }, actions: [{ kind: 'start xl' }] } : stay(state)
    case 'note':
      return hear(state, event.note)
    case 'said':
      return said(state, event.said)
    case 'go':
      if (state.phase !== 'held') return stay(state)
      return { state: { phase: 'handing' }, actions: [note({ note: 'word' }), { kind: 'wait', for: 'hand' }] }
    case 'link-lost':
      return isOpen(state) ? drop(state, 'link-lost', event.reason) : stay(state)
    case 'xl-ended':
      // Of `gone` the domain tells whether it goes on; of `dropped` it was told to.
      return isOpen(state) ? drop(state, 'xl-failed', 'xl migrate-receive has ended before its time') : end(state)
    case 'aborted':
      return isOpen(state) ? drop(state, 'aborted', 'it was asked for') : stay(state)
    case 'expired':
      return expired(state, event.wait)
  }
}

function hear(state: Target, heard: NoteOfSource): Step {
  switch (heard.note) {
    case 'hello':
    case 'beat':
      return stay(state)
    case 'suspended':
      return state.phase === 'streaming' ? { state: { phase: 'suspended' }, actions: [] } : stay(state)
    case 'given-up':
      return state.phase === 'handing' ? { state: { phase: 'gone' }, actions: [{ kind: 'let go' }] } : stay(state)
    case 'dropped':
      return isOpen(state) ? drop(state, heard.cause, `the source: ${heard.reason}`) : stay(state)
  }
}

function said(state: Target, { kind, ...more }: Said): Step {
  switch (kind) {
    case 'banner':
      return isOpen(state) ? { state, actions: [note({ note: 'ready' })] } : stay(state)
    case 'ready':
      if (state.phase !== 'streaming' && state.phase !== 'suspended') return stay(state)
      return { state: { phase: 'held' }, actions: [note({ note: 'held' }), { kind: 'wait', for: 'hold' }] }
    case 'report': {
      const code = 'code' in more ? more.code : 1
      if (state.phase !== 'gone') return stay(state)
      if (code === 0) return { state: { ...state, started: true }, actions: [note({ note: 'report', code })] }
      // It destroys its copy, and says when that is done: only then the source may have it back.
      return { state: { ...state, cause: 'xl-failed', reason: `xl migrate-receive could not let it go on: code ${code}` }, actions: [] }
    }
    case 'returned': {
      if (state.phase !== 'gone' || state.cause === undefined) return stay(state)
      return { state: { ...state, phase: 'dropped' }, actions: [note({ note: 'report', code: 1 })] }
    }
    case 'odd':
      return isOpen(state) ? drop(state, 'xl-failed', 'xl migrate-receive says what no xl says') : stay(state)
  }
}

function expired(state: Target, wait: 'come' | 'hold' | 'hand'): Step {
  switch (wait) {
    case 'come':
      return state.phase === 'waiting' ? drop(state, 'no-one-came', 'the source has not come') : stay(state)
    case 'hold':
      return state.phase === 'held' ? drop(state, 'hold-expired', 'nobody said in time that the guest shall go on here') : stay(state)
    case 'hand':
      return state.phase === 'handing' ? drop(state, 'link-lost', 'the source has not given the guest up in time') : stay(state)
  }
}

function drop(state: Target, cause: StreamCause, given: string): Step {
  const reason = given.slice(0, 512)
  return { state: { ...state, phase: 'dropped', cause, reason }, actions: [note({ note: 'dropped', cause, reason }), { kind: 'end' }] }
}

function end(state: Target): Step {
  return { state, actions: [{ kind: 'end' }] }
}

function note(told: NoteOfTarget): TargetAction {
  return { kind: 'note', note: told }
}

function stay(state: Target): Step {
  return { state, actions: [] }
}
