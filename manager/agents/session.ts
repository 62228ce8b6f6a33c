// What a manager does with each message of an agent's connection. Pure: connection.ts does the actions, in their order, and
// hands in the next message only when they are done.

import type { ConsoleTold } from '../protocol/consoles.ts'
import type { KernelEvent } from '../protocol/events.ts'
import { type AgentMessage, type ManagerMessage, PROTOCOL_VERSION } from '../protocol/messages.ts'
import type { Progress } from '../protocol/requests/request.ts'
import type { AnswerBody } from '../protocol/requests.ts'
import type { Sample } from '../protocol/sample.ts'
import type { Report, Revision } from '../store/tables/inventories.ts'

export type Session =
  | { readonly kind: 'new' }
  /** `held`: what the store has of this run. `asked`: everything was asked for, deltas until then are of no use. */
  | { readonly kind: 'ready'; readonly run: string; readonly held: number | undefined; readonly asked: boolean }

export type Action =
  | { readonly kind: 'send'; readonly message: ManagerMessage }
  /** On disk before the next message is looked at. */
  | { readonly kind: 'save'; readonly report: Report }
  | { readonly kind: 'ready'; readonly agent: string; readonly speaks: number; readonly dropped: readonly string[] }
  /** It has heard a manager of this epoch, and obeys no older one. */
  | { readonly kind: 'outdated'; readonly heard: number }
  /** It has been welcomed, and may be asked. */
  | { readonly kind: 'welcomed'; readonly version: number }
  | { readonly kind: 'answer'; readonly id: string; readonly answer: AnswerBody }
  /** `progress` is left out where it has only been accepted. */
  | { readonly kind: 'progress'; readonly id: string; readonly progress: Progress | undefined }
  | { readonly kind: 'sample'; readonly sample: Sample }
  | { readonly kind: 'console'; readonly told: ConsoleTold }
  | { readonly kind: 'event'; readonly at: number; readonly event: KernelEvent }
  /** `audit`: nobody who means well does this. */
  | { readonly kind: 'close'; readonly reason: string; readonly audit: boolean }

export interface Knowledge {
  readonly epoch: number
  /** What the store holds of this host. */
  readonly stored: Revision | undefined
  readonly isAsked: (id: string) => boolean
}

export interface Step {
  readonly session: Session
  readonly actions: readonly Action[]
}

export const NEW_SESSION: Session = { kind: 'new' }

export function step(session: Session, message: AgentMessage, knowledge: Knowledge): Step {
  const stay = (...actions: Action[]): Step => ({ session, actions })
  const close = (reason: string): Step => stay({ kind: 'close', reason, audit: true })
  if (message.kind === 'ping') return stay({ kind: 'send', message: { kind: 'pong', number: message.number } })
  if (message.kind === 'pong') return stay()
  if (session.kind === 'new') return message.kind === 'hello' ? greet(message, knowledge) : close(`${message.kind} before hello`)
  switch (message.kind) {
    case 'hello':
      return close('hello a second time')
    case 'enrol':
      return close('enrol on the connection of a host')
    case 'inventory': {
      const { run, revision, inventory } = message
      if (run !== session.run) return close('an inventory of another run')
      const { problems, ...sections } = inventory
      const report: Report = { run, revision, sections, problems }
      return { session: { ...session, held: revision, asked: false }, actions: [{ kind: 'save', report }] }
    }
    case 'delta': {
      const { run, base, revision, sections, problems } = message
      if (run !== session.run) return close('a delta of another run')
      if (revision <= base) return close('a delta that leads to no later revision')
      if (session.asked) return stay()
      if (base !== session.held) return { session: { ...session, asked: true }, actions: [{ kind: 'send', message: { kind: 'resend' } }] }
      const report: Report = { run, revision, sections, problems }
      return { session: { ...session, held: revision }, actions: [{ kind: 'save', report }] }
    }
    case 'sample':
      return stay({ kind: 'sample', sample: message.sample })
    case 'event':
      return stay({ kind: 'event', at: message.at, event: message.event })
    case 'answer': {
      const { id, answer } = message
      return knowledge.isAsked(id) ? stay({ kind: 'answer', id, answer }) : close('an answer that nobody asked for')
    }
    // Of a channel that is closed by now it is no lie.
    case 'console-said':
    case 'console-ended':
      return stay({ kind: 'console', told: message })
    case 'accepted':
    case 'progress': {
      const { id } = message
      const progress = message.kind === 'progress' ? message.progress : undefined
      return knowledge.isAsked(id) ? stay({ kind: 'progress', id, progress }) : close(`${message.kind} of what nobody asked for`)
    }
  }
}

type Hello = AgentMessage & { readonly kind: 'hello' }

function greet({ versions, run, revision, epoch: heard, agent, dropped = [] }: Hello, { epoch, stored }: Knowledge): Step {
  const reject = (reason: string, ...before: readonly Action[]): Step => ({
    session: NEW_SESSION,
    actions: [...before, { kind: 'send', message: { kind: 'rejected', reason, retry: true } }, { kind: 'close', reason, audit: false }],
  })
  if (versions.oldest > PROTOCOL_VERSION || versions.newest < versions.oldest) {
    return reject(`this manager speaks version ${PROTOCOL_VERSION}, the agent ${versions.oldest} to ${versions.newest}`)
  }
  if (heard !== undefined && heard > epoch)
    return reject(`this manager is of epoch ${epoch}; a later one, ${heard}, has spoken to this host`, { kind: 'outdated', heard })
  const version = Math.min(versions.newest, PROTOCOL_VERSION)
  // A revision beyond the agent's own would be one that it never had.
  const held = stored?.run === run && stored.revision <= revision ? stored.revision : undefined
  return {
    session: { kind: 'ready', run, held, asked: false },
    actions: [
      { kind: 'ready', agent, speaks: version, dropped },
      { kind: 'send', message: { kind: 'welcome', version, epoch, ...(held === undefined ? {} : { have: held }) } },
      { kind: 'welcomed', version },
    ],
  }
}
