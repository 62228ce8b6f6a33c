// The request go-receive: the word is passed on, and the guest goes on here; or it never will, by this stream. What the relay has begun and
// nobody saw the end of is finished here: from the moment that the source has given the guest up, it is this host's.
import { INCOMING } from '../../../../manager/protocol/guests.ts'
import type { AnswerOf, Refusal, RequestOf } from '../../../../manager/protocol/requests.ts'
import type { Uuid } from '../../../../manager/protocol/values.ts'
import { logPath, ownerPath, reopenLogs, shareLog } from '../../consoles/owner.ts'
import { destroyDomain } from '../../guests/domain.ts'
import { untilAtRest } from '../../guests/frontends.ts'
import { forget, type KeptGuest, keep, readKept } from '../../guests/kept.ts'
import { domainsOf, incomingName } from '../../guests/moving.ts'
import { isUnborn } from '../../inventory/xl-list.ts'
import { announce } from '../../streams/announce.ts'
import { streamPlaces } from '../../streams/places.ts'
import { type Seen, type StreamWorld, see, until } from '../../streams/relays.ts'
import type { Status } from '../../streams/status.ts'
import { refused } from '../refusal.ts'
import { OF_GUESTS } from '../start-guest.ts'
import { failureOf } from '../world.ts'

/** Milliseconds that its clean-up waits for a guest, and between looks. */
const ARRIVING = { patience: 30_000, look: 1000 }

/** Milliseconds from the word until it is settled: the relay has its own clocks, which end before. */
const SETTLING = 60_000

type Went = AnswerOf<'go-receive'>

/** A guest stands still for it, or has just come: of what changes on this host by it a look takes the same CPU, and can wait. */
export function goReceive(world: StreamWorld, body: RequestOf<'go-receive'>): Promise<Went | Refusal> {
  const go = () => passOn(world, body)
  return world.undisturbed?.(go) ?? go()
}

async function passOn(world: StreamWorld, { migration, guest }: RequestOf<'go-receive'>): Promise<Went | Refusal> {
  const places = streamPlaces(migration)
  const known = await readKept(world.backend, guest)
  if (known.kind === 'damaged') return refused('unable', `what this host keeps of the guest is damaged: ${known.reason}`)
  const kept = known.kind === 'kept' ? known.kept : undefined
  const before = await see(world, places)
  if (before.relay === 'none')
    return refused('unable', `this host knows of no stream ${migration}: it was not opened, or was ended for good`)
  if (before.status.end !== 'target') return refused('unable', 'this host is the source of that stream')
  if (before.relay === 'lives' && TOO_EARLY.includes(before.status.phase))
    return refused('busy', `nothing is held yet: the stream is ${before.status.phase}`)
  // What it says from its first moment here on is in the log of its own name.
  if (kept && before.status.phase === 'held') await shareLog(world, kept.guest, incomingName(kept.guest.name))
  if (before.relay === 'lives') await world.relays.ask(places, { ask: 'go' })
  const after = await until(world, places, isSettled, SETTLING)
  return settle(world, guest, kept, after)
}

const TOO_EARLY: readonly Status['phase'][] = ['waiting', 'streaming', 'suspended']

function isSettled({ phase, started }: Status): boolean {
  return phase === 'dropped' || started === true
}

async function settle(world: StreamWorld, guest: Uuid, kept: KeptGuest | undefined, seen: Seen): Promise<Went | Refusal> {
  if (seen.relay === 'none') return refused('unknown', 'what has become of it is not known: look at both hosts')
  const { phase, cause = 'relay-died', reason = 'the process of the stream has died' } = seen.status
  // It is written down before xl is told: a relay that has died before that has told it nothing.
  if (phase === 'gone') return goOn(world, guest, kept, seen)
  if (phase !== 'dropped' && seen.relay === 'lives') return refused('busy', `it is not settled yet: the stream is ${phase}`)
  const left = await takeAway(world, guest)
  if (left !== undefined) return refused('unable', left)
  if (kept?.state === 'arriving') await forgetArriving(world, kept)
  await world.collect(OF_GUESTS)
  return { kind: 'receive-went', outcome: { kind: 'dropped', cause, reason } }
}

async function goOn(
  world: StreamWorld,
  guest: Uuid,
  kept: KeptGuest | undefined,
  seen: Exclude<Seen, { readonly relay: 'none' }>,
): Promise<Went | Refusal> {
  // As long as xl is on it, it is xl's.
  if (seen.relay === 'lives' && !seen.status.started)
    return refused('busy', 'the guest was given up, and xl is letting it go on: ask again')
  const domains = await domainsOf(world.backend, guest)
  if (domains.kind === 'unread') return refused('unknown', `${domains.reason}. It is to be asked again`)
  const [domain, other] = domains.all
  if (other) return refused('unable', `it has two domains here, ${domain?.domid} and ${other.domid}`)
  // xl destroys what it cannot let go on; the source may have it back.
  if (!domain)
    return { kind: 'receive-went', outcome: { kind: 'dropped', cause: 'xl-failed', reason: 'xl migrate-receive could not let it go on' } }
  const { domid, name, state } = domain
  if (kept && name !== kept.guest.name) {
    const failure = await failureOf(world.backend, ['xl', 'rename', String(domid), kept.guest.name])
    if (failure !== undefined) return refused('unable', failure)
  }
  if (state === 'paused') {
    const failure = await failureOf(world.backend, ['xl', 'unpause', String(domid)])
    if (failure !== undefined) return refused('unable', failure)
  }
  const nothing = { nics: 0, failure: 'this host keeps nothing of it' }
  const { nics, failure } = kept ? await announce(world.backend, domid, kept.guest.nics) : nothing
  if (kept) {
    await keep(world.files, { ...kept, state: 'started' })
    await reopenLogs(world)
    await removeIncomingLog(world, kept)
  }
  // Its kernel connects its disks and NICs anew, by many a word with dom0: what comes after a move would have to wait for the same CPU.
  await untilAtRest(world, domid, undefined, ARRIVING)
  await world.collect(OF_GUESTS)
  const unannounced = failure === undefined || nics === 0 ? undefined : failure.slice(0, 512)
  const { heldMs } = seen.status
  const more = { ...(heldMs === undefined ? {} : { heldMs }), ...(unannounced === undefined ? {} : { unannounced }) }
  return { kind: 'receive-went', outcome: { kind: 'running', domid, ...more } }
}

/** What xl has built and not let go on. */
export async function takeAway(world: StreamWorld, guest: Uuid): Promise<string | undefined> {
  const domains = await domainsOf(world.backend, guest)
  if (domains.kind === 'unread') return `${domains.reason}. It is to be asked again`
  const [domain] = domains.all
  if (!domain) return undefined
  const isOurs = isUnborn(domain) || (domain.name.endsWith(INCOMING) && domain.state !== 'running')
  if (!isOurs) return `its domain here, ${domain.domid} (${domain.name}), is ${domain.state}: it is none that was never let go on`
  return destroyDomain(world, guest, domain.domid)
}

/** It has not come. What it boots by stays until that is not wanted here any more: it may be sent once more. */
export async function forgetArriving(world: StreamWorld, kept: KeptGuest): Promise<void> {
  await removeIncomingLog(world, kept)
  await forget({ files: world.files }, kept.guest.uuid)
}

async function removeIncomingLog({ files }: StreamWorld, { guest }: KeptGuest): Promise<void> {
  for (const path of [logPath, ownerPath]) await files.remove(path(incomingName(guest.name)))
}
