// A spec in the place of the one that a guest has: what would be other than before, and what can never be. Pure.
import type { Done, Refused } from '../outcome.ts'
import type { DiskSpec, GuestSpec, NicSpec } from '../protocol/guest-spec.ts'
import { writeSize } from '../protocol/size.ts'

/** What a guest has at once, running or not. */
export const AT_ONCE = ['notes', 'tags', 'groups', 'startOrder', 'startDelay'] as const
/** What a guest has from its next start on. */
export const LATER = ['maxVcpus', 'maxMemory', 'boot', 'cpu', 'restart', 'xl'] as const
/** What may be changed under a guest that runs, within the most that it was started with. */
const SIZES = ['vcpus', 'memory'] as const

export type PlainKey = (typeof AT_ONCE)[number] | (typeof LATER)[number] | (typeof SIZES)[number]

export interface Difference {
  /** As it is to be: with the UUID that it has. */
  readonly wanted: GuestSpec
  readonly name: string | undefined
  readonly keys: readonly PlainKey[]
  readonly added: readonly DiskSpec[]
  readonly grown: readonly (DiskSpec & { readonly vdev: string })[]
  readonly removed: readonly string[]
  readonly newNics: readonly NicSpec[]
  /** NICs whose network or rate is another one, from the next start on. */
  readonly otherNics: readonly NicSpec[]
  readonly goneNics: readonly NicSpec[]
}

/** Or why it cannot be changed so. */
export function differenceOf(before: GuestSpec, given: GuestSpec): Done<Difference> {
  const wanted: GuestSpec = { ...given, uuid: given.uuid ?? before.uuid }
  const { name } = before
  const fixed = (['uuid', 'seed'] as const).find((key) => !isSame(before[key], wanted[key]))
  if (fixed === 'uuid') return refused(`of ${name}, its UUID is who it is, and stays`)
  if (fixed === 'seed') return refused(`of ${name}, the seed cannot be changed: it is what a guest was told at its first boot`)
  const disks = disksBetween(before, wanted)
  if (typeof disks === 'string') return refused(`of ${name}, ${disks}`)
  return {
    kind: 'done',
    value: {
      ...{ wanted, name: wanted.name === name ? undefined : wanted.name },
      keys: [...AT_ONCE, ...LATER, ...SIZES].filter((key) => !isSame(before[key], wanted[key])),
      ...disks,
      ...nicsBetween(before, wanted),
    },
  }
}

/** A disk is who it is by its place on the bus. */
function disksBetween(before: GuestSpec, wanted: GuestSpec): Pick<Difference, 'added' | 'grown' | 'removed'> | string {
  const [first] = before.disks.flatMap(({ vdev }) => vdev ?? []).sort()
  const added: DiskSpec[] = []
  const grown: (DiskSpec & { readonly vdev: string })[] = []
  for (const disk of wanted.disks) {
    const { vdev } = disk
    const known = before.disks.find((one) => vdev !== undefined && one.vdev === vdev)
    if (vdev === undefined || !known) {
      added.push(disk)
      continue
    }
    const other = (['pool', 'thinPool', 'image', 'access'] as const).find((key) => known[key] !== disk[key])
    if (other !== undefined) return `disk ${vdev} stays as it was made: its ${other} cannot be changed`
    if (disk.size < known.size) return `disk ${vdev} has ${writeSize(known.size)}, and cannot shrink to ${writeSize(disk.size)}`
    if (disk.size > known.size) grown.push({ ...disk, vdev })
  }
  const removed = before.disks.flatMap(({ vdev }) => (vdev === undefined || wanted.disks.some((disk) => disk.vdev === vdev) ? [] : [vdev]))
  return first !== undefined && removed.includes(first) ? `it boots from disk ${first}, which stays` : { added, grown, removed }
}

/** A NIC is who it is by its MAC. */
function nicsBetween(before: GuestSpec, wanted: GuestSpec): Pick<Difference, 'newNics' | 'otherNics' | 'goneNics'> {
  const knownAs = ({ mac }: NicSpec) => before.nics.find((one) => mac !== undefined && one.mac === mac)
  return {
    newNics: wanted.nics.filter((nic) => !knownAs(nic)),
    otherNics: wanted.nics.filter((nic) => {
      const known = knownAs(nic)
      return known && !isSame(known, nic)
    }),
    goneNics: before.nics.filter(({ mac }) => !wanted.nics.some((nic) => nic.mac === mac)),
  }
}

/** What somebody else has changed meanwhile stays, but for what is other between the two. */
export function merged(now: GuestSpec, before: GuestSpec, wanted: GuestSpec): GuestSpec {
  const keys = [...AT_ONCE, ...LATER, ...SIZES, 'name'] as const
  const changed = Object.fromEntries(keys.flatMap((key) => (isSame(before[key], wanted[key]) ? [] : [[key, wanted[key]]])))
  return {
    ...now,
    ...changed,
    disks: mergedBy(({ vdev }: DiskSpec) => vdev, now.disks, before.disks, wanted.disks),
    nics: mergedBy(({ mac }: NicSpec) => mac, now.nics, before.nics, wanted.nics),
  }
}

function mergedBy<Item>(
  idOf: (item: Item) => string | undefined,
  now: readonly Item[],
  before: readonly Item[],
  wanted: readonly Item[],
): readonly Item[] {
  const find = (items: readonly Item[], item: Item) => items.find((one) => idOf(one) === idOf(item))
  const stays = now.filter((item) => !find(before, item) || find(wanted, item))
  const changed = stays.map((item) => {
    const [was, is] = [find(before, item), find(wanted, item)]
    return is !== undefined && !isSame(was, is) ? is : item
  })
  return [...changed, ...wanted.filter((item) => !find(before, item) && !find(now, item))]
}

/** Members that are not there and members that are undefined are alike. */
export function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(ordered(one)) === JSON.stringify(ordered(other))
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(members.map(([name, member]) => [name, ordered(member)]))
}

function refused(reason: string): Refused {
  return { kind: 'refused', status: 422, reason }
}
