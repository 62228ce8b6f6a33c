// The agent's end of a connection to the manager, as a step from each thing that happens to what is to be done. Pure: sockets
// and clocks are link/runner.ts's.
import type { ConsoleAsked } from '../../manager/protocol/consoles.ts'
import { type Inventory, SECTION_SINCE } from '../../manager/protocol/inventory.ts'
import type { AgentMessage, ManagerMessage } from '../../manager/protocol/messages.ts'
import { PROTOCOL_VERSION } from '../../manager/protocol/messages.ts'
import { type DeltaReport, type FullReport, type Ledger, reportSince } from './ledger.ts'
import { refused } from './requests/refusal.ts'

export interface Connection {
  /** Of the protocol, as both ends speak it. Undefined until `welcome`: until then nothing is reported. */
  readonly version: number | undefined
  /** What the manager holds, once what was sent has arrived. */
  readonly have: number | undefined
}

export type Doing =
  | { readonly kind: 'send'; readonly message: AgentMessage }
  | { readonly kind: 'request'; readonly request: ManagerMessage & { readonly kind: 'request' } }
  | { readonly kind: 'cancel'; readonly id: string }
  | { readonly kind: 'console'; readonly asked: ConsoleAsked }
  /** The manager wants nothing of this host now. */
  | { readonly kind: 'close'; readonly reason: string }

export interface Heard {
  readonly connection: Connection
  readonly epoch: number | undefined
  readonly doing: readonly Doing[]
}

export const NEW_CONNECTION: Connection = { version: undefined, have: undefined }

/** The first message. `dropped`: bundles that did not live here. */
export function greeting(ledger: Ledger, agent: string, epoch: number | undefined, dropped: readonly string[] = []): AgentMessage {
  return {
    kind: 'hello',
    versions: { oldest: 1, newest: PROTOCOL_VERSION },
    agent,
    run: ledger.run,
    revision: ledger.revision,
    ...(epoch === undefined ? {} : { epoch }),
    ...(dropped.length === 0 ? {} : { dropped }),
  }
}

/** `epoch`: the greatest that this run of the agent has heard. */
export function hear(connection: Connection, ledger: Ledger, epoch: number | undefined, message: ManagerMessage): Heard {
  const close = (reason: string): Heard => ({ connection, epoch, doing: [{ kind: 'close', reason }] })
  switch (message.kind) {
    case 'ping':
      return { connection, epoch, doing: [{ kind: 'send', message: { kind: 'pong', number: message.number } }] }
    case 'pong':
      return { connection, epoch, doing: [] }
    case 'welcome': {
      if (epoch !== undefined && message.epoch < epoch) return close(`a manager of epoch ${message.epoch}, after one of ${epoch}`)
      return { ...report({ version: message.version, have: message.have }, ledger), epoch: message.epoch }
    }
    case 'resend':
      return { ...report({ ...connection, have: undefined }, ledger), epoch }
    case 'rejected':
      return close(message.reason)
    case 'enrolled':
      return close('a certificate that was not asked for')
    case 'console-open': {
      if (connection.version === undefined) return close('a console-open before welcome')
      if (epoch !== undefined && message.epoch < epoch) {
        const reason = `this is asked by a manager of epoch ${message.epoch}, after one of ${epoch}`
        return {
          connection,
          epoch,
          doing: [{ kind: 'send', message: { kind: 'console-ended', channel: message.channel, cause: 'failed', reason } }],
        }
      }
      return { connection, epoch: message.epoch, doing: [{ kind: 'console', asked: message }] }
    }
    // Of a channel that was opened, or of none.
    case 'console-type':
    case 'console-close':
      return { connection, epoch, doing: [{ kind: 'console', asked: message }] }
    case 'request':
    case 'cancel': {
      if (connection.version === undefined) return close(`a ${message.kind} before welcome`)
      const { id, epoch: asked } = message
      if (epoch !== undefined && asked < epoch) {
        const reason = `this is asked by a manager of epoch ${asked}, after one of ${epoch}`
        return { connection, epoch, doing: [{ kind: 'send', message: { kind: 'answer', id, answer: refused('stale-epoch', reason) } }] }
      }
      return {
        connection,
        epoch: asked,
        doing: [message.kind === 'request' ? { kind: 'request', request: message } : { kind: 'cancel', id }],
      }
    }
  }
}

/** What the manager lacks; nothing before it has said welcome. */
export function report(connection: Connection, ledger: Ledger): { readonly connection: Connection; readonly doing: readonly Doing[] } {
  const { version, have } = connection
  const message = version !== undefined ? reportSince(ledger, have) : undefined
  if (version === undefined || !message) return { connection, doing: [] }
  return { connection: { ...connection, have: ledger.revision }, doing: [{ kind: 'send', message: reportFor(version, message) }] }
}

/** Sections that a manager does not know it drops unread; in a problem it would not take their names. */
function reportFor(version: number, message: FullReport | DeltaReport): FullReport | DeltaReport {
  const known = (problems: Inventory['problems']) => problems.filter(({ section }) => (SECTION_SINCE[section] ?? 1) <= version)
  if (message.kind === 'delta') return { ...message, problems: known(message.problems) }
  return { ...message, inventory: { ...message.inventory, problems: known(message.inventory.problems) } }
}
