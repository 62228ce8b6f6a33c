// What a host's trust lets be done with it. What follows on what is hosts/state.ts's to say.
import type { HostCondition } from '../protocol/host.ts'

/** Everybody else may only report. */
export function mayBeAsked({ trust, power }: Pick<HostCondition, 'trust' | 'power'>): boolean {
  return trust === 'approved' && power !== 'fenced'
}
