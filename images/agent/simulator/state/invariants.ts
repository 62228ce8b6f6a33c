// What must hold of a site whatever commands were run: of the kernel's bookkeeping always, of the guests as long as whoever orders is
// right. Sentences of what does not. Pure.
import { claimsOn } from './claims.ts'
import { devicesOf } from './devices.ts'
import { heldBy } from './dm.ts'
import { isAlive } from './domain.ts'
import { type Piece, trace } from './io.ts'
import { freeExtents, type Group } from './lvm.ts'
import { hostOf, type Site } from './site.ts'

/** Of kernels and LVM: a command that breaks one of these is a fault of the simulator. */
export function brokenBooks(site: Site): readonly string[] {
  return [...[...site.groups.values()].flatMap(brokenGroup), ...[...site.hosts.keys()].flatMap((name) => brokenHost(site, name))]
}

function brokenGroup(group: Group): readonly string[] {
  const found: string[] = []
  const names = group.volumes.map(({ name }) => name)
  if (new Set(names).size < names.length) found.push(`two volumes of ${group.name} have one name`)
  let used = 0
  for (const pv of group.pvs) {
    const segments = group.volumes
      .flatMap((volume) => volume.segments.filter((one) => one.pv === pv.uuid))
      .sort((a, b) => a.first - b.first)
    for (const [index, { first, extents }] of segments.entries()) {
      used += extents
      const before = segments[index - 1]
      if (before && before.first + before.extents > first) found.push(`volumes of ${group.name} overlap at extent ${first}`)
      if (first + extents > pv.extents) found.push(`a volume of ${group.name} ends behind its PV`)
    }
  }
  const size = group.pvs.reduce((sum, { extents }) => sum + extents, 0)
  if (freeExtents(group) !== size - used) found.push(`${group.name} has ${freeExtents(group)} extents free, not ${size - used}`)
  for (const { name, kind, segments, sectors } of group.volumes) {
    const extents = segments.reduce((sum, one) => sum + one.extents, 0)
    if (kind.kind === 'linear' && extents * group.extentSectors !== sectors)
      found.push(`${group.name}/${name} has another size than its extents`)
  }
  return found
}

function brokenHost(site: Site, name: string): readonly string[] {
  const { ram } = hostOf(site, name)
  const devices = devicesOf(site, name)
  const known = new Set(devices.map(({ kname }) => kname))
  const found: string[] = []
  const once = (what: string, items: readonly (string | number)[]): void => {
    if (new Set(items).size < items.length) found.push(`${name}: two ${what} are the same: ${items.join(', ')}`)
  }
  once(
    'kernel names',
    devices.map(({ kname }) => kname),
  )
  once(
    'domain ids',
    ram.domains.map(({ domid }) => domid),
  )
  once(
    'domain names',
    ram.domains.map((domain) => domain.name),
  )
  once(
    'maps',
    ram.dm.map((device) => device.name),
  )
  for (const device of ram.dm)
    for (const under of heldBy(device))
      if (!known.has(under) && !/^sd/.test(under)) found.push(`${name}: ${device.name} lies on ${under}, which is gone`)
  for (const { kname } of devices) {
    const claims = claimsOn(site, name, kname)
    const kinds = new Set(claims.map(({ by }) => by))
    if (kinds.size > 1 || (claims.length > 1 && !kinds.has('dm')))
      found.push(`${name}: ${kname} is claimed by ${claims.map(({ by, who }) => `${by} ${who}`).join(' and ')}`)
  }
  for (const { name: resource, role, connection, devices: minors } of ram.drbd)
    if (connection?.sync === 'target' && role === 'Primary' && minors.every(({ attached }) => attached?.label.disk === 'Inconsistent'))
      found.push(`${name}: ${resource} is primary on what is being written over`)
  return found
}

/** I1 and I2 of the project's notes: what whoever orders must never bring about. */
export function brokenPromises(site: Site): readonly string[] {
  const running = [...site.hosts.values()].flatMap((host) =>
    host.power === 'on' ? host.ram.domains.filter(isAlive).map((domain) => ({ host: host.name, domain })) : [],
  )
  const found: string[] = []
  for (const [index, { host, domain }] of running.entries()) {
    const twin = running.slice(index + 1).find((other) => other.domain.uuid === domain.uuid)
    if (twin) found.push(`I1: ${domain.name} runs on ${host} and on ${twin.host}`)
  }
  const writers = running.flatMap(({ host, domain }) =>
    domain.disks
      .filter(({ writable }) => writable)
      .map(({ vdev, device }) => ({ who: `${domain.name} (${vdev}) on ${host}`, areas: areasOf(site, host, device) })),
  )
  for (const [index, one] of writers.entries())
    for (const other of writers.slice(index + 1))
      if (one.areas.some((area) => other.areas.some((far) => overlap(area, far))))
        found.push(`I2: ${one.who} and ${other.who} write to one place`)
  return found
}

type Area = Piece & { readonly kind: 'medium' }

/**
 * I2 beyond who runs: blkback goes on with what a guest had asked for before it was suspended. Where a guest runs, no domain of another host
 * has a way left to the same place, whatever its state.
 */
export function lateWriters(site: Site): readonly string[] {
  const all = [...site.hosts.values()].flatMap(({ name, power, ram }) =>
    power === 'on'
      ? ram.domains.flatMap((domain) =>
          domain.disks.flatMap(({ writable, vdev, device }) =>
            writable ? [{ host: name, domain, vdev, areas: areasOf(site, name, device) }] : [],
          ),
        )
      : [],
  )
  return all.flatMap((one) =>
    all.flatMap((other) =>
      isAlive(one.domain) &&
      !isAlive(other.domain) &&
      one.host !== other.host &&
      !other.domain.name.endsWith('--incoming') &&
      one.areas.some((area) => other.areas.some((far) => overlap(area, far)))
        ? [
            `I2: what ${other.domain.name} (${other.vdev}) had asked for on ${other.host} may come after what ${one.domain.name} writes on ${one.host}`,
          ]
        : [],
    ),
  )
}

/** Through mirrors to what is beneath them here: the copy at the other end is the mirror's own. */
function areasOf(site: Site, host: string, kname: string): readonly Area[] {
  const sectors = devicesOf(site, host).find((one) => one.kname === kname)?.sectors ?? 0
  return trace(site, host, kname, 0, sectors).flatMap((piece): readonly Area[] => {
    if (piece.kind === 'medium') return [piece]
    if (piece.kind !== 'drbd') return []
    const attached = hostOf(site, host)
      .ram.drbd.flatMap(({ devices }) => devices)
      .find(({ minor }) => `drbd${minor}` === piece.kname)?.attached
    return attached ? areasOf(site, host, attached.backing) : []
  })
}

function overlap(one: Area, other: Area): boolean {
  return one.medium === other.medium && one.at < other.at + other.sectors && other.at < one.at + one.sectors
}
