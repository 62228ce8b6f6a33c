// The request pause-guest: Xen gives the guest no CPU, or does again.
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import { findDomain } from '../guests/domain.ts'
import { refused } from './refusal.ts'
import { failureOf, type World } from './world.ts'

export async function pauseGuest(world: World, { uuid, state }: RequestOf<'pause-guest'>): Promise<AnswerOf<'pause-guest'> | Refusal> {
  const found = await findDomain(world.backend, uuid)
  if (found.kind === 'unknown') return refused('unable', `${found.reason}. It is to be asked again`)
  if (found.kind === 'none') return refused('unable', 'it does not run on this host: it has no domain here')
  const { domid, state: now } = found.domain
  if (now === state) return { kind: 'guest-paused', state }
  if (now !== 'paused' && now !== 'running') return refused('unable', `domain ${domid} is ${now}`)
  const failure = await failureOf(world.backend, ['xl', state === 'paused' ? 'pause' : 'unpause', String(domid)])
  await world.collect(['guests'])
  return failure === undefined ? { kind: 'guest-paused', state } : refused('unable', failure)
}
