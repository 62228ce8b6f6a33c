// What is wrong with one multipath map, in words, and what has taken its paths. Pure.

import { isLost } from '../connectivity/path-state.ts'
import { isPlaceholderWwid } from '../protocol/placeholders.ts'
import type { Multipath } from '../protocol/storage.ts'
import type { WrongMap } from '../store/tables/multipaths.ts'
import { sayNames } from '../wording.ts'

/** What a map should have. */
export interface Expected {
  readonly paths: number
  /** Name of the host that has as many; missing: it had them itself. */
  readonly sibling?: string
  /** Where the paths that are not there would lead; missing where that is not known. */
  readonly gone?: readonly string[]
}

export interface PathFault extends WrongMap {
  readonly wwid: string
}

export const CARE = 'See to cables, switches and the array'

/** Its `ports`: of those that are gone. */
export function pathFault(map: Multipath, host: string, { paths: expected, sibling, gone = [] }: Expected): PathFault | undefined {
  const { name, wwid, paths } = map
  const lost = paths.filter(isLost)
  const all = Math.max(expected, paths.length)
  const left = paths.length - lost.length
  if (paths.length > 0 && left === all) return undefined
  const rest = left === 0 ? 'none is left, and what is on it stands still' : `${left} of ${all} ${left === 1 ? 'is' : 'are'} left`
  const told = `${name} (${wwid}) on ${host}`
  const text = (what: string): PathFault => ({ wwid, short: name, text: `${told} ${what}`, left, ports: gone })
  if (paths.length === 0) return text(`has no path${all === 0 ? '' : `, and had ${all}`}: what is on it stands still. ${CARE}`)
  if (lost.length > 0) {
    const devices = sayNames(lost.map(({ device, check }) => (check === undefined || check === 'faulty' ? device : `${device} ${check}`)))
    return text(`has lost ${lost.length === 1 ? 'a path' : `${lost.length} paths`} (${devices}): ${rest}. ${CARE}`)
  }
  const than = sibling === undefined ? `it had ${all}` : `${sibling} has ${all} to the same LUN`
  const by = gone.length === 0 ? '' : ` (fewer by ${sayNames(gone)})`
  return text(`has ${left} ${left === 1 ? 'path' : 'paths'}, and ${than}${by}. ${CARE}; if that is meant, clear this alarm`)
}

/**
 * What its alarm is about, and with it that of all hosts that have lost the same: each port that is gone; else the LUN; a LUN whose WWID is
 * made up, and may be another on the next host, by its host.
 */
export function causesOf({ ports, wwid }: PathFault, host: string): readonly string[] {
  if (ports.length > 0) return ports
  return [isPlaceholderWwid(wwid) ? `${host} ${wwid}` : `lun ${wwid}`]
}

export interface HostFaults {
  readonly id: string
  readonly name: string
  readonly faults: readonly PathFault[]
}

/** All that one cause has done, `hosts` in the order of their names. */
export function sayCause(cause: string, hosts: readonly HostFaults[]): string {
  const [first, ...others] = hosts
  const [fault, ...more] = first?.faults ?? []
  if (fault && others.length === 0 && more.length === 0) return fault.text
  const luns = new Set(hosts.flatMap(({ faults }) => faults.map(({ wwid }) => wwid)))
  const names = (some: readonly HostFaults[]) => sayNames(some.map(({ name }) => name))
  const what = luns.size === 1 ? `LUN ${[...luns].join('')}` : `${luns.size} LUNs`
  const bare = hosts.filter(({ faults }) => faults.some(({ left }) => left === 0))
  const rest = bare.length === 0 ? 'others are left' : `none is left on ${names(bare)}, and what is on them stands still`
  const lost = cause.startsWith('lun ')
    ? `${names(hosts)} ${hosts.length === 1 ? 'has' : 'have'} fewer paths to ${what} than there were`
    : `${names(hosts)} ${hosts.length === 1 ? 'has' : 'have'} lost the paths to ${what} by ${cause}`
  return `${lost}: ${rest}. ${CARE}`
}
