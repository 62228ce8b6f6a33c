// The request look-stream: what there is of a migration on this host, for who settles what nobody saw the end of.
import type { AnswerOf, Refusal, RequestOf } from '../../../../manager/protocol/requests.ts'
import { domainsOf, rowsOf } from '../../guests/moving.ts'
import { streamPlaces } from '../../streams/places.ts'
import { type StreamWorld, see } from '../../streams/relays.ts'
import { refused } from '../refusal.ts'

export async function lookStream(
  world: StreamWorld,
  { migration, guest }: RequestOf<'look-stream'>,
): Promise<AnswerOf<'look-stream'> | Refusal> {
  // In this order: a stream that ends meanwhile has left its domains as they are then.
  const seen = await see(world, streamPlaces(migration))
  const domains = await domainsOf(world.backend, guest)
  if (domains.kind === 'unread') return refused('unable', `${domains.reason}. It is to be asked again`)
  const rows = { kind: 'stream-seen', relay: seen.relay, domains: rowsOf(domains.all) } as const
  if (seen.relay === 'none') return rows
  const { end, phase, cause, bytes } = seen.status
  return { ...rows, end, phase, bytes, ...(cause === undefined ? {} : { cause }) }
}
