// The request announce-guest: the switches are told, once more, that the guest's MACs are behind this host.
import type { AnswerOf, Refusal, RequestOf } from '../../../../manager/protocol/requests.ts'
import { findDomain } from '../../guests/domain.ts'
import { readKept } from '../../guests/kept.ts'
import { announce } from '../../streams/announce.ts'
import { refused } from '../refusal.ts'
import type { World } from '../world.ts'

export async function announceGuest(world: World, { uuid }: RequestOf<'announce-guest'>): Promise<AnswerOf<'announce-guest'> | Refusal> {
  const found = await findDomain(world.backend, uuid)
  if (found.kind === 'unknown') return refused('unable', `${found.reason}. It is to be asked again`)
  // Of a guest that is elsewhere it would send its traffic here.
  if (found.kind === 'none' || found.domain.state !== 'running') return refused('unable', 'it does not run on this host')
  const known = await readKept(world.backend, uuid)
  if (known.kind !== 'kept') return refused('unable', 'this host keeps nothing of its NICs: it was not started, or received, by it')
  const { failure } = await announce(world.backend, found.domain.domid, known.kept.guest.nics)
  return failure === undefined ? { kind: 'guest-announced', macs: known.kept.guest.nics.map(({ mac }) => mac) } : refused('unable', failure)
}
