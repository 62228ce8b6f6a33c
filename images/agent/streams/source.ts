// The source's end of a stream: what it does about each thing that happens. As long as the guest is its own it takes it back by itself; from
// `handing` on it does nothing about the guest that the target, or who knows what became of the target, does not say. Pure.
import type { StreamCause, StreamPhase } from '../../../manager/protocol/requests/streams.ts'
import type { NoteOfSource, NoteOfTarget } from './notes.ts'

export interface Source {
  readonly phase: StreamPhase
  readonly cause?: StreamCause
  readonly reason?: string
  /** Of `would-pause`. */
  readonly pauseMs?: number
}

export type SourceEvent =
  | { readonly kind: 'connected' }
  /** Also: nobody could be reached, or who was reached is another one. */
  | { readonly kind: 'link-lost'; readonly cause: 'link-lost' | 'wrong-peer'; readonly reason: string }
  | { readonly kind: 'note'; readonly note: NoteOfTarget }
  /** xl says so. */
  | { readonly kind: 'suspended' }
  /** xl has the word and has renamed its domain away. */
  | { readonly kind: 'given-up' }
  /** It reads and says nothing more. */
  | { readonly kind: 'xl-ended' }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'hold-expired' }
  /** It would be so long. */
  | { readonly kind: 'too-long'; readonly pauseMs: number }
  /** By who knows what became of the target. */
  | { readonly kind: 'decided'; readonly become: 'moved' | 'not moved' }

export type SourceAction =
  | { readonly kind: 'note'; readonly note: NoteOfSource }
  /** To xl, in its own octets. */
  | { readonly kind: 'xl'; readonly say: 'banner' | 'ready' | 'started' | 'failed' }
  | { readonly kind: 'begin hold' }
  /** Nothing more is read of xl, nothing said to it: it takes the guest back. */
  | { readonly kind: 'end' }

export interface Stepped<State, Action> {
  readonly state: State
  readonly actions: readonly Action[]
}

type Step = Stepped<Source, SourceAction>

export const NEW_SOURCE: Source = { phase: 'waiting' }

/** Whether it may take the guest back without asking anybody. */
export function isOwn({ phase }: Source): boolean {
  return phase === 'waiting' || phase === 'streaming' || phase === 'suspended' || phase === 'held'
}

export function stepSource(state: Source, event: SourceEvent): Step {
  switch (event.kind) {
    case 'connected':
      return state.phase === 'waiting' ? { state: { phase: 'streaming' }, actions: [] } : stay(state)
    case 'note':
      return hear(state, event.note)
    case 'suspended':
      if (state.phase !== 'streaming') return stay(state)
      return { state: { phase: 'suspended' }, actions: [{ kind: 'note', note: { note: 'suspended' } }] }
    case 'given-up':
      return state.phase === 'handing' ? { state, actions: [{ kind: 'note', note: { note: 'given-up' } }] } : stay(state)
    case 'link-lost':
      // In `handing` it waits, however long: what became of the guest is known at the other end.
      return isOwn(state) ? drop(state, event.cause, event.reason) : stay(state)
    case 'xl-ended':
      if (isOwn(state)) return drop(state, 'xl-failed', 'xl migrate has ended before its time')
      if (state.phase !== 'handing') return { state, actions: [{ kind: 'end' }] }
      return giveNotice({ ...state, cause: 'xl-failed', reason: 'xl migrate has ended after it had the word' })
    case 'aborted':
      return isOwn(state) ? drop(state, 'aborted', 'it was asked for') : stay(state)
    case 'hold-expired':
      return state.phase === 'held'
        ? drop(state, 'hold-expired', 'nobody said in time that the guest shall go on at the target')
        : stay(state)
    case 'too-long':
      if (state.phase !== 'suspended' && state.phase !== 'held' && state.phase !== 'streaming') return stay(state)
      return withPause(drop(state, 'would-pause', `it would stand still for about ${sayMilliseconds(event.pauseMs)}`), event.pauseMs)
    case 'decided':
      return decided(state, event.become)
  }
}

function hear(state: Source, note: NoteOfTarget): Step {
  switch (note.note) {
    case 'hello':
    case 'beat':
      return stay(state)
    case 'ready':
      return state.phase === 'streaming' ? { state, actions: [{ kind: 'xl', say: 'banner' }] } : stay(state)
    case 'held':
      if (state.phase !== 'streaming' && state.phase !== 'suspended') return stay(state)
      return { state: { phase: 'held' }, actions: [{ kind: 'begin hold' }] }
    case 'word':
      return state.phase === 'held' ? { state: { phase: 'handing' }, actions: [{ kind: 'xl', say: 'ready' }] } : stay(state)
    case 'report':
      if (state.phase !== 'handing') return stay(state)
      return note.code === 0
        ? handOver(state)
        : takeBack(state, 'peer-dropped', `xl at the target could not let it go on: code ${note.code}`)
    case 'dropped': {
      const reason = `the target: ${note.reason}`
      if (isOwn(state)) return drop(state, note.cause, reason)
      return state.phase === 'handing' ? takeBack(state, note.cause, reason) : stay(state)
    }
  }
}

function decided(state: Source, become: 'moved' | 'not moved'): Step {
  if (become === 'not moved') {
    if (isOwn(state)) return drop(state, 'aborted', 'it was asked for')
    return state.phase === 'handing' ? takeBack(state, 'aborted', 'the target has dropped it') : stay(state)
  }
  // A target without the word cannot let it go on: who says so is wrong.
  return state.phase === 'handing' ? handOver(state) : stay(state)
}

function handOver(state: Source): Step {
  return { state: { ...state, phase: 'gone' }, actions: [{ kind: 'xl', say: 'started' }] }
}

/** After the word xl does not take it back by itself: it has to be told that it may. */
function takeBack(state: Source, cause: StreamCause, reason: string): Step {
  return { state: { ...state, phase: 'dropped', cause, reason: reason.slice(0, 512) }, actions: [{ kind: 'xl', say: 'failed' }] }
}

function drop(state: Source, cause: StreamCause, given: string): Step {
  const reason = given.slice(0, 512)
  return {
    state: { ...state, phase: 'dropped', cause, reason },
    actions: [{ kind: 'note', note: { note: 'dropped', cause, reason } }, { kind: 'end' }],
  }
}

/** xl is gone in `handing`, and may have taken the guest back: the target must not let it go on if it has not yet. */
function giveNotice(state: Source): Step {
  const note = { note: 'dropped', cause: 'xl-failed', reason: 'xl migrate has ended after it had the word' } as const
  return { state, actions: [{ kind: 'note', note }, { kind: 'end' }] }
}

function withPause({ state, actions }: Step, pauseMs: number): Step {
  return { state: { ...state, pauseMs: Math.ceil(pauseMs) }, actions }
}

function stay(state: Source): Step {
  return { state, actions: [] }
}

function sayMilliseconds(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.ceil(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`
}
