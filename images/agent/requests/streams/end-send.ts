// The request end-send: nothing of the stream is left here; the guest goes on here, or is gone. Who asks knows what became of the target: the
// relay, and xl, are told, and what nobody is there to tell any more is done by hand.
import type { AnswerOf, Refusal, RequestOf } from '../../../../manager/protocol/requests.ts'
import { destroyDomain } from '../../guests/domain.ts'
import { forget, keep, readKept } from '../../guests/kept.ts'
import { awayName, domainsOf } from '../../guests/moving.ts'
import { type StreamPlaces, streamPlaces } from '../../streams/places.ts'
import { fileAt, otherStream, removeStream, type Seen, type StreamWorld, see } from '../../streams/relays.ts'
import { refused } from '../refusal.ts'
import { OF_GUESTS } from '../start-guest.ts'
import { failureOf } from '../world.ts'

/** Milliseconds for xl to do what it was told. */
const ENDING = 60_000

export async function endSend(world: StreamWorld, body: RequestOf<'end-send'>): Promise<AnswerOf<'end-send'> | Refusal> {
  const { migration, guest, become, target } = body
  const places = streamPlaces(migration)
  const was = (await world.backend.list(places.folder)).length > 0 ? 'there' : 'not there'
  const seen = await see(world, places)
  if (seen.relay !== 'none' && seen.status.end !== 'source') return refused('unable', 'this host is the target of that stream')
  // A late one: what is here is another stream's, or the guest's own.
  if (was === 'not there' && (await otherStream(world, guest, migration)) !== undefined) return { kind: 'send-ended', was }
  const isHanded = seen.relay !== 'none' && (seen.status.phase === 'handing' || seen.status.phase === 'gone')
  if (become === 'not moved' && isHanded && target === undefined)
    return refused('unable', 'it was given up: only when the target has dropped it, or is fenced, may it go on here')
  if (become === 'moved' && seen.relay === 'lives' && !isHanded)
    return refused('unable', `it was not given up: the stream is ${seen.status.phase}, and the target cannot have it`)
  const unended = await endXl(world, places, seen, become)
  if (unended !== undefined) return refused('unable', unended)
  const left = become === 'moved' ? await endGuest(world, body) : await goOn(world, body, was)
  if (left !== undefined) return refused('unable', left)
  await removeStream(world, places)
  await world.collect(OF_GUESTS)
  return { kind: 'send-ended', was }
}

/** Undefined: xl has ended, as it was told or because nobody was there to tell it. */
async function endXl(world: StreamWorld, places: StreamPlaces, seen: Seen, become: 'moved' | 'not moved'): Promise<string | undefined> {
  if (seen.relay === 'lives') await world.relays.ask(places, { ask: 'decide', become })
  if ((await world.backend.read(places.plan)) === undefined) return undefined
  if ((await fileAt(world, places.code, ENDING)) !== undefined) return undefined
  // Its plan was written, and nothing came of it: an xl that begins later finds no plan, and takes the guest back.
  const neverBegan = become === 'not moved' && (await see(world, places)).relay === 'none'
  return neverBegan ? undefined : 'xl migrate of this guest does not end: ask again'
}

async function endGuest(world: StreamWorld, { guest }: RequestOf<'end-send'>): Promise<string | undefined> {
  const domains = await domainsOf(world.backend, guest)
  if (domains.kind === 'unread') return `${domains.reason}. It is to be asked again`
  const alive = domains.all.find(({ state }) => state !== 'suspended' && state !== 'dying')
  if (alive) return `its domain here, ${alive.domid} (${alive.name}), is ${alive.state}: nothing that runs is ended as moved`
  for (const { domid } of domains.all) {
    const failure = await destroyDomain(world, guest, domid)
    if (failure !== undefined) return failure
  }
  await forget(world, guest)
  return undefined
}

async function goOn(world: StreamWorld, { guest, name }: RequestOf<'end-send'>, was: 'there' | 'not there'): Promise<string | undefined> {
  const domains = await domainsOf(world.backend, guest)
  if (domains.kind === 'unread') return `${domains.reason}. It is to be asked again`
  const [domain, other] = domains.all
  if (other) return `it has two domains here, ${domain?.domid} and ${other.domid}`
  if (domain && was === 'there') {
    if (domain.name === awayName(name)) {
      const failure = await failureOf(world.backend, ['xl', 'rename', String(domain.domid), name])
      if (failure !== undefined) return failure
    }
    if (domain.state === 'suspended') {
      const failure = await failureOf(world.backend, ['xl', 'resume', String(domain.domid)])
      if (failure !== undefined)
        return `it stands still here, whole, as domain ${domain.domid}, and is not resumed: ${failure}. What is left is to destroy it and to start it again`
    }
  }
  const known = await readKept(world.backend, guest)
  if (known.kind === 'kept' && known.kept.state === 'leaving') await keep(world.files, { ...known.kept, state: 'started' })
  return undefined
}
