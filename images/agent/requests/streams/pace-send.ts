// The request pace-send: how fast the stream may go from now on.
import type { AnswerOf, Refusal, RequestOf } from '../../../../manager/protocol/requests.ts'
import { streamPlaces } from '../../streams/places.ts'
import type { StreamWorld } from '../../streams/relays.ts'
import { refused } from '../refusal.ts'

export async function paceSend(
  { relays }: StreamWorld,
  { migration, rateKBps }: RequestOf<'pace-send'>,
): Promise<AnswerOf<'pace-send'> | Refusal> {
  const status = await relays.ask(streamPlaces(migration), { ask: 'pace', ...(rateKBps === undefined ? {} : { rateKBps }) })
  if (status?.end === 'source') return { kind: 'send-paced' }
  return refused('unable', `this host sends no stream ${migration} now`)
}
