// Domains that begin, change and end, and what they hold of the host: memory, opened devices. Pure.

import { MODULE_BYTES } from '../machine/machine.ts'
import { openersOf } from './claims.ts'
import { findDevice } from './devices.ts'
import { type Domain, type DomainDisk, isAlive } from './domain.ts'
import { hostOf, newUuid, type Site, withRam } from './site.ts'

const KIB = 1024
/** libxl's own: 1 MiB a vCPU and 8 KiB a MiB, beside the memory itself. */
const OVERHEAD = { vcpuKib: 1024, mibKib: 8 }
export const DOM0_KIB = 655_360

export function findDomain(site: Site, host: string, name: string): Domain | undefined {
  const { domains } = hostOf(site, host).ram
  return /^\d+$/.test(name) ? domains.find(({ domid }) => domid === Number(name)) : domains.find((one) => one.name === name)
}

export function needOf({ maxKib, maxVcpus }: Pick<Domain, 'maxKib' | 'maxVcpus'>): number {
  return maxKib + maxVcpus * OVERHEAD.vcpuKib + (maxKib / KIB) * OVERHEAD.mibKib
}

export function freeKib(site: Site, name: string): number {
  const { machine, ram } = hostOf(site, name)
  const total = (machine.memoryModules * MODULE_BYTES) / KIB
  return total - DOM0_KIB - ram.domains.reduce((sum, domain) => sum + needOf(domain), 0)
}

export function withDomain(site: Site, host: string, domain: Domain): Site {
  const { domains } = hostOf(site, host).ram
  const known = domains.some(({ domid }) => domid === domain.domid)
  return withRam(site, host, { domains: known ? domains.map((one) => (one.domid === domain.domid ? domain : one)) : [...domains, domain] })
}

export function withoutDomain(site: Site, host: string, domid: number): Site {
  return withRam(site, host, { domains: hostOf(site, host).ram.domains.filter((one) => one.domid !== domid) })
}

export type Plugged = { readonly kind: 'plugged'; readonly disk: DomainDisk } | { readonly kind: 'refused'; readonly why: string }

/** As the block script does: the device has to be there, and with Xen's own script no other domain may write to it. */
export function plug(site: Site, host: string, disk: Omit<DomainDisk, 'device'>, uuid: string): Plugged {
  const device = findDevice(site, host, disk.target)
  if (!device) return { kind: 'refused', why: `Failed to find ${disk.target}` }
  const others = hostOf(site, host).ram.domains.filter((domain) => domain.uuid !== uuid)
  const sharing = others.find(({ disks }) => disks.some((one) => one.device === device.kname && (one.writable || disk.writable)))
  if (sharing && disk.script === undefined)
    return { kind: 'refused', why: `Device ${disk.target} is mounted in a guest domain,\nand so cannot be mounted now.` }
  const mounted = disk.script === undefined && disk.writable && openersOf(site, host, device.kname).some((one) => one.startsWith('mount '))
  if (mounted)
    return { kind: 'refused', why: `Device ${disk.target} is mounted in the privileged domain,\nand so cannot be mounted by a guest.` }
  return { kind: 'plugged', disk: { ...disk, device: device.kname } }
}

export function begin(site: Site, host: string, draft: Omit<Domain, 'domid' | 'since'>): readonly [Site, Domain] {
  const { nextDomid } = hostOf(site, host).ram
  const domain: Domain = { ...draft, domid: nextDomid, since: site.now }
  return [withDomain(withRam(site, host, { nextDomid: nextDomid + 1 }), host, domain), domain]
}

/** By its own doing, at the time that was set: it is gone, or it begins anew under another number. */
export function endDue(site: Site, host: string, domain: Domain): Site {
  const { ending } = domain
  if (!ending || ending.at > site.now || !isAlive(domain)) return site
  const without = withoutDomain(site, host, domain.domid)
  if (ending.how === 'poweroff' || domain.onReboot !== 'restart') return without
  const { ending: _, domid: _domid, since: _since, loggedAs: _logged, ...again } = domain
  return begin(without, host, again)[0]
}

export function uuidFor(site: Site, given: string | undefined): readonly [string, Site] {
  return given === undefined ? newUuid(site) : [given, site]
}

/** From now on it writes numbered blocks to its first disk, and compares what it reads. */
export function withWorkload(site: Site, host: string, name: string, seed: string, everyMilliseconds: number): Site {
  const domain = findDomain(site, host, name)
  if (!domain) throw new Error(`there is no guest ${name} on ${host}`)
  const workload = { seed, everyMilliseconds, next: site.now, count: 0, written: new Map(), mismatches: [], errors: 0 }
  return withDomain(site, host, { ...domain, workload })
}
