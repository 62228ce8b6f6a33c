// The LV that a VG's records lie in: made and zeroed before anything is written to it, and active from its first use on: to end that each
// time would have udev and everybody who listens look at all disks anew, for each change of a guest. By dd, as nothing of Node's own waits
// for a disk that does not answer; what could not be read is never an area without records.

import type { VgRef } from '../../../manager/protocol/guest-disk.ts'
import { asciiJson, type GuestRecordOf, RECORDS_LV } from '../../../manager/protocol/guest-record.ts'
import type { Lv } from '../../../manager/protocol/storage.ts'
import { failureOf, type World } from '../requests/world.ts'
import { activateVolume, changeTags, removeVolume } from '../volumes/change.ts'
import { type FoundGroup, findGroup } from '../volumes/find.ts'
import { lackOfRoom, roundedUp } from '../volumes/judge.ts'
import { lvmCommand } from '../volumes/lvm.ts'
import { type Place, placesOf } from './area.ts'
import { decodeSlot, encodeSlot, SLOT_BYTES } from './slot.ts'

/** For 64 guests. */
export const AREA_BYTES = 8 << 20
/** Slots that one program reads: dom0 has little memory. */
const AT_ONCE = 32

const MAKING = 'hostless.records=making'
const READY = 'hostless.records=ready'

export type RecordsWorld = Pick<World, 'backend' | 'files'>

export type Area =
  | { readonly kind: 'area'; readonly lv: Lv; readonly places: readonly Place[] }
  /** The VG has no room for records yet. */
  | { readonly kind: 'none' }
  | { readonly kind: 'refused'; readonly reason: string }

export function recordsLv({ lvs }: Pick<FoundGroup, 'lvs'>): Lv | undefined {
  return lvs.find(({ name }) => name === RECORDS_LV)
}

export async function openArea(world: RecordsWorld, ref: VgRef): Promise<Area> {
  const group = await findGroup(world, ref)
  if (group.kind === 'refused') return { kind: 'refused', reason: group.reason }
  const lv = recordsLv(group)
  if (!lv || isBegun(lv)) return { kind: 'none' }
  if (!lv.tags.includes(READY)) return { kind: 'refused', reason: sayForeign(lv) }
  const failure = lv.active ? undefined : await activateVolume(world, lv)
  if (failure !== undefined) return { kind: 'refused', reason: `${sayLv(lv)} cannot be activated: ${failure}` }
  const slots = await readSlots(world, lv)
  if (typeof slots !== 'string') return { kind: 'area', lv, places: placesOf(slots.map(decodeSlot)) }
  return { kind: 'refused', reason: `${sayLv(lv)} cannot be read: ${slots}` }
}

/** Undefined when the VG has room for records now; otherwise why not. What was begun is begun anew. */
export async function makeArea(world: RecordsWorld, ref: VgRef): Promise<string | undefined> {
  const group = await findGroup(world, ref)
  if (group.kind === 'refused') return group.reason
  const there = recordsLv(group)
  if (there?.tags.includes(READY)) return undefined
  if (there && !isBegun(there)) return sayForeign(there)
  if (there) return fill(world, there)
  const lack = lackOfRoom(group, { sizeBytes: AREA_BYTES }, 0)
  if (lack !== undefined) return `there is no room for records of guests: ${lack}`
  const extents = String(roundedUp(AREA_BYTES, group.vg) / group.vg.extentBytes)
  const common = ['-an', '-k', 'y', '-W', 'n', '-Z', 'n', '-n', RECORDS_LV, '--addtag', MAKING]
  const failure = await failureOf(world.backend, lvmCommand('lvcreate', ...common, '-l', extents, ref.name))
  const after = await findGroup(world, ref)
  const made = after.kind === 'found' ? recordsLv(after) : undefined
  if (!made) return `the LV ${ref.name}/${RECORDS_LV} cannot be made: ${failure ?? 'it is not there'}`
  return fill(world, made)
}

/** Undefined when it is gone; only an area that holds nothing is given here. */
export async function removeArea(world: RecordsWorld, lv: Lv): Promise<string | undefined> {
  const failure = await removeVolume(world, lv)
  return failure === undefined ? undefined : `${sayLv(lv)} does not go: ${failure}`
}

/** On the disk when it resolves with undefined. */
export async function writeSlot(
  world: RecordsWorld,
  lv: Lv,
  { at, seq, record }: { readonly at: number; readonly seq: number; readonly record: GuestRecordOf },
): Promise<string | undefined> {
  const draft = `/run/hostless/records/${lv.vg}`
  await world.files.write(draft, encodeSlot({ seq, json: asciiJson(record) }), 0o600)
  const failure = await failureOf(world.backend, ['dd', `if=${draft}`, `of=/dev/${lv.vg}/${lv.name}`, ...placed(at, 1)])
  await world.files.remove(draft)
  return failure === undefined ? undefined : `${sayLv(lv)} cannot be written: ${failure}`
}

/** Both of its slots: zeros on the disk when it resolves with undefined. */
export async function emptyPlace(world: RecordsWorld, lv: Lv, place: number): Promise<string | undefined> {
  const failure = await failureOf(world.backend, ['dd', 'if=/dev/zero', `of=/dev/${lv.vg}/${lv.name}`, ...placed(place * 2, 2)])
  return failure === undefined ? undefined : `${sayLv(lv)} cannot be written: ${failure}`
}

function placed(at: number, count: number): readonly string[] {
  return [`bs=${SLOT_BYTES}`, `seek=${at}`, `count=${count}`, 'oflag=direct', 'conv=notrunc,nocreat,fsync', 'status=none']
}

async function fill(world: RecordsWorld, lv: Lv): Promise<string | undefined> {
  const failure =
    (await activateVolume(world, lv)) ??
    (await failureOf(world.backend, [
      ...(['dd', 'if=/dev/zero', `of=/dev/${lv.vg}/${lv.name}`, ...placed(0, Math.floor(lv.sizeBytes / SLOT_BYTES))] as const),
    ])) ??
    (await changeTags(world, lv, { without: (tag) => tag === MAKING, and: [READY] }))
  return failure === undefined ? undefined : `${sayLv(lv)} cannot be made ready: ${failure}`
}

/** Or why not. */
async function readSlots({ backend }: RecordsWorld, lv: Lv): Promise<readonly string[] | string> {
  const all = Math.floor(lv.sizeBytes / SLOT_BYTES / 2) * 2
  const slots: string[] = []
  while (slots.length < all) {
    const count = Math.min(AT_ONCE, all - slots.length)
    const text = await read(backend, lv, slots.length, count)
    if (text.kind === 'failed') return text.reason
    // As many characters as bytes: none of them is more than one, and each slot lies where it is looked for.
    if (text.text.length === count * SLOT_BYTES) {
      for (let at = 0; at < count; at += 1) slots.push(text.text.slice(at * SLOT_BYTES, (at + 1) * SLOT_BYTES))
      continue
    }
    // Otherwise each for itself.
    for (let at = 0; at < count; at += 1) {
      const one = await read(backend, lv, slots.length, 1)
      if (one.kind === 'failed') return one.reason
      slots.push(one.text)
    }
  }
  return slots
}

type Text = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'failed'; readonly reason: string }

async function read(backend: RecordsWorld['backend'], lv: Lv, at: number, count: number): Promise<Text> {
  const from = [`if=/dev/${lv.vg}/${lv.name}`, `bs=${SLOT_BYTES}`, `skip=${at}`, `count=${count}`, 'iflag=direct', 'status=none']
  const ran = await backend.run(['dd', ...from])
  if (ran.kind === 'missing') return { kind: 'failed', reason: 'there is no program dd in this dom0' }
  if (ran.kind === 'stopped') return { kind: 'failed', reason: `dd was ${ran.reason}` }
  if (ran.exitCode !== 0) return { kind: 'failed', reason: `dd ended with exit code ${ran.exitCode}: ${ran.stderr.trim().slice(0, 200)}` }
  return { kind: 'text', text: ran.stdout }
}

function isBegun({ tags }: Lv): boolean {
  return tags.includes(MAKING)
}

function sayLv({ vg, name }: Lv): string {
  return `the LV ${vg}/${name}`
}

function sayForeign(lv: Lv): string {
  return `${sayLv(lv)} is there, and its tags do not say that it holds records: it is left alone. Rename it, so that one of ours can be made`
}
