// Whether this host has the bridges that NICs attach to. What could not be read is not "none".
import type { GuestConfig } from '../../../manager/protocol/requests/guest-config.ts'
import { sayUnread, uncountedOf } from '../../../manager/protocol/unread.ts'
import type { Backend } from '../backend.ts'
import { collect } from '../collect.ts'

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
