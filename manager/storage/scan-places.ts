// Which file systems of the pool can be looked at, and by which hosts.
import { fileSystemsOfGuests } from '../connectivity/guest-disks.ts'
import { type ConnectivityMatrix, type MatrixRow, STORAGE } from '../connectivity/matrix.ts'
import type { Thing, ThingKey } from '../connectivity/thing.ts'
import type { Inventory, SectionName } from '../protocol/inventory.ts'
import { SCANNED_TYPES, type Scannable, scannable } from '../protocol/requests/scan-file-system.ts'
import type { FileSystem } from '../protocol/storage.ts'
import { sayUnread, unreadOf } from '../protocol/unread.ts'
import type { Place } from './scan-plan.ts'

/** Who has a file system is in these. */
const USERS: readonly SectionName[] = ['guests', 'blockDevices', 'multipaths', 'partitions', 'fileSystems']

export interface ScanPlace extends Place {
  readonly fileSystem: Scannable
}

/** What can be looked at without harm, and by whom. */
export function scanPlaces(matrix: ConnectivityMatrix): readonly ScanPlace[] {
  const held = heldIn(matrix)
  return matrix.stored().flatMap((row) => placeAt(matrix, row, held) ?? [])
}

/** UUIDs of file systems that a guest has, on whichever host. */
export function heldIn(matrix: ConnectivityMatrix): ReadonlySet<string> {
  return new Set(matrix.hosts().flatMap(({ inventory }) => [...keptOf(inventory).held]))
}

/** As one of `scanPlaces`, without looking at the others; `held`: as `heldIn` has it, for who asks for several. */
export function scanPlace(matrix: ConnectivityMatrix, key: ThingKey, held: ReadonlySet<string> = heldIn(matrix)): ScanPlace | undefined {
  const row = matrix.row(key)
  return row && placeAt(matrix, row, held)
}

/** `held`: UUIDs of file systems that a guest has, on whichever host, whether or not that reaches it now. */
function placeAt(
  matrix: ConnectivityMatrix,
  { key, thing }: Pick<MatrixRow, 'key' | 'thing'>,
  held: ReadonlySet<string>,
): ScanPlace | undefined {
  const fileSystem = scannableOf(thing)
  if (!fileSystem) return undefined
  const hosts = matrix.reachedBy(key)
  if (fileSystem.kind === 'nfs') return { key, fileSystem, hosts }
  const { uuid } = fileSystem
  // Whose disks are not known may have it for a guest.
  if (held.has(uuid) || hosts.some((host) => isUnsure(matrix.inventoryOf(host)))) return undefined
  // Who has it mounted sees it whole, with what is in its journal.
  const isFirst = (host: string): boolean => keptOf(matrix.inventoryOf(host)).mounted.has(uuid)
  return { key, fileSystem, hosts: [...hosts.filter(isFirst), ...hosts.filter((host) => !isFirst(host))] }
}

interface Kept {
  readonly held: ReadonlySet<string>
  readonly mounted: ReadonlySet<string>
}

const NOTHING: Kept = { held: new Set(), mounted: new Set() }

/** Of the sections that it follows from: of thousands of reports a second most bring others. */
const KEPT = new WeakMap<Inventory['guests'], { readonly of: readonly unknown[]; readonly kept: Kept }>()

function keptOf(inventory: Inventory | undefined): Kept {
  if (!inventory) return NOTHING
  const of = [...STORAGE, ...USERS].map((name) => inventory[name])
  const known = KEPT.get(inventory.guests)
  if (known?.of.every((section, index) => section === of[index])) return known.kept
  const kept = {
    held: new Set(fileSystemsOfGuests(inventory)),
    mounted: new Set(inventory.fileSystems.flatMap((one) => (isMounted(one) && one.uuid !== undefined ? [String(one.uuid)] : []))),
  }
  KEPT.set(inventory.guests, { of, kept })
  return kept
}

/** Who has what there is not known. */
function isUnsure(inventory: Inventory | undefined): boolean {
  return !inventory || unreadOf(inventory, USERS).length > 0
}

/** Why nobody looks at it, by host: who has it is not known there. */
export function unsureOf(matrix: ConnectivityMatrix, key: ThingKey): readonly { readonly host: string; readonly reason: string }[] {
  const thing = matrix.row(key)?.thing
  if (!thing || scannableOf(thing)?.kind !== 'uuid') return []
  const reaching = matrix.reachers(key)
  return matrix.hosts().flatMap(({ id, inventory }) => {
    const reason = reaching.has(id) ? sayUnread(unreadOf(inventory, USERS)) : undefined
    return reason === undefined ? [] : [{ host: id, reason }]
  })
}

function isMounted({ mountPoints }: FileSystem): boolean {
  return mountPoints.length > 0
}

/** Undefined for what is no file system, or of a type that is not mounted only to look. */
export function scannableOf(thing: Thing): Scannable | undefined {
  if (thing.kind === 'nfs') return scannable.safeParse(thing).data
  if (thing.kind !== 'file-system' || !SCANNED_TYPES.some((type) => type === thing.type)) return undefined
  return scannable.safeParse({ kind: 'uuid', uuid: thing.uuid }).data
}
