// One boot of one host: which events belong to it, and when the next one begins. Sizes are bounded: an event
// that repeats is counted, and each kind of event has room for so many different ones.
import type { OnceKind } from '../../manager/protocol/once.ts'
import type { Platform } from '../boot/plan.ts'
import type { Ipv4, Mac } from '../wire/addresses.ts'
import type { Generation, ImageName } from '../wire/generation.ts'
import { type BootEvent, bounded, type EventOf, identityOf, platformNamed } from './event.ts'

export interface RecordedEvent {
  /** Its place in the attempt, from 0; an event that repeats, or that makes room for another, keeps the place. */
  readonly seq: number
  readonly event: BootEvent
  /** First and last time that it happened, ms since the epoch. */
  readonly at: number
  readonly last: number
  readonly times: number
}

export interface Attempt {
  /** 16 characters of base32, lower case: 80 random bits. */
  readonly id: string
  /** Of the NIC that boots; firmware that gets no script by it may have tried others of the host meanwhile. */
  readonly mac: Mac
  readonly startedAt: number
  /** What this boot runs, from its first script to its root, whatever is published meanwhile. */
  readonly pin?: { readonly image: ImageName; readonly generation: Generation }
  readonly events: readonly RecordedEvent[]
}

/** With nothing heard for so long (ms), the next sign of firmware is another boot. */
export const QUIET_TIME = 120_000
/** An attempt that has been loading for so long (ms) is begun anew, so that it may take a newer generation. */
export const LOADING_TIME = 600_000
/**
 * For so long (ms) after its first script a boot of something else than the pool gets that again: iPXE asks by TFTP where the answer by
 * HTTP was lost, which it takes for lost after some 20 s. Who asks later was not served by it, and boots the pool.
 */
export const ONCE_TIME = 60_000

/** Different events kept of each kind. */
const ROOM: Readonly<Record<BootEvent['kind'], number>> = {
  dhcp: 40,
  tftp: 40,
  script: 20,
  stick: 8,
  file: 40,
  mount: 8,
  drop: 8,
  report: 60,
  capture: 1,
}

export type Belonging = 'current' | 'new' | 'none'

/** Where an event belongs: to the host's newest attempt, to a new one, or (a running system's) to none. */
export function belongsTo(current: Attempt | undefined, event: BootEvent, at: number): Belonging {
  switch (event.kind) {
    case 'dhcp':
      return dhcpBelongsTo(current, event, at)
    case 'script':
      return openingBelongsTo(current, at, 'script')
    case 'stick':
      return current ? 'current' : 'new' // its attempt has been opened for it
    case 'tftp':
    case 'file':
    case 'mount':
      return current && !isUp(current) ? 'current' : 'none'
    case 'drop':
      return dropBelongsTo(current, event, at)
    case 'report':
    case 'capture':
      return current ? 'current' : 'none'
  }
}

/** What could not be read of a machine that asks for an address may be all that is ever heard of its boot. */
function dropBelongsTo(current: Attempt | undefined, event: EventOf<'drop'>, at: number): Belonging {
  if (event.protocol === 'dhcp' && (!current || (!isUp(current) && isQuiet(current, at)))) return 'new'
  return current && !isUp(current) ? 'current' : 'none'
}

/** Who asks for an attempt: iPXE for its script, or a host that runs from a stick for its token. */
export type Opening = 'script' | 'stick'

/**
 * A script is asked for by iPXE at a boot's start, and again by a boot that could not load. A host from a stick asks until it is answered;
 * what else was begun is not its boot.
 */
export function openingBelongsTo(current: Attempt | undefined, at: number, by: Opening): 'current' | 'new' {
  if (!current || hasReported(current)) return 'new'
  if (by === 'stick') return isFromStick(current) ? 'current' : 'new'
  if (isFromStick(current)) return 'new'
  if (isQuiet(current, at)) return 'new'
  const once = onceServed(current)
  if (once && at - once.at > ONCE_TIME) return 'new'
  return current.pin && at - current.startedAt > LOADING_TIME ? 'new' : 'current'
}

/** What came before the script, if it is still this boot: firmware tries one NIC after another. */
export function beforeOpening(current: Attempt, at: number, by: Opening): readonly RecordedEvent[] {
  return by === 'stick' || isLoaded(current) || isQuiet(current, at) ? [] : current.events
}

function dhcpBelongsTo(current: Attempt | undefined, event: EventOf<'dhcp'>, at: number): Belonging {
  const boots = event.by !== 'initramfs' && (event.message === 'DISCOVER' || event.message === 'REQUEST')
  if (!current) return boots ? 'new' : 'none'
  if (boots && isQuiet(current, at)) return 'new'
  if (boots && event.message === 'DISCOVER' && isLoaded(current)) return 'new'
  return isUp(current) ? 'none' : 'current'
}

/** The attempt with the event in it, and the record to be stored (undefined: a repetition within the same second). */
export function record(
  attempt: Attempt,
  given: BootEvent,
  at: number,
): { readonly attempt: Attempt; readonly stored: RecordedEvent | undefined } {
  const event = bounded(given)
  const identity = identityOf(event)
  const same = attempt.events.find((other) => identityOf(other.event) === identity)
  const recorded = same
    ? { ...same, event, last: at, times: same.times + 1 }
    : { seq: placeFor(attempt, event), event, at, last: at, times: 1 }
  const others = attempt.events.filter((other) => other.seq !== recorded.seq)
  const pin = attempt.pin ?? pinOf(event)
  const unchanged = same !== undefined && Math.floor(same.last / 1000) === Math.floor(at / 1000)
  return {
    attempt: { ...attempt, ...(pin ? { pin } : {}), events: [...others, recorded] },
    stored: unchanged ? undefined : recorded,
  }
}

/** A new place at the end, or, where its kind has no room left, that of the one longest not seen; the first of a kind stays. */
function placeFor(attempt: Attempt, event: BootEvent): number {
  const [, ...alike] = attempt.events.filter((other) => other.event.kind === event.kind).sort((a, b) => a.seq - b.seq)
  const [oldest] = alike.length + 1 >= ROOM[event.kind] ? alike.sort((a, b) => a.last - b.last) : []
  return oldest?.seq ?? attempt.events.reduce((next, { seq }) => Math.max(next, seq + 1), 0)
}

function pinOf(event: BootEvent): Attempt['pin'] {
  return (event.kind === 'script' || event.kind === 'stick') && event.outcome === 'served' && event.image && event.generation
    ? { image: event.image, generation: event.generation }
    : undefined
}

export function eventsOf<Kind extends BootEvent['kind']>(
  attempt: Attempt,
  kind: Kind,
): readonly (RecordedEvent & { readonly event: EventOf<Kind> })[] {
  const isOf = (recorded: RecordedEvent): recorded is RecordedEvent & { readonly event: EventOf<Kind> } => recorded.event.kind === kind
  return attempt.events.filter(isOf).sort((a, b) => a.at - b.at)
}

/** The address of the boot: the last that we gave; where another server gives them, that from which the script, or the token, was asked for. */
export function addressOf(attempt: Attempt): Ipv4 | undefined {
  const given = [...eventsOf(attempt, 'dhcp')]
    .sort((a, b) => a.last - b.last)
    .flatMap(({ event }) => (event.answer === 'ack' && event.address ? [event.address] : []))
  return (
    given.at(-1) ??
    [...eventsOf(attempt, 'script'), ...eventsOf(attempt, 'stick')]
      .sort((a, b) => a.last - b.last)
      .flatMap(({ event }) => event.address ?? [])
      .at(-1)
  )
}

/** BIOS or UEFI, once DHCP has told. */
export function platformOfAttempt(attempt: Attempt): Platform | undefined {
  return eventsOf(attempt, 'dhcp')
    .flatMap(({ event }) => platformNamed(event.architecture ?? '') ?? [])
    .at(-1)
}

/** What the firmware said of its machine last. */
export function uuidOfAttempt(attempt: Attempt): string | undefined {
  return eventsOf(attempt, 'dhcp')
    .flatMap(({ event }) => event.uuid ?? [])
    .at(-1)
}

/** The first script of something else than the pool: what it is, and when it left. */
export function onceServed(attempt: Attempt): { readonly what: OnceKind; readonly at: number } | undefined {
  const [first] = eventsOf(attempt, 'script').flatMap(({ event, at }) => (event.once ? [{ what: event.once, at }] : []))
  return first
}

export function isUp(attempt: Attempt): boolean {
  return attempt.events.some(({ event }) => event.kind === 'report' && event.stage === 'up' && event.status === 'done')
}

/** Its root was mounted: the generation is in use until this host boots another. */
export function hasRoot(attempt: Attempt): boolean {
  return attempt.events.some(
    ({ event }) => event.kind === 'report' && event.status === 'done' && ['root', 'dom0', 'up'].includes(event.stage),
  )
}

/** Firmware and iPXE have done their part, whether we gave it its script or it came from a stick: what they ask for next is another boot. */
function isLoaded(attempt: Attempt): boolean {
  return attempt.events.some(({ event }) => event.kind === 'script') || isFromStick(attempt) || hasReported(attempt)
}

export function isFromStick(attempt: Attempt): boolean {
  return attempt.events.some(({ event }) => event.kind === 'stick')
}

function hasReported(attempt: Attempt): boolean {
  return attempt.events.some(({ event }) => event.kind === 'report')
}

function isQuiet(attempt: Attempt, at: number): boolean {
  const heard = attempt.events.filter(({ event }) => event.kind !== 'capture')
  const last = heard.reduce((latest, recorded) => Math.max(latest, recorded.last), attempt.startedAt)
  return at - last > QUIET_TIME
}
