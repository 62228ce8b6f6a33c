// What must hold of the hosts at every moment, whoever has asked for what.
import { groupsOf } from '../../../../../../images/agent/simulator/state/activation.ts'
import { type Device, devicesOf } from '../../../../../../images/agent/simulator/state/devices.ts'
import { freeKib } from '../../../../../../images/agent/simulator/state/domains.ts'
import { brokenBooks, brokenPromises, lateWriters } from '../../../../../../images/agent/simulator/state/invariants.ts'
import { readAt } from '../../../../../../images/agent/simulator/state/io.ts'
import { readDiskTags } from '../../../../../../manager/protocol/guest-disk.ts'
import { domainsOf, type Invariant, isThere, movesOf, standsStill } from './moment.ts'

/** I1. A guest that is paused, or of which two domains are on one host, counts too; but not what stands still at either end of a stream. */
export const guestRunsOnce: Invariant = ({ site }) => {
  const there = domainsOf(site).filter(({ domain }) => isThere(domain) && !standsStill(domain))
  return there.flatMap(({ host, domain }, at) =>
    there
      .slice(at + 1)
      .flatMap((other) => (other.domain.uuid === domain.uuid ? [`I1: ${domain.name} is on ${host} and on ${other.host}`] : [])),
  )
}

/** I2: no two guests on one disk, LV or extent. */
export const diskHasOneWriter: Invariant = ({ site }) => brokenPromises(site)

/** I2, of what is held back at the other end of a stream. */
export const nothingComesLate: Invariant = ({ site }) => lateWriters(site)

/** What the simulator promises of kernels and LVM. */
export const booksAreRight: Invariant = ({ site }) => brokenBooks(site)

/** What a guest has open is its own, whole, and there. Where it goes to it is whole before it goes on, and is called so soon after. */
export const guestHasItsDisks: Invariant = ({ site, ledger }) =>
  domainsOf(site).flatMap(({ host, domain }) =>
    isThere(domain) && !standsStill(domain)
      ? domain.disks.flatMap(({ device, vdev }) => {
          const devices = devicesOf(site, host)
          // VGs of several hosts may be called the same.
          const volumes = groupsOf(site, host).flatMap(({ name, volumes: all }) =>
            all.flatMap((one) => (one.name.startsWith('disk-') ? [{ path: `/dev/${name}/${one.name}`, one }] : [])),
          )
          const under = beneath(devices, device)
          const volume = volumes.find(({ path }) => under.some((one) => one.names.includes(path) || one.path === path))?.one
          const tags = volume && readDiskTags(volume.tags)
          if (!tags) return [`I2: ${vdev} of ${domain.name} on ${host} lies on nothing that is a disk of ours`]
          if (tags.guest !== domain.uuid) return [`I2: ${vdev} of ${domain.name} on ${host} is a disk of ${tags.guest}`]
          const isNew = tags.state === 'making' && movesOf(ledger, domain.uuid).some(({ to }) => to === host)
          return tags.state === 'ready' || isNew
            ? []
            : [`${vdev} of ${domain.name} on ${host} is ${tags.state}: not all of its content is there`]
        })
      : [],
  )

/** Through a mirror too. */
function beneath(devices: readonly Device[], kname: string): readonly Device[] {
  const below = devices.find((one) => one.kname === kname)?.below ?? []
  return devices.filter((one) => below.includes(one.kname)).flatMap((one) => [one, ...beneath(devices, one.kname)])
}

/** What a guest can read is its own, or of its image: nothing that another tenant has left. */
export const nothingForeignIsRead: Invariant = ({ site }) =>
  domainsOf(site).flatMap(({ host, domain }) =>
    isThere(domain) && !standsStill(domain)
      ? domain.disks.flatMap(({ device, vdev }) => {
          const sectors = devicesOf(site, host).find(({ kname }) => kname === device)?.sectors ?? 0
          const read = readAt(site, host, device, 0, sectors)
          const foreign = read.kind === 'done' ? read.value.find(({ stamp }) => !isOwn(stamp, domain.uuid)) : undefined
          return foreign ? [`${vdev} of ${domain.name} on ${host} shows data of ${foreign.stamp}`] : []
        })
      : [],
  )

export function ownStamp(guest: string): string {
  return `guest ${guest}`
}

function isOwn(stamp: string, guest: string): boolean {
  return stamp.startsWith('sha256:') || stamp === ownStamp(guest) || stamp.startsWith(`${ownStamp(guest)} `)
}

export const memoryIsThere: Invariant = ({ site }) =>
  [...site.hosts.keys()].flatMap((host) => (freeKib(site, host) < 0 ? [`${host} has given more memory than it has`] : []))

export const OF_HOSTS: readonly Invariant[] = [
  guestRunsOnce,
  diskHasOneWriter,
  nothingComesLate,
  booksAreRight,
  guestHasItsDisks,
  nothingForeignIsRead,
  memoryIsThere,
]
