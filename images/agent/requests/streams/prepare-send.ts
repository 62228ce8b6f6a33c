// The request prepare-send: a key of this migration lies here, in RAM, for root alone, until its relay has read it.
import type { AnswerOf, Refusal, RequestOf } from '../../../../manager/protocol/requests.ts'
import { streamPlaces } from '../../streams/places.ts'
import { otherStream, type StreamWorld, see } from '../../streams/relays.ts'
import { refused } from '../refusal.ts'

export async function prepareSend(
  world: StreamWorld,
  { migration, guest }: RequestOf<'prepare-send'>,
): Promise<AnswerOf<'prepare-send'> | Refusal> {
  const places = streamPlaces(migration)
  const known = await world.backend.read(places.key)
  if (known !== undefined) return { kind: 'send-prepared', pin: world.relays.pinOf(known) }
  const seen = await see(world, places)
  if (seen.relay === 'lives' && seen.status.pin !== undefined) return { kind: 'send-prepared', pin: seen.status.pin }
  if (seen.relay !== 'none') return refused('unable', `the stream ${migration} has ended here already: a new one has another id`)
  const other = await otherStream(world, guest, migration)
  if (other !== undefined) return refused('unable', `another stream of this guest is open here, ${other}: end that first`)
  const { key, pin } = world.relays.identity()
  await world.files.write(places.key, key, 0o600)
  return { kind: 'send-prepared', pin }
}
