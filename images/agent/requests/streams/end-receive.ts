// The request end-receive: nothing of the stream is left here. The guest is here or it is not: whichever was decided, what Xen shows must
// not say the contrary.

import { isMovingName } from '../../../../manager/protocol/guests.ts'
import type { AnswerOf, Refusal, RequestOf } from '../../../../manager/protocol/requests.ts'
import { keep, readKept } from '../../guests/kept.ts'
import { domainsOf } from '../../guests/moving.ts'
import { isUnborn } from '../../inventory/xl-list.ts'
import { streamPlaces } from '../../streams/places.ts'
import { otherStream, removeStream, type StreamWorld, see, until } from '../../streams/relays.ts'
import { refused } from '../refusal.ts'
import { OF_GUESTS } from '../start-guest.ts'
import { forgetArriving, takeAway } from './go-receive.ts'

/** Milliseconds for xl to take away what it has built. */
const ENDING = 30_000
const UNENDED = 'the process of the stream does not end: ask again'

export async function endReceive(
  world: StreamWorld,
  { migration, guest, become }: RequestOf<'end-receive'>,
): Promise<AnswerOf<'end-receive'> | Refusal> {
  const places = streamPlaces(migration)
  const was = (await world.backend.list(places.folder)).length > 0 ? 'there' : 'not there'
  const seen = await see(world, places)
  if (seen.relay !== 'none' && seen.status.end !== 'target') return refused('unable', 'this host is the source of that stream')
  // A late one: what is here is another stream's.
  if (was === 'not there' && (await otherStream(world, guest, migration)) !== undefined) return { kind: 'receive-ended', was }
  const known = await readKept(world.backend, guest)
  if (known.kind === 'damaged') return refused('unable', `what this host keeps of the guest is damaged: ${known.reason}`)
  const kept = known.kind === 'kept' ? known.kept : undefined
  if (become === 'moved') {
    const domains = await domainsOf(world.backend, guest)
    if (domains.kind === 'unread') return refused('unable', `${domains.reason}. It is to be asked again`)
    const [domain] = domains.all
    if (!domain || isMovingName(domain.name) || isUnborn(domain))
      return refused('unable', 'it has not come: it has no domain here that was let go on')
    if (kept?.state === 'arriving') await keep(world.files, { ...kept, state: 'started' })
    if ((await until(world, places, () => false, ENDING)).relay === 'lives') return refused('unable', UNENDED)
  } else {
    if (seen.relay === 'lives') await world.relays.ask(places, { ask: 'abort' })
    const after = await until(world, places, ({ phase }) => phase === 'gone', ENDING)
    if (after.relay !== 'none' && after.status.phase === 'gone' && (await hasCome(world, guest)))
      return refused('unable', 'it goes on here: the source has given it up')
    if (after.relay === 'lives') return refused('unable', UNENDED)
    const left = kept?.state === 'arriving' || was === 'there' ? await takeAway(world, guest) : undefined
    if (left !== undefined) return refused('unable', left)
    if (kept?.state === 'arriving') await forgetArriving(world, kept)
  }
  await removeStream(world, places)
  await world.collect(OF_GUESTS)
  return { kind: 'receive-ended', was }
}

async function hasCome(world: StreamWorld, guest: RequestOf<'end-receive'>['guest']): Promise<boolean> {
  const domains = await domainsOf(world.backend, guest)
  return domains.kind === 'unread' || domains.all.length > 0
}
