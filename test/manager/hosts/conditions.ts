// The four things that a host is when it is plainly in a state: for tests to begin with.
import type { HostCondition, HostState } from '../../../manager/protocol/host.ts'

const PLAIN: Readonly<Record<HostState, HostCondition>> = {
  pending: { trust: 'pending', presence: 'silent', service: 'in', power: 'unknown' },
  approved: { trust: 'approved', presence: 'silent', service: 'in', power: 'unknown' },
  booting: { trust: 'approved', presence: 'booting', service: 'in', power: 'on' },
  up: { trust: 'approved', presence: 'up', service: 'in', power: 'on' },
  maintenance: { trust: 'approved', presence: 'up', service: 'maintenance', power: 'on' },
  lost: { trust: 'approved', presence: 'lost', service: 'in', power: 'unknown' },
  fenced: { trust: 'approved', presence: 'silent', service: 'in', power: 'fenced' },
  rejected: { trust: 'rejected', presence: 'silent', service: 'in', power: 'unknown' },
}

export function hostIn(state: HostState): HostCondition {
  return PLAIN[state]
}

/** With the word, as what is shown of a host has it. */
export function shownIn(state: HostState): HostCondition & { readonly state: HostState } {
  return { ...PLAIN[state], state }
}
