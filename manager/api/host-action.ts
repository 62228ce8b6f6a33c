// What an operator does with a host, as a step of its state.
import type { StateEvent } from '../inventory/state.ts'
import type { HostAction } from './schema-hosts.ts'

/** `guests`: that run on it, as it has reported. Undefined for a fence without a proof. */
export function stateEvent(action: HostAction, proof: string | undefined, guests: number): StateEvent | undefined {
  switch (action) {
    case 'maintain':
      return { kind: 'maintain', guests }
    case 'fence':
      return proof === undefined ? undefined : { kind: 'fence', proof }
    case 'approve':
    case 'reject':
    case 'resume':
    case 'release':
      return { kind: action }
  }
}
