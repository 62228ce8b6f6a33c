// A refusal as the protocol takes it: whatever a tool has said, it is short and printable.
import type { Refusal } from '../../../manager/protocol/requests.ts'
import { tidy } from '../inventory/accept.ts'

export function refused(cause: Refusal['cause'], reason: string): Refusal {
  return { kind: 'refused', cause, reason: tidy(reason, 512) ?? 'for no reason that was given' }
}
