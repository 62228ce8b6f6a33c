// All hosts' boot attempts, in memory: a pure reducer. An event goes in, the next state comes out, with the
// views that changed (for those who watch) and what the store has to write. Bounded in hosts and attempts;
// of MACs that the config does not know, DHCP alone is not written to disk, so a flood of them costs nothing there.
import type { HostKey } from '../boot/known-host.ts'
import type { Ipv4, Mac } from '../wire/addresses.ts'
import { type Attempt, addressOf, beforeOpening, belongsTo, type Opening, openingBelongsTo, type RecordedEvent, record } from './attempt.ts'
import type { BootEvent, EventOf } from './event.ts'
import { evict, prune, type Tracked } from './kept.ts'
import { type Admission, admitPeer } from './report.ts'
import { type AttemptView, stuckAt, viewOf } from './timeline.ts'

export interface Tracker {
  /** Names of the config's hosts, by each MAC of theirs. */
  readonly names: ReadonlyMap<Mac, string>
  readonly key: HostKey
  /** By the key of each host: newest attempt first; the host heard of last stands last. */
  readonly hosts: ReadonlyMap<Mac, readonly Tracked[]>
}

/** One in the making: its hosts are its own, and change in place. */
interface Draft extends Tracker {
  readonly draft: Map<Mac, readonly Tracked[]>
}

/** An event of a host; `freshId` is used if a new attempt begins with it. */
export interface Observed {
  readonly mac: Mac
  readonly event: BootEvent
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly freshId: string
}

export type Write =
  | { readonly kind: 'save'; readonly attempt: Omit<Attempt, 'events'>; readonly events: readonly RecordedEvent[] }
  | { readonly kind: 'forget'; readonly id: string }

export interface Change {
  readonly tracker: Tracker
  readonly changed: readonly AttemptView[]
  /** To be saved in one transaction, in this order. */
  readonly write: readonly Write[]
}

export type ReportChange = ({ readonly kind: 'accepted' } & Change) | Extract<Admission, { kind: 'refused' }>

/** After a start: `stored` is what the store has. Attempts go on where they were. Without `key` each MAC is a host. */
export function newTracker(names: ReadonlyMap<Mac, string>, stored: readonly Attempt[], key: HostKey = (mac) => mac): Tracker {
  const hosts = new Map<Mac, readonly Tracked[]>()
  for (const attempt of [...stored].sort((a, b) => b.startedAt - a.startedAt)) {
    const host = key(attempt.mac)
    hosts.set(host, [...(hosts.get(host) ?? []), { attempt, stored: true, shown: 'booting' }])
  }
  return { names, key, hosts: new Map([...hosts].reverse()) }
}

/** The same attempts by what is one host now. */
export function regrouped(tracker: Tracker, key: HostKey): Tracker {
  const hosts = new Map<Mac, readonly Tracked[]>()
  for (const tracked of [...tracker.hosts.values()].flat()) {
    const host = key(tracked.attempt.mac)
    const others = hosts.get(host) ?? []
    hosts.delete(host)
    hosts.set(
      host,
      [...others, tracked].sort((a, b) => b.attempt.startedAt - a.attempt.startedAt),
    )
  }
  return { ...tracker, key, hosts }
}

/** Many events at once, each as `apply` has it, for the price of one copy; of each attempt the last view. */
export function applyAll(tracker: Tracker, events: readonly Observed[]): Change {
  const draft = new Map(tracker.hosts)
  const changed = new Map<string, AttemptView>()
  const write: Write[] = []
  const inTheMaking: Draft = { ...tracker, hosts: draft, draft }
  for (const { mac, event, at, freshId } of events) {
    const change = apply(inTheMaking, mac, event, at, freshId)
    write.push(...change.write)
    for (const view of change.changed) changed.set(view.id, view)
  }
  write.push(...forgetting(evict(tracker.names, draft)))
  return { tracker: { ...tracker, hosts: draft }, changed: [...changed.values()], write }
}

/** An event of a host. `freshId` is used if a new attempt begins with it. */
export function apply(tracker: Tracker, mac: Mac, event: BootEvent, at: number, freshId: string): Change {
  const tracked = attemptsOf(tracker, mac)
  const [newest, ...older] = tracked
  switch (belongsTo(newest?.attempt, event, at)) {
    case 'none':
      return { tracker, changed: [], write: [] }
    case 'new':
      return withEvent(tracker, mac, begin(mac, at, freshId), tracked, event, at)
    case 'current':
      return newest ? withEvent(tracker, mac, newest, older, event, at) : { tracker, changed: [], write: [] }
  }
}

/** The attempt that a request for a boot script, or of a host from a stick, belongs to: its id, pin and platform go into the answer. */
export function openAttempt(
  tracker: Tracker,
  mac: Mac,
  at: number,
  freshId: string,
  by: Opening = 'script',
): Change & { readonly attempt: Attempt } {
  const tracked = attemptsOf(tracker, mac)
  const [newest, ...older] = tracked
  const goesOn = newest?.attempt.mac === mac && openingBelongsTo(newest.attempt, at, by) === 'current'
  // The script, its token and its network are of one NIC: asked for by another, they are of another attempt, which tells the whole boot.
  const current = goesOn ? newest : begin(mac, at, freshId, newest ? beforeOpening(newest.attempt, at, by) : [])
  const change = settle(
    tracker,
    mac,
    { ...current, stored: true },
    goesOn ? older : tracked,
    at,
    current.stored ? [] : current.attempt.events,
  )
  return { ...change, attempt: current.attempt }
}

/** A report by the host itself: refused unless it is from the address of the attempt's host. `leasedTo`: by our leases. */
export function applyReport(
  tracker: Tracker,
  id: string,
  peer: Ipv4,
  event: EventOf<'report'>,
  at: number,
  leasedTo: (mac: Mac) => Ipv4 | undefined,
): ReportChange {
  const found = findAttempt(tracker, id)
  if (!found) return { kind: 'refused', reason: 'there is no such boot attempt' }
  const { mac } = found.attempt
  const admission = admitPeer(mac, peer, leasedTo(mac) ?? addressOf(found.attempt))
  return admission.kind === 'refused' ? admission : { kind: 'accepted', ...withLateEvent(tracker, found, event, at) }
}

/** Our own doing, about whichever attempt. */
export function applyCapture(tracker: Tracker, id: string, event: EventOf<'capture'>, at: number): Change {
  const found = findAttempt(tracker, id)
  return found ? withLateEvent(tracker, found, event, at) : { tracker, changed: [], write: [] }
}

function withLateEvent(tracker: Tracker, found: Tracked, event: BootEvent, at: number): Change {
  const { mac } = found.attempt
  const tracked = attemptsOf(tracker, mac)
  const [newest] = tracked
  if (newest === found) return withEvent(tracker, mac, found, tracked.slice(1), event, at)
  // Late, of an attempt that another one has followed: it belongs to its own.
  const recorded = record(found.attempt, event, at)
  const attempts = tracked.map((other) => (other === found ? { ...found, attempt: recorded.attempt } : other))
  const { events: _, ...attempt } = recorded.attempt
  const write: Write[] = found.stored && recorded.stored ? [{ kind: 'save', attempt, events: [recorded.stored] }] : []
  const next = { ...tracker, hosts: new Map(tracker.hosts).set(tracker.key(mac), attempts) }
  return { tracker: next, changed: [show(tracker, recorded.attempt, 'superseded', at)], write }
}

/** A host that is gone for good: the generation it ran is free again. */
export function forget(tracker: Tracker, mac: Mac): Change {
  const hosts = new Map(tracker.hosts)
  const tracked = attemptsOf(tracker, mac)
  hosts.delete(tracker.key(mac))
  return { tracker: { ...tracker, hosts }, changed: [], write: forgetting(tracked) }
}

/** What time alone changes: call it every second or so. */
export function tick(tracker: Tracker, now: number): Pick<Change, 'tracker' | 'changed'> {
  const changed: AttemptView[] = []
  const hosts = new Map(tracker.hosts)
  for (const [mac, [newest, ...older]] of tracker.hosts) {
    if (newest?.shown !== 'booting' || now < stuckAt(newest.attempt)) continue
    const view = show(tracker, newest.attempt, 'newest', now)
    if (view.state === newest.shown) continue
    changed.push(view)
    hosts.set(mac, [{ ...newest, shown: view.state }, ...older])
  }
  return changed.length > 0 ? { tracker: { ...tracker, hosts }, changed } : { tracker, changed }
}

/** Every attempt in memory, newest first. */
export function views(tracker: Tracker, now: number): AttemptView[] {
  const all = [...tracker.hosts.values()].flatMap((tracked) =>
    tracked.map(({ attempt }, index) => show(tracker, attempt, index === 0 ? 'newest' : 'superseded', now)),
  )
  return all.sort((a, b) => b.startedAt - a.startedAt)
}

/** An attempt by its id, for those who know nothing else of it. */
export function attemptById(tracker: Tracker, id: string): Attempt | undefined {
  return findAttempt(tracker, id)?.attempt
}

/** A MAC of the host that boots from this address, for servers that see addresses only; the leases know better where we give them. */
export function macAt(tracker: Tracker, address: Ipv4): Mac | undefined {
  const owners = [...tracker.hosts].flatMap(([mac, [newest]]) => (newest && addressOf(newest.attempt) === address ? [mac] : []))
  return owners.at(-1)
}

function attemptsOf(tracker: Tracker, mac: Mac): readonly Tracked[] {
  return tracker.hosts.get(tracker.key(mac)) ?? []
}

function begin(mac: Mac, at: number, id: string, events: Attempt['events'] = []): Tracked {
  return { attempt: { id, mac, startedAt: at, events }, stored: false, shown: 'booting' }
}

function withEvent(tracker: Tracker, mac: Mac, current: Tracked, older: readonly Tracked[], event: BootEvent, at: number): Change {
  const recorded = record(current.attempt, event, at)
  const stored = current.stored || tracker.names.has(mac) || !['dhcp', 'drop', 'capture'].includes(event.kind)
  const whole = stored && !current.stored
  const events = whole ? recorded.attempt.events : recorded.stored ? [recorded.stored] : []
  return settle(tracker, mac, { ...current, attempt: recorded.attempt, stored }, older, at, stored ? events : [])
}

/** The state with this attempt as the host's newest; `events` are those to be written. */
function settle(
  tracker: Tracker,
  mac: Mac,
  current: Tracked,
  older: readonly Tracked[],
  at: number,
  events: readonly RecordedEvent[],
): Change {
  const view = show(tracker, current.attempt, 'newest', at)
  const [before] = older
  const isNew = before !== undefined && attemptsOf(tracker, mac)[0] === before
  const wasStored = attemptsOf(tracker, mac).some(({ attempt, stored }) => stored && attempt.id === current.attempt.id)
  const { kept, dropped } = prune([{ ...current, shown: view.state }, ...older])
  const draft = isDraft(tracker) ? tracker.draft : undefined
  const hosts = draft ?? new Map(tracker.hosts)
  const host = tracker.key(mac)
  hosts.delete(host)
  hosts.set(host, kept)
  const evicted = draft ? [] : evict(tracker.names, hosts)
  const { events: _, ...attempt } = current.attempt
  const saves: Write[] = current.stored && (events.length > 0 || !wasStored) ? [{ kind: 'save', attempt, events }] : []
  const forgets = forgetting([...dropped, ...evicted])
  return {
    tracker: { ...tracker, hosts },
    changed: isNew ? [view, show(tracker, before.attempt, 'superseded', at)] : [view],
    write: [...saves, ...forgets],
  }
}

function isDraft(tracker: Tracker): tracker is Draft {
  return 'draft' in tracker
}

function forgetting(gone: readonly Tracked[]): readonly Write[] {
  return gone.filter(({ stored }) => stored).map(({ attempt: { id } }) => ({ kind: 'forget', id }))
}

function findAttempt(tracker: Tracker, id: string): Tracked | undefined {
  for (const tracked of tracker.hosts.values()) {
    const found = tracked.find(({ attempt }) => attempt.id === id)
    if (found) return found
  }
  return undefined
}

function show(tracker: Tracker, attempt: Attempt, place: 'newest' | 'superseded', now: number): AttemptView {
  return viewOf(attempt, { host: tracker.names.get(attempt.mac) ?? attempt.mac, superseded: place === 'superseded', now })
}
