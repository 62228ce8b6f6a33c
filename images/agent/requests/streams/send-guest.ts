// The request send-guest: `xl migrate` of the guest, whose transport is our relay, until the target holds its last word or the stream is
// given up. The relay and xl live on without the agent; the next one goes on following them.
import type { Progress } from '../../../../manager/protocol/requests/request.ts'
import type { AnswerOf, Refusal, RequestOf } from '../../../../manager/protocol/requests.ts'
import { untilAtRest } from '../../guests/frontends.ts'
import { keep, readKept } from '../../guests/kept.ts'
import { domainsOf } from '../../guests/moving.ts'
import type { DomainRow } from '../../inventory/xl-list.ts'
import { pause } from '../../pause.ts'
import { type StreamPlaces, streamPlaces } from '../../streams/places.ts'
import { fileAt, type StreamWorld, see } from '../../streams/relays.ts'
import type { Status } from '../../streams/status.ts'
import { endOfSource, sayXl } from '../../streams/xl-talk.ts'
import { refused } from '../refusal.ts'
import type { Task } from '../task.ts'

type Sent = AnswerOf<'send-guest'>
type Outcome = Sent['outcome']

/** Milliseconds between two words of progress. */
const TELLING = 1000
/**
 * Milliseconds for xl to begin its transport, where that is to be given up before, and where not; and from the end of that to xl's own. The
 * guest runs meanwhile, and an xl that fails is seen at once: a dom0 whose CPU is wanted by others takes minutes for it.
 */
const GIVING_UP = 60_000
const BEGINNING = 600_000
const ENDING = 300_000
/** Looks in a row: one that a relay is too busy to answer is no end of it. */
const MOST_UNANSWERED = 3
const MIB = 2 ** 20

const NOT_SUSPENDED = 'its kernel does not suspend when it is asked to: it may have crashed, which its console would tell'

export async function sendGuest(world: StreamWorld, body: RequestOf<'send-guest'>, task: Task): Promise<Sent | Refusal> {
  const places = streamPlaces(body.migration)
  let memoryBytes: number | undefined
  if ((await world.backend.read(places.plan)) === undefined) {
    const begun = await begin(world, body, places, task.signal)
    if (typeof begun === 'string') return refused(task.signal.aborted ? 'cancelled' : 'unable', begun)
    memoryBytes = begun.mebibytes * MIB
  }
  const status = await follow(world, places, task, memoryBytes)
  if (status && HELD.includes(status.phase)) return sent({ kind: 'held' }, status)
  const outcome = await endOf(world, body, places, status)
  if (outcome.kind === 'given-up') {
    await stays(world, body)
    if (task.signal.aborted) return refused('cancelled', outcome.reason)
  }
  await world.collect(['guests'])
  return sent(outcome, status)
}

/** As seen by who asks late. */
const HELD: readonly Status['phase'][] = ['held', 'handing', 'gone']

/** Or why it cannot be. */
async function begin(
  world: StreamWorld,
  body: RequestOf<'send-guest'>,
  places: StreamPlaces,
  signal: AbortSignal,
): Promise<string | Pick<DomainRow, 'mebibytes'>> {
  const { migration, guest, name, to, holdMs, maxPauseMs, rateKBps } = body
  if ((await world.backend.read(places.key)) === undefined) return `there is no key of the stream ${migration} here: prepare it first`
  const domains = await domainsOf(world.backend, guest)
  if (domains.kind === 'unread') return `${domains.reason}. It is to be asked again`
  const [domain, other] = domains.all
  if (!domain) return 'it does not run on this host: it has no domain here'
  if (other)
    return `it has two domains here, ${domain.domid} (${domain.name}) and ${other.domid} (${other.name}): a move of it is not settled`
  if (domain.name !== name) return `its domain here is called ${domain.name}, not ${name}`
  if (domain.state !== 'running') return `its domain ${domain.domid} is ${domain.state}: only a guest that runs is moved live`
  const restless = await untilAtRest(world, domain.domid, signal)
  if (restless !== undefined) return restless
  const known = await readKept(world.backend, guest)
  // Whatever becomes of its domain from now on, it is no end and no crash of it.
  if (known.kind === 'kept') await keep(world.files, { ...known.kept, state: 'leaving' })
  const plan = { end: 'source', migration, guest, holdMs, to, ...(maxPauseMs === undefined ? {} : { maxPauseMs }) }
  await world.files.write(places.plan, JSON.stringify(rateKBps === undefined ? plan : { ...plan, rateKBps }), 0o600)
  await world.relays.send(places, domain.domid)
  return domain
}

/** Until it is held, or has ended: with what its relay has said last, if it ever lived. */
async function follow(world: StreamWorld, places: StreamPlaces, task: Task, memoryBytes: number | undefined): Promise<Status | undefined> {
  const began = world.clock.steady()
  let last: Status | undefined
  let hasSpoken = false
  let unanswered = 0
  for (;;) {
    if (task.signal.aborted) await world.relays.ask(places, { ask: 'abort' })
    const look = { ask: 'look', forMs: TELLING, ...(last ? { unless: last.phase } : {}) } as const
    const status = await world.relays.ask(places, look)
    if (!status) {
      unanswered = hasSpoken ? unanswered + 1 : 0
      const isOver = unanswered === MOST_UNANSWERED || (await world.backend.read(places.code)) !== undefined
      if (isOver || world.clock.steady() - began > (task.signal.aborted ? GIVING_UP : BEGINNING)) break
      if (hasSpoken) await pause(world.clock, TELLING)
      // It listens before it writes.
      else hasSpoken = (await fileAt(world, places.status, TELLING)) !== undefined
      continue
    }
    last = status
    hasSpoken = true
    unanswered = 0
    task.tell(progressOf(status, memoryBytes))
    if (HELD.includes(status.phase) || status.phase === 'dropped') return status
  }
  const seen = await see(world, places)
  return seen.relay === 'none' ? undefined : seen.status
}

/** What is sent again has no total that anybody knows; while the guest stands still, for how long it has. */
function progressOf({ phase, bytes, pausedMs }: Status, memoryBytes: number | undefined): Progress {
  if (phase === 'suspended') return { phase, done: pausedMs, unit: 'ms' }
  return { phase, done: bytes, unit: 'bytes', ...(memoryBytes !== undefined && bytes <= memoryBytes ? { total: memoryBytes } : {}) }
}

/** By what xl says of it, and by what there is. */
async function endOf(
  world: StreamWorld,
  { guest, name }: RequestOf<'send-guest'>,
  places: StreamPlaces,
  status: Status | undefined,
): Promise<Outcome> {
  const code = await fileAt(world, places.code, ENDING)
  const said = (await world.backend.read(places.said)) ?? ''
  const end = endOfSource(code === undefined ? undefined : Number(code), said)
  const domains = await domainsOf(world.backend, guest)
  const states = domains.kind === 'read' ? domains.all.flatMap((one) => (one.name === name ? [one.state] : [])) : []
  const isHere = states.some((state) => state === 'running' || state === 'paused')
  const words = sayXl(said)
  // It runs, under its own name: it was not given up.
  const isOurs = end.kind === 'killed' && states.includes('running') && !PAST_RETURN.includes(status?.phase ?? 'waiting')
  if (isOurs)
    return { kind: 'given-up', cause: 'xl-failed', reason: `xl migrate was killed before its time. ${words}`.trim().slice(0, 512) }
  const isUnknown = end.kind === 'undefined' || end.kind === 'killed' || end.kind === 'moved'
  if (!isHere || isUnknown) {
    const seen = domains.kind === 'unread' ? domains.reason : `its domains here: ${domains.all.map(sayRow).join(', ') || 'none'}`
    return { kind: 'undefined', reason: `what has become of it must be looked for on both hosts. ${seen}. ${words}`.trim().slice(0, 512) }
  }
  if (end.kind === 'not-suspended')
    return { kind: 'given-up', cause: 'not-suspended', reason: `${NOT_SUSPENDED}. ${words}`.trim().slice(0, 512) }
  if (status?.phase === 'dropped' && status.cause !== undefined) {
    const told = status.reason ?? status.cause
    const reason = status.cause === 'xl-failed' && words !== '' ? `${told}: ${words}` : told
    const { cause } = status
    return { kind: 'given-up', cause, reason: reason.slice(0, 512), ...(status.pauseMs === undefined ? {} : { pauseMs: status.pauseMs }) }
  }
  const cause = status ? 'relay-died' : 'xl-failed'
  return { kind: 'given-up', cause, reason: words || 'its transport has ended before its time' }
}

const PAST_RETURN: readonly Status['phase'][] = ['handing', 'gone']

function sayRow({ domid, name, state }: { readonly domid: number; readonly name: string; readonly state: string }): string {
  return `${domid} (${name}) is ${state}`
}

/** It goes on here, under its policy. */
async function stays(world: StreamWorld, { guest }: RequestOf<'send-guest'>): Promise<void> {
  const known = await readKept(world.backend, guest)
  if (known.kind === 'kept' && known.kept.state === 'leaving') await keep(world.files, { ...known.kept, state: 'started' })
}

function sent(outcome: Outcome, status: Status | undefined): Sent {
  const { bytes = 0, milliseconds = 0, pausedMs = 0 } = status ?? {}
  return { kind: 'guest-sent', outcome, bytes, milliseconds, pausedMs }
}
