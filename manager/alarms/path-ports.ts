// Where the paths of a multipath map lead: the portals and ports of arrays, by what a host tells of its block devices. Pure.
import { isLost } from '../connectivity/path-state.ts'
import type { Inventory } from '../protocol/inventory.ts'
import type { BlockTarget, Multipath } from '../protocol/storage.ts'
import type { PathsByPort } from '../store/tables/multipaths.ts'

/** By the name of each device that is told; undefined: it leads to none, or to one that is not named. */
export type PortsOfDevices = ReadonlyMap<string, string | undefined>

/** Of one map that are remembered: an array has fewer. */
const MOST_PORTS = 64

/** `portal 10.0.0.5:3260`, `port 50060160…`. */
export function portsOfDevices({ blockDevices }: Pick<Inventory, 'blockDevices'>): PortsOfDevices {
  return new Map(blockDevices.map(({ name, target }) => [name, target && portOf(target)]))
}

/** Those to which the paths led that are told as lost. */
export function lostPorts({ paths }: Multipath, ports: PortsOfDevices): readonly string[] {
  return [...new Set(paths.filter(isLost).flatMap(({ device }) => ports.get(device) ?? []))].sort()
}

/** How many of its paths, lost ones among them, lead to each; undefined where a path is of no device that is told, or there are too many. */
export function pathsByPort({ paths }: Multipath, ports: PortsOfDevices): PathsByPort | undefined {
  if (paths.some(({ device }) => !ports.has(device))) return undefined
  const counts = new Map<string, number>()
  for (const { device } of paths) {
    const port = ports.get(device)
    if (port !== undefined) counts.set(port, (counts.get(port) ?? 0) + 1)
  }
  return counts.size > MOST_PORTS ? undefined : Object.fromEntries(counts)
}

/** Those by which it `has` fewer paths than it should. Undefined where that is not known, or it has what it never had: its array is cabled anew. */
export function gonePorts(should: PathsByPort | undefined, has: PathsByPort | undefined): readonly string[] | undefined {
  if (!should || !has || Object.entries(has).some(([port, paths]) => paths > (should[port] ?? 0))) return undefined
  const gone = Object.entries(should).filter(([port, paths]) => (has[port] ?? 0) < paths)
  return gone.map(([port]) => port).sort()
}

function portOf(target: BlockTarget): string | undefined {
  if (target.kind === 'fc') return `port ${target.port}`
  return target.portal === undefined ? undefined : `portal ${target.portal}`
}
