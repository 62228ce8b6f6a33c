// The request open-receive: a relay of this migration waits here for the source, which is not yet said, and the agent knows of the guest that
// is to come: it keeps its policy, and does nothing about it before it is here.
import type { AnswerOf, Refusal, RequestOf } from '../../../../manager/protocol/requests.ts'
import { ownLog } from '../../consoles/owner.ts'
import { destroyDomain, readDomains } from '../../guests/domain.ts'
import { keep } from '../../guests/kept.ts'
import { incomingName } from '../../guests/moving.ts'
import { unfit } from '../../guests/start.ts'
import { xlConfig } from '../../guests/xl-config.ts'
import { isUnborn } from '../../inventory/xl-list.ts'
import { lackOfKernel } from '../../kernels/kernels.ts'
import { streamPlaces } from '../../streams/places.ts'
import { fileAt, otherStream, type StreamWorld, see } from '../../streams/relays.ts'
import { refused } from '../refusal.ts'

/** Milliseconds until it listens. */
const STARTING = 90_000

export async function openReceive(world: StreamWorld, body: RequestOf<'open-receive'>): Promise<AnswerOf<'open-receive'> | Refusal> {
  const { migration, guest, restart, address, holdMs } = body
  const places = streamPlaces(migration)
  const before = await see(world, places)
  if (before.relay === 'lives') return opened(before.status)
  if (before.relay === 'dead') return refused('unable', `the stream ${migration} has ended here already: a new one has another id`)
  const why = await cannot(world, body)
  if (why !== undefined) return refused('unable', why)
  await keep(world.files, { guest, restart, state: 'arriving', crashes: [] })
  // A log that cannot be made its own is no reason to stay where it is.
  for (const name of [guest.name, incomingName(guest.name)]) await ownLog(world, { uuid: guest.uuid, name }).catch(() => undefined)
  const { key } = world.relays.identity()
  await world.files.write(places.key, key, 0o600)
  await world.files.write(places.plan, JSON.stringify({ end: 'target', migration, guest: guest.uuid, holdMs, address }), 0o600)
  await world.relays.receive(places)
  await fileAt(world, places.status, STARTING)
  const after = await see(world, places)
  if (after.relay === 'lives') return opened(after.status)
  return refused('unable', `the receiver does not start: it cannot listen at ${address}, or this host has no room for it`)
}

function opened({ port, pin }: { readonly port?: number; readonly pin?: string }): AnswerOf<'open-receive'> | Refusal {
  if (port === undefined || pin === undefined) return refused('unable', 'this host is the source of that stream')
  return { kind: 'receive-opened', port, pin }
}

/** Why this host cannot take the guest. What an earlier stream has left of it goes. */
async function cannot(world: StreamWorld, { migration, guest }: RequestOf<'open-receive'>): Promise<string | undefined> {
  const config = xlConfig(guest)
  if (config.kind === 'refused') return config.reason
  const other = await otherStream(world, guest.uuid, migration)
  if (other !== undefined) return `another stream of ${guest.name} is open here, ${other}: end that first`
  const domains = await readDomains(world.backend)
  if (domains.kind === 'unread') return `which domains there are is not known: ${domains.reason}. It is to be asked again`
  for (const domain of domains.all) {
    const { domid, name, uuid, state } = domain
    if (uuid !== guest.uuid) continue
    if (name !== incomingName(guest.name) && !isUnborn(domain)) return `it has a domain here already, ${domid} (${name}), which is ${state}`
    const failure = await destroyDomain(world, guest.uuid, domid)
    if (failure !== undefined) return `what an earlier move has left of it here, domain ${domid}, does not go: ${failure}`
  }
  return (await lackOfKernel(world.backend, guest)) ?? (await unfit(world, guest, domains))
}
