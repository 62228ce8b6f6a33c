// Which device of the host a request means by a disk: by what it is, as the kernel's names may have changed since somebody looked. Pure.
import type { DiskRef } from '../../../manager/protocol/requests/vgs.ts'
import type { BlockDevice, Multipath } from '../../../manager/protocol/storage.ts'

export interface MeantDisk {
  readonly kind: 'disk'
  /** `sdb`; of a map its own name. */
  readonly name: string
  readonly path: string
  /** All of it: a map and the paths under it. */
  readonly devices: readonly string[]
}

export type Identified = MeantDisk | { readonly kind: 'refused'; readonly reason: string }

interface Seen {
  readonly blockDevices: readonly BlockDevice[]
  readonly multipaths: readonly Multipath[]
}

export function identify(ref: DiskRef, { blockDevices, multipaths }: Seen): Identified {
  const map = multipaths.find(({ name }) => name === ref.name)
  if (map) {
    const wrong = differences(ref, { wwid: map.wwid, serial: undefined, sizeBytes: map.sizeBytes })
    if (wrong !== undefined) return refused(`${ref.name} is another map now: ${wrong}`)
    return { kind: 'disk', name: map.name, path: `/dev/mapper/${map.name}`, devices: map.paths.map(({ device }) => device) }
  }
  const disk = blockDevices.find(({ name }) => name === ref.name)
  if (!disk) return refused(`there is no disk ${ref.name} on this host`)
  const wrong = differences(ref, disk)
  if (wrong !== undefined) return refused(`${ref.name} is another disk now: ${wrong}`)
  const over = multipaths.find(({ name, paths }) => name === disk.multipath || paths.some(({ device }) => device === disk.name))
  if (over) return refused(`${ref.name} is one path of the map ${over.name}: the map is to be used`)
  const twin = blockDevices.find(({ name, wwid }) => name !== disk.name && wwid !== undefined && wwid === disk.wwid)
  if (twin) return refused(`${ref.name} and ${twin.name} are two paths to one LUN, and there is no map over them`)
  if (disk.readOnly) return refused(`${ref.name} is read-only`)
  return { kind: 'disk', name: disk.name, path: disk.device, devices: [disk.name] }
}

interface Identity {
  readonly wwid?: string | undefined
  readonly serial?: string | undefined
  readonly sizeBytes?: number | undefined
}

/** What is not as it was told. One of both is enough to know a disk by, and none may speak against it. */
function differences(told: DiskRef, seen: Identity): string | undefined {
  const isNameless = told.wwid === undefined && told.serial === undefined
  const wrong = [
    ...different('its WWID', told.wwid, seen.wwid, isNameless),
    ...different('its serial', told.serial, seen.serial, isNameless),
    ...different('its size', told.sizeBytes, seen.sizeBytes, true),
  ]
  return wrong.length === 0 ? undefined : wrong.join(', ')
}

function different<Value>(what: string, told: Value | undefined, seen: Value | undefined, isNeeded: boolean): readonly string[] {
  if (told === seen || (told === undefined && !isNeeded)) return []
  return [`${what} is ${seen ?? 'not known'}, and ${told ?? 'none'} was told`]
}

function refused(reason: string): Identified {
  return { kind: 'refused', reason }
}
