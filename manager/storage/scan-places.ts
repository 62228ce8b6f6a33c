// Which file systems of the pool can be looked at, and by which hosts.
import { fileSystemsOfGuests } from '../connectivity/guest-disks.ts'
import type { ConnectivityMatrix } from '../connectivity/matrix.ts'
import type { Thing } from '../connectivity/thing.ts'
import type { SectionName } from '../protocol/inventory.ts'
import { SCANNED_TYPES, type Scannable, scannable } from '../protocol/requests/scan-file-system.ts'
import type { FileSystem } from '../protocol/storage.ts'
import { unreadOf } from '../protocol/unread.ts'
import type { Place } from './scan-plan.ts'

/** Who has a file system is in these. */
const USERS: readonly SectionName[] = ['guests', 'blockDevices', 'multipaths', 'partitions', 'fileSystems']

export interface ScanPlace extends Place {
  readonly fileSystem: Scannable
}

/** What can be looked at without harm, and by whom. */
export function scanPlaces(matrix: ConnectivityMatrix): readonly ScanPlace[] {
  const places = matrix.rows().flatMap(({ key, thing }) => {
    const fileSystem = scannableOf(thing)
    return fileSystem ? [{ key, fileSystem, hosts: matrix.reachedBy(key) }] : []
  })
  const reaching = new Set(places.flatMap(({ hosts }) => hosts))
  const hosts = matrix.hosts().filter(({ id }) => reaching.has(id))
  const held = new Set(hosts.flatMap(({ inventory }) => fileSystemsOfGuests(inventory)))
  const unsure = new Set(hosts.filter(({ inventory }) => unreadOf(inventory, USERS).length > 0).map(({ id }) => id))
  const mounted = new Set(
    hosts.flatMap(({ id, inventory }) => inventory.fileSystems.flatMap((one) => (isMounted(one) ? [`${id} ${one.uuid}`] : []))),
  )
  return places.flatMap((place) => {
    const { fileSystem } = place
    if (fileSystem.kind === 'nfs') return [place]
    // Whose disks are not known may have it for a guest.
    if (held.has(fileSystem.uuid) || place.hosts.some((host) => unsure.has(host))) return []
    // Who has it mounted sees it whole, with what is in its journal.
    const isFirst = (host: string): boolean => mounted.has(`${host} ${fileSystem.uuid}`)
    return [{ ...place, hosts: [...place.hosts.filter(isFirst), ...place.hosts.filter((host) => !isFirst(host))] }]
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
