// The disks of one guest that is made again: those that its record names, each with the copy that counts; without a record, those that its
// domain has. Pure.
import { deviceOf } from '../../protocol/guest-disk.ts'
import type { GuestRecordOf } from '../../protocol/guest-record.ts'
import type { Guest as Domain } from '../../protocol/guests.ts'
import type { Uuid } from '../../protocol/values.ts'
import { type Copy, choose, sayCopy } from './copies.ts'
import type { RebuiltDisk } from './picture.ts'

export interface Owner {
  readonly uuid: Uuid
  readonly called: string
  readonly record: GuestRecordOf | undefined
  readonly copies: readonly Copy[]
  readonly domain: Domain | undefined
  /** Id of the host that its domain is on. */
  readonly runsOn: string | undefined
}

export interface Says {
  readonly disagree: string[]
  readonly unknown: string[]
}

interface Named {
  readonly disk: Uuid
  readonly vdev: string
  readonly access: 'read-write' | 'read-only'
  readonly told: GuestRecordOf['disks'][number] | undefined
}

/** In the order of the bus. Undefined: the guest is not made, as nothing tells which copy of a disk counts. */
export function disksOf(owner: Owner, says: Says): readonly RebuiltDisk[] | undefined {
  const { called, copies } = owner
  const named = namedIn(owner)
  const disks: RebuiltDisk[] = []
  const chosen: Copy[] = []
  for (const { disk, vdev, access, told } of named) {
    const choice = choose(
      disk,
      copies.filter((one) => one.disk === disk),
    )
    if (choice.kind === 'two') {
      says.unknown.push(
        `guest ${called} (${owner.uuid}) is not made: of its disk ${vdev}, ${choice.why}. Look which one is right, and remove the other`,
      )
      return undefined
    }
    const place = { disk, vdev, access, image: told?.image }
    if (choice.kind === 'copy') {
      const { copy, against } = choice
      if (against !== undefined) says.disagree.push(`disk ${vdev} of ${called}: ${against}`)
      const { vg, sizeBytes, generation, space } = copy
      chosen.push(copy)
      disks.push({ ...place, host: copy.host.id, vg, sizeBytes, generation, space, state: 'ready' })
      continue
    }
    says.unknown.push(`disk ${vdev} of ${called} is not there: ${choice.why}. ${called} does not start without it`)
    const there = copies.find((one) => one.disk === disk) ?? copies[0]
    if (told && there) {
      const { vg, sizeBytes, generation } = told
      disks.push({ ...place, host: there.host.id, vg, sizeBytes, generation, space: 'thick', state: 'making' })
    }
  }
  const mirrored = copies.filter(({ by }) => by === 'mirrored')
  if (mirrored.length > 0)
    says.disagree.push(
      `${called} was being moved, which nobody goes on with: ${mirrored.map(sayCopy).join(', ')} ${mirrored.length === 1 ? 'has' : 'have'} a mirror. Another hostless migrate ${called} makes it anew and ends it`,
    )
  for (const copy of copies)
    if (!named.some(({ disk }) => disk === copy.disk))
      says.unknown.push(
        `${sayCopy(copy)} is a disk of ${called} that ${owner.record ? 'its record does not name' : 'its domain has not'}: it stays where it is`,
      )
  for (const copy of copies)
    if (disks.some((one) => one.disk === copy.disk && (one.host !== copy.host.id || one.vg.uuid !== copy.vg.uuid)))
      says.disagree.push(`${sayCopy(copy)} is another copy of a disk of ${called}, and is left alone${copy.flaw ? `: ${copy.flaw}` : ''}`)
  const home = homeOf(owner, disks, chosen)
  const isThere = (disk: Uuid): boolean => chosen.some((one) => one.disk === disk && one.alsoOn.some(({ id }) => id === home))
  return disks
    .map((one) => (home !== undefined && isThere(one.disk) ? { ...one, host: home } : one))
    .sort((a, b) => (a.vdev < b.vdev ? -1 : 1))
}

/** Of those that see a disk on a LUN the one that has the guest, or its other disks; otherwise as it was remembered. */
function homeOf({ record, runsOn }: Owner, disks: readonly RebuiltDisk[], chosen: readonly Copy[]): string | undefined {
  const hosts = chosen.flatMap(({ host, alsoOn }) => [host, ...alsoOn])
  const own = disks.find(({ disk }) => !chosen.some((one) => one.disk === disk && one.alsoOn.length > 0))
  return runsOn ?? own?.host ?? hosts.find(({ name }) => name === record?.host)?.id
}

function namedIn({ record, copies, domain }: Owner): readonly Named[] {
  if (record) return record.disks.map((told) => ({ disk: told.disk, vdev: told.vdev, access: told.access, told }))
  return (domain?.disks ?? []).flatMap(({ vdev, target, readOnly }) => {
    const copy = copies.find(({ disk }) => target === `/dev/mapper/${deviceOf(disk)}`)
    return copy ? [{ disk: copy.disk, vdev, access: readOnly ? ('read-only' as const) : ('read-write' as const), told: undefined }] : []
  })
}
