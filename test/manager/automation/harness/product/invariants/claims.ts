// What must hold between the hosts and what is claimed, at every moment: whatever is there is claimed, and no more is claimed than there is.
import { type Claim, spaceOf } from '../../../../../../manager/claims/claim.ts'
import { memoryRoom, vgRoom } from '../../../../../../manager/claims/rooms.ts'
import type { DiskTags } from '../../../../../../manager/protocol/guest-disk.ts'
import { diskVolumes, domainsOf, type Invariant, isThere, movesOf, standsStill } from './moment.ts'

export const whatRunsIsClaimed: Invariant = ({ site, ledger }) =>
  domainsOf(site).flatMap(({ host, domain }) => {
    if (!isThere(domain)) return []
    const own = ledger.claims.filter(({ guest }) => guest === domain.uuid)
    const run = own.find(({ space }) => space === spaceOf({ kind: 'run', guest: domain.uuid }))
    const memory = own.some(({ space }) => space === spaceOf({ kind: 'memory', host }))
    // Between the moment that it goes on there, and that of which the manager hears of it.
    const isOnItsWay = movesOf(ledger, domain.uuid).some(({ from, to }) => run?.item === from && to === host)
    return [
      ...(run?.item === host || isOnItsWay || standsStill(domain)
        ? []
        : [`I1: ${domain.name} is on ${host}, and may run ${run ? `on ${run.item}` : 'nowhere'}`]),
      ...(memory ? [] : [`the memory of ${domain.name} on ${host} is claimed by nobody`]),
    ]
  })

export const whatLiesIsClaimed: Invariant = ({ site, ledger }) =>
  diskVolumes(site).flatMap(({ group, volume, tags }) => {
    const claim = ledger.claims.find(({ space, item }) => space === spaceOf({ kind: 'vg', uuid: group.uuid }) && item === volume.name)
    // What a guest has left behind is there for a while, and nobody's.
    if (!claim && tags && isLeft(tags, ledger.disks)) return []
    if (!claim) return keptOf(ledger.guests, tags?.guest) ? [`the space of ${group.name}/${volume.name} is claimed by nobody`] : []
    return claim.guest === tags?.guest
      ? []
      : [`the space of ${group.name}/${volume.name}, of ${tags?.guest}, is claimed by ${claim.holder.name}`]
  })

/** An older copy than the one that counts. */
export function isLeft(
  { disk, state, generation }: DiskTags,
  disks: readonly { readonly id: string; readonly generation: number }[],
): boolean {
  return state === 'stale' || disks.some((row) => row.id === disk && row.generation > generation)
}

/** Disks may outlive their guest where somebody has said so. */
function keptOf(guests: readonly { readonly uuid: string }[], guest: string | undefined): boolean {
  return guest === undefined || guests.some(({ uuid }) => uuid === guest)
}

/** Of what a host has reported. */
export const memoryClaimsFit: Invariant = ({ reports, ledger }) =>
  [...reports].flatMap(([host, report]) => {
    const room = memoryRoom({ ...report, guests: [] }, inSpace(ledger.claims, spaceOf({ kind: 'memory', host })))
    return room.kind === 'room' && room.free < 0 ? [`${-room.free} bytes of memory of ${host} are claimed that it has not got`] : []
  })

export const spaceClaimsFit: Invariant = ({ reports, ledger }) =>
  [...reports].flatMap(([host, report]) =>
    report.vgs.flatMap((vg) => {
      const room = vgRoom(
        { ...report, lvs: [] },
        { ...vg, freeBytes: vg.sizeBytes },
        inSpace(ledger.claims, spaceOf({ kind: 'vg', uuid: vg.uuid })),
      )
      return room.kind === 'room' && room.free < 0
        ? [`${-room.free} bytes of VG ${vg.name} of ${host} are claimed that it has not got`]
        : []
    }),
  )

/** I2, I7: names, MACs, places to run, what is written to. */
export const numbersHaveOneHolder: Invariant = ({ ledger }) => {
  const held = ledger.claims.filter(({ mode }) => mode === 'number' || mode === 'whole')
  return held.flatMap((claim, at) =>
    held
      .slice(at + 1)
      .filter((other) => other.space === claim.space && other.start === claim.start && other.guest !== claim.guest)
      .map((other) => `${claim.holder.name} and ${other.holder.name} both have ${claim.space} ${claim.item}`),
  )
}

function inSpace(claims: readonly Claim[], space: string): readonly Claim[] {
  return claims.filter((one) => one.space === space)
}

export const OF_CLAIMS: readonly Invariant[] = [whatRunsIsClaimed, whatLiesIsClaimed, memoryClaimsFit, spaceClaimsFit, numbersHaveOneHolder]
