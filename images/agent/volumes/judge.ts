// What the LV of a disk is that is there already, to a request that wants the disk to be there; and whether a new one fits. Pure.
import type { DiskTags } from '../../../manager/protocol/guest-disk.ts'
import type { RequestOf } from '../../../manager/protocol/requests.ts'
import type { Lv, Vg } from '../../../manager/protocol/storage.ts'
import { type FoundGroup, type FoundVolume, type Refused, unable } from './find.ts'

type MakeDisk = RequestOf<'make-disk'>

export type Judged =
  | { readonly kind: 'ready'; readonly lv: Lv }
  /** Begun, and not ended: `reuse` is as it is wanted, and only lacks its content. */
  | { readonly kind: 'making'; readonly lv: Lv; readonly reuse: 'as it is' | 'made anew' }
  | Refused

export function judge({ vg }: FoundGroup, { lv, tags }: FoundVolume, wanted: MakeDisk): Judged {
  const name = `the LV ${vg.name}/${lv.name}`
  if (!tags) return unable(`${name} is there, and not known to be a disk of ours: ${sayTags(lv.tags)}. It is left alone`)
  if (tags.disk !== wanted.disk || tags.guest !== wanted.guest)
    return unable(`${name} is the disk ${tags.disk} of the guest ${tags.guest}, and is left alone`)
  if (tags.generation > wanted.generation || (tags.state === 'ready' && tags.generation !== wanted.generation))
    return unable(`${name} has generation ${tags.generation}, and ${wanted.generation} was asked for: it is left alone`)
  if (tags.state === 'ready') return { kind: 'ready', lv }
  const isAsWanted =
    wanted.thinPool === undefined &&
    lv.pool === undefined &&
    lv.sizeBytes === roundedUp(wanted.sizeBytes, vg) &&
    isSame(tags, { ...wanted, state: 'making' })
  return { kind: 'making', lv, reuse: isAsWanted ? 'as it is' : 'made anew' }
}

function isSame(some: DiskTags, others: DiskTags): boolean {
  return some.generation === others.generation && some.epoch === others.epoch
}

/** To whole extents. */
export function roundedUp(sizeBytes: number, { extentBytes }: Vg): number {
  return Math.ceil(sizeBytes / extentBytes) * extentBytes
}

/** Bytes of a thin pool that are free at least; metadata that is nearly full counts as full. */
const METADATA_FULL = 95

/** Why there is no room for a disk of so many bytes, of which so many are written at once; undefined: there is. */
export function lackOfRoom(
  { vg, lvs }: FoundGroup,
  { thinPool, sizeBytes }: Pick<MakeDisk, 'thinPool' | 'sizeBytes'>,
  contentBytes: number,
): string | undefined {
  if (thinPool === undefined) {
    const needed = roundedUp(sizeBytes, vg)
    return needed <= vg.freeBytes ? undefined : `the VG ${vg.name} has ${vg.freeBytes} bytes free, and ${needed} are needed`
  }
  const pool = lvs.find(({ name }) => name === thinPool)
  if (pool?.segmentType !== 'thin-pool') return `there is no thin pool ${vg.name}/${thinPool}`
  // lvs(8), lv_attr, 8: blocks that are new to a volume are zeroed.
  if (pool.attributes[7] !== 'z')
    return `the thin pool ${vg.name}/${thinPool} does not zero what it gives to volumes: lvchange -Zy ${vg.name}/${thinPool}`
  const { dataPercent, metadataPercent } = pool
  if (dataPercent === undefined || metadataPercent === undefined) return `how full the thin pool ${vg.name}/${thinPool} is, is not known`
  if (metadataPercent >= METADATA_FULL) return `the metadata of the thin pool ${vg.name}/${thinPool} is ${metadataPercent} % full`
  const free = Math.floor((pool.sizeBytes * (100 - dataPercent)) / 100)
  return free > 0 && contentBytes <= free
    ? undefined
    : `the thin pool ${vg.name}/${thinPool} has ${free} bytes free, and ${contentBytes} are needed at once`
}

/** What lies on an LV by LVM's own doing: snapshots, thin ones too. */
export function dependants({ lvs }: Pick<FoundGroup, 'lvs'>, { name }: Pick<Lv, 'name'>): readonly string[] {
  return lvs.filter(({ origin }) => origin === name).map((one) => `${one.vg}/${one.name}`)
}

export function sayTags(tags: readonly string[]): string {
  return tags.length === 0 ? 'it has no tags' : `its tags are ${tags.slice(0, 8).join(', ')}`
}
