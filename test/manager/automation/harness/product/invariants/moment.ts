// What invariants look at: the world as it is between two things that happen, and what the manager has written down of it.
import type { Domain } from '../../../../../../images/agent/simulator/state/domain.ts'
import type { Group, Volume } from '../../../../../../images/agent/simulator/state/lvm.ts'
import type { Site } from '../../../../../../images/agent/simulator/state/site.ts'
import type { Claim } from '../../../../../../manager/claims/claim.ts'
import { readClaim } from '../../../../../../manager/claims/row.ts'
import { type DiskTags, readDiskTags } from '../../../../../../manager/protocol/guest-disk.ts'
import type { Inventory } from '../../../../../../manager/protocol/inventory.ts'
import type { AutomationRow, HeldLockRow } from '../../../../../../manager/store/tables/automations.ts'
import type { ClaimsTable } from '../../../../../../manager/store/tables/claims.ts'
import type { GuestDisksTable, GuestsTable } from '../../../../../../manager/store/tables/guests.ts'
import type { PoolDatabase } from '../database.ts'

export interface Ledger {
  readonly claims: readonly Claim[]
  readonly guests: readonly GuestsTable[]
  readonly disks: readonly GuestDisksTable[]
  readonly locks: readonly Pick<HeldLockRow, 'key' | 'access' | 'automation'>[]
  readonly automations: readonly AutomationRow[]
}

export interface Moment {
  readonly site: Site
  /** By host: as it has reported last. */
  readonly reports: ReadonlyMap<string, Inventory>
  readonly ledger: Ledger
  /** Ids of automations that somebody was told of. */
  readonly acknowledged: readonly string[]
}

/** Sentences of what does not hold. */
export type Invariant = (moment: Moment) => readonly string[]

export function ledgerOf({ rows }: PoolDatabase): Ledger {
  return {
    claims: (rows('SELECT * FROM claims') as unknown as ClaimsTable[]).map(readClaim),
    guests: rows('SELECT * FROM guests') as unknown as GuestsTable[],
    disks: rows('SELECT * FROM guest_disks') as unknown as GuestDisksTable[],
    locks: rows('SELECT * FROM automation_locks') as unknown as Ledger['locks'],
    automations: rows('SELECT * FROM automations ORDER BY created, id') as unknown as AutomationRow[],
  }
}

/** Domains of hosts that are on, with those that have ended. */
export function domainsOf(site: Site): readonly { readonly host: string; readonly domain: Domain }[] {
  return [...site.hosts.values()].flatMap(({ name, power, ram }) =>
    power === 'on' ? ram.domains.map((domain) => ({ host: name, domain })) : [],
  )
}

/** What has its memory, and may go on. */
export function isThere({ state }: Domain): boolean {
  return state !== 'shutdown' && state !== 'crashed'
}

/** At an end of a stream: what is not let go on yet, and what was given up or waits for the last word. */
export function standsStill({ name, state }: Domain): boolean {
  return state === 'suspended' || (state === 'paused' && name.endsWith('--incoming'))
}

export interface Move {
  readonly from: string
  readonly to: string
}

/** Live moves of this guest that are under way. */
export function movesOf({ automations }: Ledger, guest: string): readonly Move[] {
  return automations.flatMap(({ recipe, args, ended }) => {
    if (recipe !== 'migrate-guest' || ended !== null) return []
    const move = JSON.parse(args)
    return move.guest.uuid === guest && move.way === 'live' ? [{ from: move.from.id, to: move.to.id }] : []
  })
}

export interface DiskVolume {
  readonly group: Group
  readonly volume: Volume
  readonly tags: DiskTags | undefined
}

/** LVs of disks of guests. */
export function diskVolumes(site: Site): readonly DiskVolume[] {
  return [...site.groups.values()].flatMap((group) =>
    group.volumes.flatMap((volume) => (volume.name.startsWith('disk-') ? [{ group, volume, tags: readDiskTags(volume.tags) }] : [])),
  )
}
