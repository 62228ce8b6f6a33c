// What a manager is started with beside its config: what a test, or a lab, has other than a site.
import type { Rate } from './access/rate.ts'
import type { AccessOptions } from './access/service.ts'
import type { ConnectionLimits } from './agents/connection.ts'
import type { Finding } from './doctor/finding.ts'
import type { GateRates } from './doors/gate.ts'
import type { Pace } from './notifications/pauses.ts'
import type { AgentBundle } from './reconcile/agent-versions.ts'

export interface ManagerSettings {
  readonly limits?: ConnectionLimits
  readonly enrolRate?: Rate
  /** How long a stranger may take for its handshake and its request, ms. */
  readonly patience?: number
  /** How long a connected agent may take to say that it is there, ms. */
  readonly probePatience?: number
  /** How long a host may be away before it is lost, ms. */
  readonly lostAfter?: number
  readonly now?: () => number
  /** What agents are upgraded to; left out: they stay as they are. */
  readonly bundle?: AgentBundle
  readonly apiRates?: GateRates
  /** What the doctor finds on this machine, as it was last. */
  readonly findings?: () => readonly Finding[]
  /** When people are told of what happens. */
  readonly notifications?: Pace
  readonly passwords?: Pick<AccessOptions, 'cost' | 'rates'>
}
