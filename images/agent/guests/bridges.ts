// Whether this host has what NICs attach to: the bridges, and the script of those that are held to their MAC. What could not be read is not
// "none".
import type { GuestConfig } from '../../../manager/protocol/requests/guest-config.ts'
import { sayUnread, uncountedOf } from '../../../manager/protocol/unread.ts'
import type { Backend } from '../backend.ts'
import { collect } from '../collect.ts'
import { FILTER_SCRIPT, SCRIPTS } from './xl-config.ts'

/** Undefined: it has all of them. */
export async function lackOfBridges(backend: Backend, nics: GuestConfig['nics']): Promise<string | undefined> {
  const read = await collect(backend, ['bridges'])
  const { bridges = [] } = read.sections
  const missing = [...new Set(nics.map(({ bridge }) => bridge))].filter((name) => !bridges.some((one) => one.name === name))
  if (missing.length === 0) return undefined
  const unread = sayUnread(uncountedOf(read, ['bridges']))
  return unread === undefined
    ? `this host has no bridge ${missing.join(', ')}`
    : `whether there is a bridge ${missing.join(', ')} is not known: ${unread}`
}

/** Undefined: none of the NICs is held to its MAC, or this host can. An older image cannot, whatever its agent can. */
export async function lackOfFilter(backend: Backend, nics: GuestConfig['nics']): Promise<string | undefined> {
  const held = nics.find(({ filter }) => filter !== undefined)
  const script = `${SCRIPTS}/${FILTER_SCRIPT}`
  if (!held || (await backend.readFile(script)).kind === 'whole') return undefined
  return `NIC ${held.mac} is to be held to its MAC, and the image of this host has no ${script}: boot it with a newer image, or take the filter from the NIC`
}
