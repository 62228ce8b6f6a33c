// The request destroy-guest: no domain of this guest any more, without its help.
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import { destroyDomain, readDomains } from '../guests/domain.ts'
import { endPolicy, tidyUp } from '../guests/end.ts'
import { refused } from './refusal.ts'
import { OF_GUESTS } from './start-guest.ts'
import type { World } from './world.ts'

export async function destroyGuest(world: World, { uuid }: RequestOf<'destroy-guest'>): Promise<AnswerOf<'destroy-guest'> | Refusal> {
  const kept = await endPolicy(world, uuid)
  const domains = await readDomains(world.backend)
  if (domains.kind === 'unread')
    return refused('unable', `which domains there are is not known: ${domains.reason}. It is to be asked again`)
  // In the midst of a migration there are two.
  const own = domains.all.filter((domain) => domain.uuid === uuid)
  const failures: string[] = []
  for (const { domid } of own) {
    const failure = await destroyDomain(world, uuid, domid)
    if (failure !== undefined) failures.push(failure)
  }
  if (failures.length > 0) return refused('unable', failures.join('; '))
  await tidyUp(world, uuid, kept)
  await world.collect(OF_GUESTS)
  return { kind: 'guest-destroyed', was: own.length > 0 ? 'there' : 'not there' }
}
