// Who has a block device for himself, and who merely has it open. The kernel's rules: all dm tables share one claim, DRBD has another,
// a mounted file system a third; a partition's claim is felt by its disk and the other way round. blkback only opens. Pure.
import { type Device, devicesOf } from './devices.ts'
import { heldBy } from './dm.ts'
import { isAlive } from './domain.ts'
import { hostOf, type Site } from './site.ts'

export type Claimant = 'dm' | 'drbd' | 'mount'

export interface Claim {
  readonly by: Claimant
  /** The map, the resource, the mount point. */
  readonly who: string
}

export function claimsOn(site: Site, name: string, kname: string): readonly Claim[] {
  const { ram } = hostOf(site, name)
  return [
    ...ram.dm.filter((device) => heldBy(device).includes(kname)).map((device): Claim => ({ by: 'dm', who: device.name })),
    ...ram.drbd
      .filter(({ devices }) => devices.some(({ attached }) => attached?.backing === kname || attached?.meta === kname))
      .map((resource): Claim => ({ by: 'drbd', who: resource.name })),
    ...ram.mounts.filter(({ device }) => device === kname).map(({ point }): Claim => ({ by: 'mount', who: point })),
  ]
}

/** Undefined when it may be claimed; otherwise by whom it is. */
export function collision(site: Site, host: string, kname: string, by: Claimant): Claim | undefined {
  const devices = devicesOf(site, host)
  const own = devices.find((one) => one.kname === kname)
  const related = devices.filter(({ kind, below, kname: other }) =>
    own?.kind === 'part' ? own.below.includes(other) : kind === 'part' && below.includes(kname),
  )
  const against = (claims: readonly Claim[]) => claims.find((claim) => by !== 'dm' || claim.by !== 'dm')
  return against(claimsOn(site, host, kname)) ?? related.flatMap((one) => claimsOn(site, host, one.kname)).find(() => true)
}

/** Sentences of who has it open, claimed or not. */
export function openersOf(site: Site, name: string, kname: string): readonly string[] {
  const { ram } = hostOf(site, name)
  return [
    ...claimsOn(site, name, kname).map(({ by, who }) => `${by} ${who}`),
    ...ram.loops.filter(({ backing }) => backing === kname).map(({ number }) => `loop${number}`),
    ...ram.domains.filter(({ disks }) => disks.some(({ device }) => device === kname)).map(({ domid }) => `domain ${domid}`),
    ...site.copies
      // One that has ended holds nothing.
      .filter(
        ({ host, from, to, failed }) =>
          host === name && failed === undefined && (to.device === kname || (from !== 'zero' && from.device === kname)),
      )
      .map(({ id }) => `copy ${id}`),
  ]
}

/** Domains of this host that may write to it now, with the device itself or one above it. */
export function writersOf(site: Site, host: string, device: Device): readonly string[] {
  return hostOf(site, host)
    .ram.domains.filter((domain) => isAlive(domain) && domain.disks.some((disk) => disk.writable && disk.device === device.kname))
    .map(({ uuid }) => uuid)
}
