// What a host's report says is written there, whether or not anybody claims it: disks of guests, file systems that dom0 has mounted, PVs
// of VGs, DRBD's backing devices. Pure.

import { groupBy } from '../group-by.ts'
import type { Guest } from '../protocol/guests.ts'
import { isHarmless } from '../protocol/host.ts'
import type { Inventory, SectionName } from '../protocol/inventory.ts'
import { sayUnread, uncountedOf, unreadOf } from '../protocol/unread.ts'
import type { KnownHost } from './claim.ts'
import { type Footprint, Media, sharedSpaces, within } from './extents.ts'

export interface Use {
  readonly footprint: Footprint
  /** UUID of the guest that writes. */
  readonly guest: string | undefined
  /** `guest web1 on node01`, `/srv of node01`. */
  readonly by: string
}

export interface Uses {
  readonly media: Media
  /** By space. */
  readonly writes: ReadonlyMap<string, readonly Use[]>
  /** DRBD's minors that it has. */
  readonly minors: ReadonlySet<number>
  /** Why there may be more writers than these. */
  readonly unread: string | undefined
  /** Disks of guests of which is not known where they lie. */
  readonly lost: readonly { readonly guest: string; readonly reason: string }[]
}

const SECTIONS: readonly SectionName[] = [
  'guests',
  'blockDevices',
  'multipaths',
  'partitions',
  'fileSystems',
  'pvs',
  'vgs',
  'lvs',
  'nfsMounts',
]

export interface Seen {
  /** LUNs and NFS exports. */
  readonly shared: ReadonlySet<string>
  /** It may see more of them. */
  readonly blind: boolean
}

const uses = new WeakMap<Inventory, Uses>()
const seen = new WeakMap<Inventory, Seen>()
const macs = new WeakMap<Inventory, ReadonlyMap<string, string | undefined>>()

/** This and what follows: worked out once for each report, undefined for a host that has not reported, or cannot run anything now. */
export function usesOf(host: KnownHost | undefined): Uses | undefined {
  return host && keptOf(uses, host, (inventory) => readUses(host.id, host.name, inventory))
}

export function seenBy(host: KnownHost): Seen | undefined {
  return keptOf(seen, host, (inventory) => {
    const blind = uncountedOf(inventory, ['blockDevices', 'nfsMounts']).length > 0
    return { shared: sharedSpaces(inventory), blind }
  })
}

/** Of its NICs and its guests', with the guest whose it is. */
export function macsOf(host: KnownHost): ReadonlyMap<string, string | undefined> | undefined {
  return keptOf(macs, host, readMacs)
}

function keptOf<Made>(kept: WeakMap<Inventory, Made>, host: KnownHost, make: (inventory: Inventory) => Made): Made | undefined {
  const { inventory } = host
  if (!inventory || isHarmless(host)) return undefined
  const known = kept.get(inventory)
  if (known !== undefined) return known
  const made = make(inventory)
  kept.set(inventory, made)
  return made
}

function readUses(id: string, host: string, inventory: Inventory): Uses {
  const media = new Media(id, inventory)
  const { guests, fileSystems, pvs, drbd } = inventory
  const lost: { guest: string; reason: string }[] = []
  const find = (path: string): readonly Footprint[] => {
    const found = media.locate(path)
    return found.kind === 'located' ? found.footprints : []
  }
  const ofGuest = (guest: Guest): readonly Use[] =>
    writtenBy(guest).flatMap((target) => {
      const found = media.locate(target)
      const by = `guest ${guest.name} on ${host}`
      if (found.kind === 'located') return found.footprints.map((footprint) => ({ footprint, guest: guest.uuid, by }))
      lost.push({ guest: guest.uuid, reason: `${by} has ${target}: ${found.reason}` })
      return []
    })
  const mounted = fileSystems.flatMap(({ on, mountPoints: [point] }) =>
    point === undefined
      ? []
      : find(`/dev/${on}`).map((footprint) => ({ footprint: within(footprint), guest: undefined, by: `${point} of ${host}` })),
  )
  const ofVgs = pvs.flatMap(({ device, vg }) =>
    device === undefined || vg === undefined
      ? []
      : find(device).map((one) => ({ footprint: within(one), guest: undefined, by: `VG ${vg}` })),
  )
  const mirrors = drbd.flatMap(({ name, volumes }) =>
    volumes.flatMap(({ backing }) => {
      const by = `DRBD resource ${name} of ${host}`
      return backing === undefined ? [] : find(backing).map((one) => ({ footprint: within(one), guest: undefined, by }))
    }),
  )
  return {
    media,
    writes: groupBy([...guests.flatMap(ofGuest), ...mounted, ...ofVgs, ...mirrors], ({ footprint }) => footprint.space),
    minors: new Set(drbd.flatMap(({ volumes }) => volumes.map(({ minor }) => minor))),
    unread: sayUnread(unreadOf(inventory, SECTIONS)),
    lost,
  }
}

/** An empty drive has no target; what a guest only reads it does not write. */
function writtenBy({ disks }: Guest): readonly string[] {
  return disks.flatMap(({ target, readOnly }) => (readOnly || target === '' ? [] : [target]))
}

function readMacs({ nics, bonds, vlans, bridges, guests }: Inventory): ReadonlyMap<string, string | undefined> {
  const own = [...nics, ...bonds, ...vlans, ...bridges].flatMap(({ mac }) => (mac === undefined ? [] : [mac]))
  const permanent = nics.flatMap(({ permanentMac }) => permanentMac ?? [])
  const ofGuests = guests.flatMap(({ uuid, nics: vifs }) => vifs.flatMap(({ mac }) => (mac === undefined ? [] : [[mac, uuid] as const])))
  return new Map<string, string | undefined>([...[...own, ...permanent].map((mac) => [mac, undefined] as const), ...ofGuests])
}
