// A target of notifications as people see it: without what is secret. Pure.
import type { MailTls, Severity, Topic } from '../protocol/notifications.ts'
import type { Progress, TargetRow } from '../store/tables/notification-targets.ts'
import type { Settings } from './target.ts'

export interface ShownTarget {
  readonly name: string
  readonly kind: Settings['kind']
  readonly url?: string
  readonly signed?: boolean
  readonly host?: string
  readonly port?: number
  readonly tls?: MailTls
  readonly user?: string
  readonly from?: string
  readonly to?: string[]
  readonly ownAuthority: boolean
  readonly severity: Severity
  readonly topics: Topic[]
  readonly state: 'off' | 'working' | 'waiting' | 'failing' | 'stopped'
  readonly waiting: number
  readonly sent?: number
  readonly failed?: number
  readonly error?: string
  readonly next?: number
  readonly created: number
  readonly by: string
}

/** Of one that is told of what comes behind this notice. */
export function fresh(position: number): Progress {
  return {
    ...{ position, due: 0, failures: 0, stopped: false },
    ...{ waiting: undefined, sent: undefined, failed: undefined, error: undefined },
  }
}

/** `waiting`: events that it is to be told. */
export function showTarget(row: TargetRow, settings: Settings, waiting: number): ShownTarget {
  const { name, created, by, sent, failed, error, due } = row
  const { severity, topics, authority } = settings
  const state = stateOf(row, settings, waiting)
  return {
    ...{ name, kind: settings.kind, ...whereOf(settings), ownAuthority: authority !== undefined },
    ...{ severity, topics: [...topics], state, waiting },
    ...(sent === undefined ? {} : { sent }),
    ...(failed === undefined ? {} : { failed }),
    ...(error === undefined ? {} : { error }),
    ...(state === 'failing' ? { next: due } : {}),
    ...{ created, by },
  }
}

function whereOf(settings: Settings) {
  if (settings.kind === 'webhook') return { url: `${settings.origin}/…`, signed: settings.isSigned }
  const { host, port, tls, user, from, to } = settings
  return { host, port, tls, ...(user === undefined ? {} : { user }), from, to: [...to] }
}

function stateOf({ stopped, failures }: Progress, { isOn }: Settings, waiting: number): ShownTarget['state'] {
  if (!isOn) return 'off'
  if (stopped) return 'stopped'
  if (failures > 0) return 'failing'
  return waiting > 0 ? 'waiting' : 'working'
}
