// The LVs of guests' disks as the hosts have them, and which copy of a disk is the one that counts. A copy that is being made, is on its way
// or is said to be stale is never one. Pure.
import { type DiskTags, deviceOf, lvOf, mirrorOf, readDiskTags, untilOf, vgRef } from '../../protocol/guest-disk.ts'
import { isMovingName } from '../../protocol/guests.ts'
import type { Uuid } from '../../protocol/values.ts'
import { isOneVg } from '../../storage/shared-vgs.ts'
import type { HostTold } from './picture.ts'

export interface Copy {
  readonly disk: Uuid
  readonly guest: Uuid
  readonly generation: number
  readonly host: HostTold
  /** That have the same LV, as its VG lies on LUNs that they see, too. */
  readonly alsoOn: readonly HostTold[]
  readonly vg: { readonly name: string; readonly uuid: string }
  readonly sizeBytes: number
  readonly space: 'thick' | 'thin'
  /** Left out: it may count. */
  readonly flaw?: string
  /** `live`: its guest was moving to it while it ran, and may have been handed over. */
  readonly comes?: 'live'
  /** `mirrored`: by a move that nobody has ended. */
  readonly by: 'itself' | 'mirrored'
}

/** Of the tags below, what says nothing against a copy: whatever else stands there says something that this version does not know. */
const KNOWN_TAGS = /^hostless\.(disk|guest|generation|epoch|state|sound|until)=/

/** All LVs that are disks of ours by their tags; `odd`: those that are by their name alone. */
export function copiesOn(hosts: readonly HostTold[]): { readonly copies: readonly Copy[]; readonly odd: readonly string[] } {
  const copies: Copy[] = []
  const odd: string[] = []
  for (const host of hosts) {
    for (const { name, vg, vgUuid, tags, sizeBytes, pool } of host.sections.lvs) {
      if (!name.startsWith('disk-')) continue
      const told = readDiskTags(tags)
      const strange = tags.filter((tag) => tag.startsWith('hostless.') && !KNOWN_TAGS.test(tag))
      if (!told || name !== lvOf(told.disk)) {
        odd.push(`LV ${vg}/${name} of ${host.name} is called as a disk of a guest, and its tags do not say whose: ${sayTags(tags)}`)
        continue
      }
      const flaw = told.state !== 'ready' ? sayState(told, tags) : strange.length > 0 ? `it is tagged ${strange.join(', ')}` : undefined
      copies.push({
        ...{ disk: told.disk, guest: told.guest, generation: told.generation, host, alsoOn: [], vg: { name: vg, uuid: vgUuid }, sizeBytes },
        space: pool === undefined ? 'thick' : 'thin',
        by: host.sections.lvs.some((one) => one.vgUuid === vgUuid && one.name === mirrorOf(told.disk)) ? 'mirrored' : 'itself',
        ...(flaw === undefined ? {} : { flaw }),
        ...(comesTo(host, told) ? { comes: 'live' } : {}),
      })
    }
  }
  return { copies: onceEach(copies), odd: [...new Set(odd)] }
}

/** An LV that several hosts see is one: of whichever has it open, or is told of first. Two that have it open are told as two. */
function onceEach(copies: readonly Copy[]): readonly Copy[] {
  const found: Copy[] = []
  for (const copy of copies) {
    const at = found.findIndex((one) => isOneLv(one, copy) && !(hasOpen(one.host, one.disk) && hasOpen(copy.host, copy.disk)))
    const known = found[at]
    if (!known) {
      found.push(copy)
      continue
    }
    const [main, other] = hasOpen(copy.host, copy.disk) ? [copy, known] : [known, copy]
    const isMirrored = main.by === 'mirrored' || other.by === 'mirrored'
    found[at] = { ...main, alsoOn: [...main.alsoOn, other.host, ...other.alsoOn], ...(isMirrored ? { by: 'mirrored' } : {}) }
  }
  return found
}

/** Of what was told of it meanwhile, too: otherwise they stay two, and the tags tell which counts. */
function isOneLv(one: Copy, other: Copy): boolean {
  const isSame = one.disk === other.disk && one.vg.uuid === other.vg.uuid && one.generation === other.generation && one.flaw === other.flaw
  const vg = vgRef.safeParse(one.vg)
  if (!isSame || one.host === other.host || !vg.success) return false
  const [here, there] = [one, other].map(({ host: { id, name, sections } }) => ({ id, name, inventory: sections }))
  const found = here && there && isOneVg(vg.data, here, there)
  return found?.kind === 'one' || (found?.kind === 'unclear' && found.code === 'lun-read-only')
}

function sayState({ state }: DiskTags, tags: readonly string[]): string {
  const until = state === 'stale' ? untilOf(tags) : undefined
  return `it is ${state}${until === undefined ? '' : `, and kept until ${new Date(until).toISOString()}`}`
}

/** Of a guest that went on while it moved: with the copy's own tags alone it could be the disk or not. */
function comesTo({ records }: HostTold, { disk, guest, generation, state }: DiskTags): boolean {
  const isOf = (one: HostTold['records'][number]['record']): boolean =>
    one.guest === guest && one.arriving === 'live' && one.disks.some((its) => its.disk === disk && its.generation === generation)
  return state === 'making' && records.some(({ record }) => isOf(record))
}

export type Choice =
  | { readonly kind: 'copy'; readonly copy: Copy; readonly against?: string }
  | { readonly kind: 'none'; readonly why: string }
  /** Nothing tells which. */
  | { readonly kind: 'two'; readonly why: string }

/** Of the copies of one disk: the one that a domain has open, or the one of the greatest generation. */
export function choose(disk: Uuid, copies: readonly Copy[]): Choice {
  const good = copies.filter(({ flaw }) => flaw === undefined)
  const open = copies.filter(({ host }) => hasOpen(host, disk))
  const newest = Math.max(...good.map(({ generation }) => generation))
  const best = good.filter(({ generation }) => generation === newest)
  const [first, second] = best
  const [used, other] = open
  if (used && !other) {
    const newer = best.find((one) => one !== used && one.generation >= used.generation)
    const flaw = used.flaw === undefined ? undefined : `${sayCopy(used)} is in use, though ${used.flaw}`
    const against = newer ? `${sayCopy(used)} is in use, though ${sayCopy(newer)} has generation ${newer.generation}` : flaw
    return { kind: 'copy', copy: used, ...(against === undefined ? {} : { against }) }
  }
  if (used && other) return { kind: 'two', why: `${sayCopy(used)} and ${sayCopy(other)} are both in use` }
  const coming = copies.find(({ comes, generation }) => comes === 'live' && generation > newest)
  if (first && coming)
    return {
      kind: 'two',
      why: `${sayCopy(first)} has generation ${newest}, and it moved to ${sayCopy(coming)} while it ran: nothing tells whether it was handed over`,
    }
  if (!first) return { kind: 'none', why: copies.map((one) => `${sayCopy(one)}: ${one.flaw}`).join('; ') || 'no host has it' }
  if (second) return { kind: 'two', why: `${sayCopy(first)} and ${sayCopy(second)} both have generation ${newest}` }
  return { kind: 'copy', copy: first }
}

export function sayCopy({ vg, disk, host }: Copy): string {
  return `LV ${vg.name}/${lvOf(disk)} of ${host.name}`
}

function hasOpen({ sections }: HostTold, disk: Uuid): boolean {
  const device = `/dev/mapper/${deviceOf(disk)}`
  return sections.guests.some(
    ({ name, state, disks }) =>
      !isMovingName(name) && state !== 'shutdown' && state !== 'crashed' && disks.some(({ target }) => target === device),
  )
}

function sayTags(tags: readonly string[]): string {
  return tags.length === 0 ? 'it has none' : tags.slice(0, 6).join(', ')
}
