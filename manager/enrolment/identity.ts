// Whether the machine that boots is the one that is known: by the NIC that it boots from, its UUID, its serial number and its other
// NICs, all together. Security note 1. Pure.
import type { MachineIdentity } from '../store/tables/hosts.ts'

export interface ClaimedIdentity {
  /** The MAC that the appliance saw it boot from; the rest is its own word. */
  readonly bootMac: string
  readonly uuid: string | undefined
  readonly serial: string | undefined
  readonly product: string | undefined
  /** All NICs, with or without the one that it boots from. */
  readonly macs: readonly string[]
}

export interface Comparison {
  /** In words, each with what was known; any of these makes it another machine until somebody says otherwise. */
  readonly changed: readonly string[]
  /** What may change on a machine, for its history. */
  readonly told: readonly string[]
}

/** `configured`: MACs that the config gives this host, from which it may boot as well. */
export function compareIdentity(known: MachineIdentity, claimed: ClaimedIdentity, configured: readonly string[] = []): Comparison {
  const parts = [uuids(known, claimed), serials(known, claimed), bootNic(known, claimed, configured), otherNics(known, claimed)]
  return { changed: parts.flatMap(({ changed }) => changed), told: parts.flatMap(({ told }) => told) }
}

const SAME: Comparison = { changed: [], told: [] }
const changed = (text: string): Comparison => ({ changed: [text], told: [] })
const told = (...texts: readonly string[]): Comparison => ({ changed: [], told: texts })

function uuids({ uuid: was }: MachineIdentity, { uuid: is }: ClaimedIdentity): Comparison {
  if (was === is) return SAME
  if (was === undefined) return told(`its UUID is ${is}`)
  if (is === undefined) return changed(`it tells no UUID, and had ${was}`)
  return swapped(was) === is ? told(`its UUID is ${is}, ${was} in the other byte order`) : changed(`its UUID is ${is}, and was ${was}`)
}

/** SMBIOS 2.6 (DSP0134, 7.2.1) turned the bytes of the first three fields round, and so do updates of firmware. */
function swapped(uuid: string): string {
  const [low = '', middle = '', high = '', ...rest] = uuid.split('-')
  const turn = (field: string) => (field.match(/../g) ?? []).toReversed().join('')
  return [turn(low), turn(middle), turn(high), ...rest].join('-')
}

function serials({ serial: was }: MachineIdentity, { serial: is }: ClaimedIdentity): Comparison {
  if (was === is) return SAME
  if (was === undefined) return told(`its serial number is ${is}`)
  return changed(is === undefined ? `it tells no serial number, and had ${was}` : `its serial number is ${is}, and was ${was}`)
}

function bootNic({ macs }: MachineIdentity, { bootMac }: ClaimedIdentity, configured: readonly string[]): Comparison {
  if (configured.includes(bootMac) || macs.some(({ mac, boot }) => boot && mac === bootMac)) return SAME
  const known = macs.filter(({ boot }) => boot).map(({ mac }) => mac)
  return changed(`it boots from the NIC ${bootMac}, and booted from ${known.join(', ') || 'none that is known'}`)
}

/**
 * NICs are added, and a card breaks or is taken out. A machine is another when most of the others are missing, or all those that sit
 * beside the one that it boots from: that one is the MAC that an impostor has made its own.
 */
function otherNics({ macs }: MachineIdentity, { bootMac, macs: has }: ClaimedIdentity): Comparison {
  const others = macs.filter(({ mac, boot }) => !boot && mac !== bootMac).map(({ mac }) => mac)
  const missing = others.filter((mac) => !has.includes(mac))
  const beside = others.filter((mac) => macs.some((one) => one.boot && isBeside(one.mac, mac)))
  const known = new Set(macs.map(({ mac }) => mac))
  const added = others.length === 0 ? [] : has.filter((mac) => mac !== bootMac && !known.has(mac))
  const isOther = missing.length * 2 > others.length || (beside.length > 0 && beside.every((mac) => missing.includes(mac)))
  const lacks = `${missing.length} of the ${others.length} other NICs that it had are missing: ${listed(missing)}`
  if (missing.length > 0 && isOther) return changed(lacks)
  return told(...(missing.length > 0 ? [lacks] : []), ...(added.length > 0 ? [`NICs were added: ${listed(added)}`] : []))
}

/** Ports of one card have the maker's prefix and numbers that follow each other. */
function isBeside(a: string, b: string): boolean {
  const number = (mac: string) => Number.parseInt(mac.slice(9).replaceAll(':', ''), 16)
  return a.slice(0, 8) === b.slice(0, 8) && Math.abs(number(a) - number(b)) < 8
}

/** A host has up to 256. */
function listed(macs: readonly string[]): string {
  return macs.length > 4 ? `${macs.slice(0, 4).join(', ')} and ${macs.length - 4} more` : macs.join(', ')
}
