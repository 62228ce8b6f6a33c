// The request reboot-guest: the guest is asked to reboot, once as this domain.
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import { findDomain } from '../guests/domain.ts'
import { refused } from './refusal.ts'
import { failureOf, type World } from './world.ts'

export async function rebootGuest(
  { backend }: World,
  { uuid, domid }: RequestOf<'reboot-guest'>,
): Promise<AnswerOf<'reboot-guest'> | Refusal> {
  const found = await findDomain(backend, uuid)
  if (found.kind === 'unknown') return refused('unable', `${found.reason}. It is to be asked again`)
  if (found.kind === 'none') return refused('unable', 'it does not run on this host: it has no domain here')
  const { domain } = found
  if (domain.domid !== domid) return { kind: 'guest-rebooted', was: 'another domain' }
  if (domain.state !== 'running') return refused('unable', `domain ${domid} is ${domain.state}, and hears nothing`)
  const failure = await failureOf(backend, ['xl', 'reboot', String(domid)])
  return failure === undefined ? { kind: 'guest-rebooted', was: 'this domain' } : refused('unable', failure)
}
