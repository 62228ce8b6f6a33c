// Whether a LUN that several hosts see may become a VG of all of them: proven empty on each that sees it, by a report of now. What could not be
// read is not empty, and a host that is not one of ours may write there. Pure.
import type { KnownHost } from '../claims/claim.ts'
import { usesOf } from '../claims/uses.ts'
import { isIdentified, isShareable } from '../connectivity/devices.ts'
import { clashOf, sayClash, seenDisk } from '../connectivity/disk-identity.ts'
import type { Refused } from '../outcome.ts'
import { isAnswering, isHarmless, sayHost } from '../protocol/host.ts'
import type { Inventory } from '../protocol/inventory.ts'
import type { DiskRef } from '../protocol/requests/vgs.ts'
import { withheldFrom } from '../protocol/requests.ts'
import type { BlockDevice } from '../protocol/storage.ts'
import { sayUnread, uncountedOf, unreadOf } from '../protocol/unread.ts'
import { SECTIONS, signsOn, usedBy } from './disk-contents.ts'

/** Another host of the pool. */
export interface OtherHost extends KnownHost {
  /** Version of the protocol that is spoken with its agent; undefined: it is not connected. */
  readonly speaks?: number | undefined
}

/** All hosts of a pool by the LUNs that they see, so that each disk of each of them is looked at in the order of those alone. */
export class Seers {
  readonly hosts: readonly OtherHost[]
  readonly #seeing = new Map<string, OtherHost[]>()
  /** They may see any. */
  readonly #blind: readonly OtherHost[]

  constructor(hosts: readonly OtherHost[]) {
    this.hosts = hosts
    this.#blind = hosts.filter(({ inventory }) => inventory && uncountedOf(inventory, PATHS).length > 0)
    for (const host of hosts)
      for (const wwid of new Set(host.inventory?.blockDevices.filter(isLun).map((one) => String(one.wwid)))) {
        const known = this.#seeing.get(wwid)
        if (known) known.push(host)
        else this.#seeing.set(wwid, [host])
      }
  }

  /** That see this one, or may; without the host whose id is `but`. */
  of(wwid: string, but: string): readonly OtherHost[] {
    return [...new Set([...(this.#seeing.get(wwid) ?? []), ...this.#blind])].filter(({ id }) => id !== but)
  }
}

const PATHS = ['blockDevices', 'multipaths'] as const

/** Other disks have no name that holds on two hosts. */
export function isLun(device: BlockDevice): boolean {
  return isIdentified(device) && isShareable(device)
}

/** How one of them has it. */
export interface SeenThere {
  readonly host: { readonly id: string; readonly name: string }
  readonly disk: DiskRef
}

export type Sharing =
  | { readonly kind: 'empty'; readonly on: readonly SeenThere[] }
  | { readonly kind: 'not empty'; readonly code: NonNullable<Refused['code']>; readonly why: string }

/** `own`: a path of this host to it, or its only one. Of a disk of the machine's own nobody else has any. */
export function sharingOf(own: BlockDevice, on: string, seers: Seers): Sharing {
  const there: SeenThere[] = []
  const { wwid } = own
  if (wwid === undefined || !isLun(own)) return { kind: 'empty', on: there }
  for (const host of seers.of(wwid, on)) {
    const found = seenOn(host, own, wwid)
    if (found === undefined) continue
    if ('kind' in found) return found
    there.push(found)
  }
  return { kind: 'empty', on: there.sort((a, b) => (a.host.id < b.host.id ? -1 : 1)) }
}

/** Undefined: it does not see it, or can do nothing. */
function seenOn(host: OtherHost, own: BlockDevice, wwid: string): SeenThere | Sharing | undefined {
  const { name, inventory, speaks } = host
  const not = (code: NonNullable<Refused['code']>, why: string): Sharing => ({ kind: 'not empty', code, why })
  if (!inventory || isHarmless(host)) return undefined
  const blind = sayUnread(uncountedOf(inventory, PATHS))
  const paths = inventory.blockDevices.filter((one) => one.wwid === wwid && isLun(one))
  const [first] = paths
  if (blind !== undefined && host.trust !== 'rejected') return not('unread', `whether ${name} sees it is not known: ${blind}`)
  const clash = clashOf([own, ...paths].map(seenDisk))
  // Of another serial number it is another disk, whatever its maker called it.
  if (!first || clash === 'serial') return undefined
  if (clash !== undefined) return not('held', sayClash(wwid, clash))
  if (host.trust !== 'approved') return not('held', `${name}, which is ${host.trust}, sees it, too: it may write there`)
  if (!isAnswering(host)) return not('unread', `${name} sees it, too, and what is on it there is not known while it is ${sayHost(host)}`)
  const unread = sayUnread(unreadOf(inventory, SECTIONS))
  const uses = usesOf(host)
  if (unread !== undefined || !uses) return not('unread', `what is on it on ${name} could not be read: ${unread ?? 'it has not reported'}`)
  const [lost] = uses.lost
  if (lost) return not('unread', `which disk a guest of ${name} has is not known: ${lost.reason}`)
  for (const path of paths) {
    const used = usedBy(path, inventory, uses) ?? signsOn(path, inventory)
    if (used !== undefined) return not('held', `${name} sees it, too: ${used}`)
  }
  const old = speaks === undefined ? undefined : withheldFrom('prove-empty', speaks)
  if (old !== undefined) return not('agent-too-old', `${name} sees it, too: ${old}`)
  return { host: { id: host.id, name }, disk: refThere(first, inventory) }
}

/** By its map where it has one. */
function refThere({ name, wwid, serial, sizeBytes, multipath }: BlockDevice, { multipaths }: Inventory): DiskRef {
  const map = multipaths.find((one) => one.name === multipath || one.paths.some(({ device }) => device === name))
  if (map) return { name: map.name, wwid: map.wwid, sizeBytes: map.sizeBytes ?? sizeBytes, contents: 'none' }
  return { name, sizeBytes, contents: 'none', ...(wwid === undefined ? {} : { wwid }), ...(serial === undefined ? {} : { serial }) }
}
