// What VGs remember of guests when everything has come to its end: each guest that is written down, as it is, and no other.
import { placesOf, recordsIn } from '../../../../../../images/agent/records/area.ts'
import { decodeSlot, SLOT_BYTES } from '../../../../../../images/agent/records/slot.ts'
import { type Content, cutOut, paste, textOf } from '../../../../../../images/agent/simulator/state/content.ts'
import { type Group, PV_HEADER, type Volume } from '../../../../../../images/agent/simulator/state/lvm.ts'
import type { Site } from '../../../../../../images/agent/simulator/state/site.ts'
import { decodeEntries } from '../../../../../../manager/automation/journal.ts'
import { type GuestRecordOf, RECORDS_LV } from '../../../../../../manager/protocol/guest-record.ts'
import type { AtEnd } from './end.ts'
import type { Ledger } from './moment.ts'

/** Sectors. */
const SLOT = SLOT_BYTES / 512

export interface RememberedIn {
  /** UUID of the VG. */
  readonly vg: string
  readonly record: GuestRecordOf
}

/** Straight from the media. */
export function rememberedIn(site: Site): readonly RememberedIn[] {
  return [...site.groups.values()].flatMap((group) => {
    const volume = group.volumes.find(({ name, tags }) => name === RECORDS_LV && tags.includes('hostless.records=ready'))
    if (!volume) return []
    const content = contentOfVolume(site, group, volume)
    const slots = Array.from({ length: volume.sectors / SLOT }, (_, at) => textOf(cutOut(content, at * SLOT, (at + 1) * SLOT), SLOT))
    return recordsIn(placesOf(slots.map(decodeSlot))).map((record) => ({ vg: group.uuid, record }))
  })
}

function contentOfVolume(site: Site, group: Group, { segments }: Volume): Content {
  let content: Content = []
  let at = 0
  for (const { pv, first, extents } of segments) {
    const place = group.pvs.find(({ uuid }) => uuid === pv)
    const sectors = extents * group.extentSectors
    const from = (place?.start ?? 0) + PV_HEADER + first * group.extentSectors
    content = paste(content, at, sectors, cutOut(site.media.get(place?.medium ?? '')?.content ?? [], from, from + sectors))
    at += sectors
  }
  return content
}

/** What was not told of a move that is over is told by the next look of who sees to records. */
function hasFailed(journal: readonly string[]): boolean {
  const entries = journal.flatMap(decodeEntries)
  const asked = new Set(
    entries.flatMap((one) =>
      one.kind === 'started' && one.effect.kind === 'request' && /^(keep|forget)-guest$/.test(one.effect.body.kind) ? [one.step] : [],
    ),
  )
  return entries.some((one) => one.kind === 'answered' && asked.has(one.step) && one.answer.kind === 'failed')
}

function isWhere({ disk, vg, generation }: GuestRecordOf['disks'][number], row: Ledger['disks'][number]): boolean {
  return disk === row.id && vg.uuid === row.vg_uuid && generation === row.generation
}

export const whatIsRememberedIsTrue: AtEnd = ({ site, ledger, journalOf }) => {
  const there = rememberedIn(site)
  const destroyed = ledger.automations.flatMap(({ recipe, args }) => (recipe === 'destroy-guest' ? [JSON.parse(args).guest.uuid] : []))
  const strangers = there.filter(({ record }) => !ledger.guests.some(({ uuid }) => uuid === record.guest))
  const isPending = (guest: string): boolean =>
    ledger.automations.some(
      ({ id, recipe, args, state }) =>
        recipe === 'migrate-guest' && state === 'done' && JSON.parse(args).guest.uuid === guest && hasFailed(journalOf(id)),
    )
  const guests = ledger.guests.flatMap(({ uuid, name }) => {
    const disks = ledger.disks.filter(({ guest }) => guest === uuid)
    if (disks.length === 0) return []
    const [first] = disks.sort((a, b) => (a.vdev < b.vdev ? -1 : 1))
    const all = there.filter(({ record }) => record.guest === uuid)
    const own = all.find(({ vg }) => vg === first?.vg_uuid) ?? all[0]
    const other = all.find((one) => one !== own)
    // Who was not told that it is gone is half destroyed: it is remembered again by the next look of who sees to records.
    if (!own && destroyed.includes(uuid)) return []
    if (!own) return [`I3: no VG remembers ${name}`]
    if (other && !isPending(uuid)) return [`two VGs remember ${name}`]
    const wrong = [
      ...(own.vg === first?.vg_uuid ? [] : ['the VG']),
      ...(own.record.arriving === undefined || isPending(uuid) ? [] : ['that it is on its way']),
      ...(own.record.name === name ? [] : ['the name']),
      ...(disks.every(({ id, size_bytes }) => own.record.disks.some((one) => one.disk === id && one.sizeBytes === size_bytes))
        ? []
        : ['disks']),
      ...(isPending(uuid) || disks.every((disk) => own.record.disks.some((one) => isWhere(one, disk))) ? [] : ['where its disks are']),
    ]
    return wrong.map((what) => `I3: what is remembered of ${name} is wrong: ${what}`)
  })
  return [...strangers.map(({ record }) => `I8: a VG remembers ${record.name}, which is no more`), ...guests]
}
