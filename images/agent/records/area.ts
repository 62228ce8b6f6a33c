// The places of a VG's records: two slots each, of which either may be torn at any moment, as only one is written at a time. What each place
// holds, and which slots a change writes, in their order. Pure.
import { type GuestRecordOf, guestRecord } from '../../../manager/protocol/guest-record.ts'
import type { Uuid } from '../../../manager/protocol/values.ts'
import { readWritten } from '../files/written-json.ts'
import type { Slot } from './slot.ts'

export type Place =
  | { readonly kind: 'empty' }
  | {
      readonly kind: 'record'
      readonly record: GuestRecordOf
      readonly json: string
      readonly seq: number
      /** Both copies are this one. */
      readonly whole: 'yes' | 'no'
      /** Of the slots, 0 or 1: what is not the newest copy. */
      readonly older: 0 | 1
    }
  /** A first write or a removal that was cut short: nobody was told that a record is here. */
  | { readonly kind: 'begun' }
  /** There was a record, and nobody knows which. */
  | { readonly kind: 'damaged'; readonly why: string }

/** `slots`: an even number. */
export function placesOf(slots: readonly Slot[]): readonly Place[] {
  return Array.from({ length: Math.floor(slots.length / 2) }, (_, at) => placeOf(slots[at * 2], slots[at * 2 + 1]))
}

const EMPTY: Slot = { kind: 'empty' }

function placeOf(first: Slot = EMPTY, second: Slot = EMPTY): Place {
  const isSecondNewer = second.kind === 'copy' && (first.kind !== 'copy' || second.seq > first.seq)
  const newest = isSecondNewer ? second : first
  if (newest.kind === 'copy') return recordIn(newest, isSecondNewer ? first : second, isSecondNewer ? 0 : 1)
  if (first.kind === 'empty' && second.kind === 'empty') return { kind: 'empty' }
  if (first.kind === 'damaged' && second.kind === 'damaged')
    return {
      kind: 'damaged',
      why: first.why === second.why ? `both copies: ${first.why}` : `one copy: ${first.why}; the other: ${second.why}`,
    }
  return { kind: 'begun' }
}

function recordIn({ seq, json }: Slot & { readonly kind: 'copy' }, other: Slot, older: 0 | 1): Place {
  const record = readWritten(guestRecord, json)
  if (!record) return { kind: 'damaged', why: 'it is whole, and not understood: a newer hostless wrote it' }
  const isSame = other.kind === 'copy' && other.seq === seq && other.json === json
  return { kind: 'record', record, json, seq, whole: isSame ? 'yes' : 'no', older }
}

/** One for each guest: of two places of one guest the greater sequence is right. */
export function recordsIn(places: readonly Place[]): readonly GuestRecordOf[] {
  const newest = new Map<string, Place & { readonly kind: 'record' }>()
  for (const place of places) {
    if (place.kind !== 'record') continue
    const { guest } = place.record
    if ((newest.get(guest)?.seq ?? 0) < place.seq) newest.set(guest, place)
  }
  return [...newest.values()].map(({ record }) => record)
}

export function damageIn(places: readonly Place[]): readonly string[] {
  return places.flatMap((place, at) => (place.kind === 'damaged' ? [`place ${at}: ${place.why}`] : []))
}

export function freeIn(places: readonly Place[]): number {
  return places.filter(({ kind }) => kind === 'empty' || kind === 'begun').length
}

export type KeepPlan =
  | { readonly kind: 'there' }
  | {
      readonly kind: 'write'
      readonly was: 'another' | 'not there'
      readonly seq: number
      /** The one that is no newest copy first, so that the other stands until it is written. */
      readonly slots: readonly [number, number]
      /** Of the same guest, and to go afterwards. */
      readonly others: readonly number[]
    }
  | { readonly kind: 'full'; readonly places: number }

export function planKeep(places: readonly Place[], guest: Uuid, json: string): KeepPlan {
  const own = placesOfGuest(places, guest)
  const [best, ...others] = own
  if (best) {
    const { at, place } = best
    if (place.whole === 'yes' && place.json === json && others.length === 0) return { kind: 'there' }
    const [first, second] = [at * 2 + place.older, at * 2 + 1 - place.older]
    return { kind: 'write', was: 'another', seq: place.seq + 1, slots: [first, second], others: others.map((one) => one.at) }
  }
  const empty = places.findIndex(({ kind }) => kind === 'empty')
  const at = empty >= 0 ? empty : places.findIndex(({ kind }) => kind === 'begun')
  if (at < 0) return { kind: 'full', places: places.length }
  return { kind: 'write', was: 'not there', seq: 1, slots: [at * 2, at * 2 + 1], others: [] }
}

/** Places that are to be emptied. */
export function planForget(places: readonly Place[], guest: Uuid): readonly number[] {
  return placesOfGuest(places, guest).map(({ at }) => at)
}

/** The newest first. */
function placesOfGuest(places: readonly Place[], guest: Uuid) {
  return places
    .flatMap((place, at) => (place.kind === 'record' && place.record.guest === guest ? [{ at, place }] : []))
    .sort((a, b) => b.place.seq - a.place.seq)
}
