// What is wrong with one multipath map, in words. Pure.

import { isLost } from '../connectivity/path-state.ts'
import type { Multipath } from '../protocol/storage.ts'
import { sayNames } from '../wording.ts'
import type { Fault } from './faults/fault.ts'

/** What a map should have. */
export interface Expected {
  readonly paths: number
  /** Name of the host that has as many; missing: it had them itself. */
  readonly sibling?: string
}

const CARE = 'See to cables, switches and the array'

export function pathFault(map: Multipath, host: string, { paths: expected, sibling }: Expected = { paths: 0 }): Fault | undefined {
  const { name, wwid, paths } = map
  const lost = paths.filter(isLost)
  const all = Math.max(expected, paths.length)
  const left = paths.length - lost.length
  if (paths.length > 0 && left === all) return undefined
  const rest = left === 0 ? 'none is left, and what is on it stands still' : `${left} of ${all} ${left === 1 ? 'is' : 'are'} left`
  const told = `${name} (${wwid}) on ${host}`
  const text = (what: string): Fault => ({ what: wwid, short: name, text: `${told} ${what}` })
  if (paths.length === 0) return text(`has no path${all === 0 ? '' : `, and had ${all}`}: what is on it stands still. ${CARE}`)
  if (lost.length > 0) {
    const devices = sayNames(lost.map(({ device, check }) => (check === undefined || check === 'faulty' ? device : `${device} ${check}`)))
    return text(`has lost ${lost.length === 1 ? 'a path' : `${lost.length} paths`} (${devices}): ${rest}. ${CARE}`)
  }
  const than = sibling === undefined ? `it had ${all}` : `${sibling} has ${all} to the same LUN`
  return text(`has ${left} ${left === 1 ? 'path' : 'paths'}, and ${than}. ${CARE}; if that is meant, clear this alarm`)
}
