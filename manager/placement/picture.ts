// What placement looks at: hosts with what is free of them by claims, who reaches what, and what one guest needs. Pure.
import type { Claim, KnownHost } from '../claims/claim.ts'
import { dom0Room, memoryRoom, type Room, vgRoom, whyUnusable } from '../claims/rooms.ts'
import type { ConnectivityMatrix } from '../connectivity/matrix.ts'
import type { ThingKey } from '../connectivity/thing.ts'
import type { CpuFeatures, GuestType, HostCpu } from '../cpu/host.ts'
import type { GuestCpu } from '../cpu/move.ts'
import { poolTag } from '../protocol/guest-disk.ts'
import type { HostCondition } from '../protocol/host.ts'
import type { Inventory } from '../protocol/inventory.ts'
import type { Vg } from '../protocol/storage.ts'
import { sayUnread, uncountedOf } from '../protocol/unread.ts'

export interface PlacementHost extends HostCondition {
  readonly id: string
  readonly name: string
  /** Why nothing new is to come to it; undefined: it may. */
  readonly cordon: string | undefined
  readonly groups: readonly string[]
  readonly memory: Room
  readonly dom0: Room
  /** Logical CPUs; undefined where they were not reported. */
  readonly threads: number | undefined
  /** Of all its guests. */
  readonly vcpus: number
  readonly guests: number
  /** How many of its guests are in each group of guests. */
  readonly siblings: ReadonlyMap<string, number>
  /** By the name that it has there, and by what operators call it on all hosts. */
  readonly vgs: ReadonlyMap<string, VgPlace>
  /** Why there may be more VGs. */
  readonly unread: string | undefined
  readonly cpu: HostCpu | undefined
}

export interface VgPlace {
  readonly room: Room
  readonly extentBytes: number
  readonly unusable: string | undefined
}

export interface Picture {
  readonly hosts: readonly PlacementHost[]
  readonly reach: Pick<ConnectivityMatrix, 'reachers' | 'reach' | 'describe'>
}

/** Of one guest. Guests with the same needs may share the object: it is looked at once then. */
export interface PlacementNeeds {
  /** With overhead: by guestMemory of claims. */
  readonly memoryBytes: number
  /** Of dom0: a device model's. */
  readonly dom0Bytes: number
  readonly vcpus: number
  /** A disk each. `there`: ids of hosts on which it lies already, as they all see the LUN. */
  readonly space: readonly { readonly vg: string; readonly bytes: number; readonly there?: ReadonlySet<string> | undefined }[]
  readonly networks: readonly ThingKey[]
  readonly storage: readonly ThingKey[]
  /** Networks that it attaches to by their names, with the ids of the hosts that have a bridge to each. */
  readonly attach?: readonly { readonly network: string; readonly hosts: ReadonlySet<string> }[]
  readonly cpu:
    | { readonly kind: 'start'; readonly type: GuestType; readonly level?: CpuFeatures }
    /** Live, from the host of this id. */
    | { readonly kind: 'move'; readonly guest: GuestCpu; readonly from: string }
  /** The group of guests that it is to be apart from: on no host with one of them, or rather not. */
  readonly apart?: { readonly group: string; readonly strength: 'must' | 'should' }
}

export interface Want {
  readonly id: string
  readonly needs: PlacementNeeds
}

export interface PlacementRules {
  /** `spread`: load evenly; `pack`: leave hosts empty. */
  readonly strategy: 'spread' | 'pack'
  /** Siblings over groups of hosts whose names begin so: `rack` for rack1, rack2. */
  readonly spread?: string
  /** `keep`: fill no host so far that the others could not take what runs on the largest one, while there is another. */
  readonly headroom: 'keep' | 'ignore'
  /** Ids of the hosts that are asked about; left out: all. */
  readonly among?: ReadonlySet<string>
  /** Id of the host that it lies on: that nothing new is to come there is not in its way. */
  readonly home?: string
  /** Of one host. */
  readonly mostGuests: number
  readonly vcpusPerThread: number
}

export const USUAL_RULES: PlacementRules = { strategy: 'spread', headroom: 'keep', mostGuests: 2048, vcpusPerThread: 8 }

/** A guest that is placed somewhere, whether or not it runs yet. */
export interface PlacedGuest {
  readonly uuid: string
  readonly vcpus: number
  readonly groups: readonly string[]
}

export interface HostGround {
  readonly host: KnownHost
  readonly groups: readonly string[]
  readonly cordon: string | undefined
  readonly cpu: HostCpu | undefined
  /** In all spaces of this host and of its VGs, by space. */
  readonly claims: ReadonlyMap<string, readonly Claim[]>
  /** Guests that are placed on it. */
  readonly placed: readonly PlacedGuest[]
}

/** Guests that it reports and nobody has placed there count, too. */
export function placementHost({ host, groups, cordon, cpu, claims, placed }: HostGround): PlacementHost {
  const { id, name, trust, presence, service, power, inventory } = host
  const of = (space: string): readonly Claim[] => claims.get(space) ?? []
  const none: Room = { kind: 'unread', reason: 'it has not reported' }
  const known = new Set(placed.map(({ uuid }) => uuid))
  const others = (inventory?.guests ?? []).filter(({ uuid }) => !known.has(uuid))
  const siblings = new Map<string, number>()
  for (const guest of placed) for (const group of guest.groups) siblings.set(group, (siblings.get(group) ?? 0) + 1)
  return {
    ...{ id, name, trust, presence, service, power, cordon, groups, cpu, siblings },
    memory: inventory ? memoryRoom(inventory, of(`memory:${id}`)) : none,
    dom0: inventory ? dom0Room(inventory, of(`dom0-memory:${id}`)) : none,
    threads: inventory?.cpus.threads,
    vcpus: [...placed, ...others].reduce((sum, { vcpus }) => sum + vcpus, 0),
    guests: placed.length + others.length,
    vgs: new Map(
      inventory &&
        [...poolsOf(inventory)].map(([pool, vg]) => {
          const { extentBytes } = vg
          return [pool, { room: vgRoom(inventory, vg, of(`vg:${vg.uuid}`)), extentBytes, unusable: whyUnusable(vg) }]
        }),
    ),
    unread: inventory ? sayUnread(uncountedOf(inventory, ['vgs'])) : 'it has not reported',
  }
}

/** What a VG is called by operators goes before what another one is called by LVM. */
export function poolsOf({ vgs }: Pick<Inventory, 'vgs'>): ReadonlyMap<string, Vg> {
  const called = vgs.flatMap((vg) => vg.tags.flatMap((tag) => (tag.startsWith(POOL) ? [[tag.slice(POOL.length), vg] as const] : [])))
  return new Map([...vgs.map((vg) => [vg.name as string, vg] as const), ...called])
}

const POOL = poolTag('')
