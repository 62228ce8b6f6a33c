// The requests keep-guest, forget-guest and read-guests: what a VG remembers of its guests. One copy is written after the other, so that
// whatever is torn, the other is whole.
import { asciiJson, MOST_RECORD_BYTES, RECORDS_LV } from '../../../manager/protocol/guest-record.ts'
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import type { Lv } from '../../../manager/protocol/storage.ts'
import { damageIn, freeIn, type KeepPlan, type Place, planForget, planKeep, recordsIn } from '../records/area.ts'
import { emptyPlace, makeArea, openArea, type RecordsWorld, writeSlot } from '../records/volume.ts'
import { refused } from './refusal.ts'
import type { World } from './world.ts'

export async function keepGuest(world: World, { vg, record }: RequestOf<'keep-guest'>): Promise<AnswerOf<'keep-guest'> | Refusal> {
  const json = asciiJson(record)
  if (json.length > MOST_RECORD_BYTES)
    return refused(
      'unable',
      `the record of ${record.name} has ${json.length} bytes, and ${MOST_RECORD_BYTES} is the most: shorten its notes`,
    )
  const first = await openArea(world, vg)
  const unmade = first.kind === 'none' ? await makeArea(world, vg) : undefined
  if (unmade !== undefined) return refused('unable', unmade)
  if (first.kind === 'none') await world.collect(['vgs', 'lvs'])
  const area = first.kind === 'none' ? await openArea(world, vg) : first
  if (area.kind === 'none') return refused('unknown', `the LV ${vg.name}/${RECORDS_LV} was made, and is not seen`)
  if (area.kind === 'refused') return refused('unable', area.reason)
  const plan = planKeep(area.places, record.guest, json)
  const failure = plan.kind === 'write' ? await keep(world, area.lv, plan, record) : sayFull(plan, vg.name, area.places)
  if (failure !== undefined) return refused('unable', failure)
  return { kind: 'guest-kept', was: plan.kind === 'write' ? plan.was : 'the same' }
}

async function keep(
  world: RecordsWorld,
  lv: Lv,
  { slots, seq, others }: KeepPlan & { readonly kind: 'write' },
  record: RequestOf<'keep-guest'>['record'],
): Promise<string | undefined> {
  for (const at of slots) {
    const failure = await writeSlot(world, lv, { at, seq, record })
    if (failure !== undefined) return failure
  }
  return empty(world, lv, others)
}

async function empty(world: RecordsWorld, lv: Lv, places: readonly number[]): Promise<string | undefined> {
  for (const place of places) {
    const failure = await emptyPlace(world, lv, place)
    if (failure !== undefined) return failure
  }
  return undefined
}

function sayFull(plan: KeepPlan, vg: string, places: readonly Place[]): string | undefined {
  if (plan.kind !== 'full') return undefined
  const damaged = damageIn(places).length
  const of = damaged === 0 ? '' : `, ${damaged} of them damaged`
  return `the VG ${vg} has ${plan.places} places for records of guests, and all are taken${of}: give the guest its first disk in another VG`
}

export async function forgetGuest(world: World, { vg, guest }: RequestOf<'forget-guest'>): Promise<AnswerOf<'forget-guest'> | Refusal> {
  const area = await openArea(world, vg)
  if (area.kind === 'none') return { kind: 'guest-forgotten', was: 'not there' }
  if (area.kind === 'refused') return refused('unable', area.reason)
  const places = planForget(area.places, guest)
  const failure = await empty(world, area.lv, places)
  return failure === undefined ? { kind: 'guest-forgotten', was: places.length > 0 ? 'there' : 'not there' } : refused('unable', failure)
}

export async function readGuests(world: World, { vg }: RequestOf<'read-guests'>): Promise<AnswerOf<'read-guests'> | Refusal> {
  const area = await openArea(world, vg)
  if (area.kind === 'none') return { kind: 'guests-read', records: [], damaged: [] }
  if (area.kind === 'refused') return refused('unable', area.reason)
  const { places } = area
  return {
    kind: 'guests-read',
    records: [...recordsIn(places)],
    damaged: damageIn(places).map((one) => one.slice(0, 256)),
    free: freeIn(places),
  }
}

export const guestRecordsChanges = { 'keep-guest': keepGuest, 'forget-guest': forgetGuest, 'read-guests': readGuests } as const
