// The request accept-send: from now on the relay lets this one in, and nobody else.
import type { AnswerOf, Refusal, RequestOf } from '../../../../manager/protocol/requests.ts'
import { streamPlaces } from '../../streams/places.ts'
import type { StreamWorld } from '../../streams/relays.ts'
import { refused } from '../refusal.ts'

export async function acceptSend(
  { relays }: StreamWorld,
  { migration, pin, address }: RequestOf<'accept-send'>,
): Promise<AnswerOf<'accept-send'> | Refusal> {
  const status = await relays.ask(streamPlaces(migration), { ask: 'accept', pin, address })
  if (status?.end === 'target') return { kind: 'send-accepted' }
  return refused('unable', `nobody waits here for the stream ${migration}: it was not opened, or has ended`)
}
