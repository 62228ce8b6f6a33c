// Hosts of one product that differ: in memory, disks, firmware, links and cabling. What most of them have is taken for right.
import type { Inventory } from '../protocol/inventory.ts'
import type { ReportingHost } from './alarms.ts'
import { groupBy } from './group-by.ts'
import { isShareable } from './matrix-devices.ts'
import { unread } from './unread.ts'
import { sayBytes, sayNames } from './wording.ts'

export type Trait = 'memory' | 'disks' | 'firmware' | 'links' | 'cabling'

export interface Difference {
  readonly trait: Trait
  readonly product: string
  /** Those that differ, by id; all of the product where no value has a majority. */
  readonly hosts: readonly string[]
  /** A sentence for people. */
  readonly text: string
}

export function differencesOf(hosts: readonly ReportingHost[]): readonly Difference[] {
  const products = groupBy(hosts, ({ inventory }) => productOf(inventory))
  return [...products].flatMap(([product, siblings]) =>
    product === undefined
      ? []
      : [
          ...TRAITS.flatMap(([trait, describe]) => compare(trait, product, siblings, describe)),
          // Racks have switches of their own: only hosts at the same switches are compared port by port.
          ...[...groupBy(siblings, ({ inventory }) => switchesOf(inventory))].flatMap(([switches, peers]) =>
            switches === '' ? [] : compare('cabling', product, peers, cablingOf),
          ),
        ],
  )
}

/** What is compared in words; undefined: not reported, and not compared. */
type Describe = (inventory: Inventory) => string | undefined

const TRAITS: readonly (readonly [Trait, Describe])[] = [
  ['memory', memoryOf],
  ['disks', disksOf],
  ['firmware', firmwareOf],
  ['links', linksOf],
  ['cabling', redundancyOf],
]

function compare(trait: Trait, product: string, siblings: readonly ReportingHost[], describe: Describe): readonly Difference[] {
  const told = siblings.flatMap((host) => {
    const value = describe(host.inventory)
    return value === undefined ? [] : [{ host, value }]
  })
  const values = [...groupBy(told, ({ value }) => value)].sort(([, a], [, b]) => b.length - a.length)
  const [most, ...others] = values
  if (!most || others.length === 0) return []
  const [usual, majority] = most
  const difference = (differing: readonly (typeof told)[number][], text: string): Difference => ({
    trait,
    product,
    hosts: differing.map(({ host }) => host.id),
    text: `${trait}: ${text}`,
  })
  if (majority.length * 2 <= told.length) {
    const all = values.slice(0, 5).map(([value, having]) => `${value} (${names(having)})`)
    const more = values.length > 5 ? ` and ${values.length - 5} other ways` : ''
    return [difference(told, `the ${told.length} hosts of product ${product} differ: ${all.join('; ')}${more}`)]
  }
  return others.map(([value, having]) => {
    const verb = having.length === 1 ? 'has' : 'have'
    return difference(
      having,
      `${names(having)} ${verb} ${value}; ${majority.length} of ${told.length} hosts of product ${product} have ${usual}`,
    )
  })
}

function names(having: readonly { readonly host: ReportingHost }[]): string {
  return sayNames(having.map(({ host }) => host.name))
}

function productOf({ dmi }: Inventory): string | undefined {
  return dmi.product === undefined ? undefined : [dmi.manufacturer, dmi.product].filter(Boolean).join(' ')
}

/** `128 GiB (8 × 16 GiB)`. */
function memoryOf({ dmi }: Inventory): string | undefined {
  const modules = dmi.memoryModules.map(({ bytes }) => bytes)
  if (modules.length === 0) return undefined
  return `${sayBytes(modules.reduce((sum, bytes) => sum + bytes))} (${counted(modules.map(sayBytes))})`
}

function disksOf(inventory: Inventory): string | undefined {
  if (unread(inventory, ['blockDevices'])) return undefined
  const local = inventory.blockDevices.filter((device) => !device.removable && !isShareable(device))
  return local.length === 0 ? 'none' : counted(local.map(({ sizeBytes }) => sayBytes(sizeBytes)))
}

function firmwareOf({ dmi }: Inventory): string | undefined {
  return dmi.firmwareVersion && [dmi.firmwareVendor, dmi.firmwareVersion].filter(Boolean).join(' ')
}

/** `eth0 at 10000 Mbit/s, eth1 at 10000 Mbit/s`. */
function linksOf({ nics }: Inventory): string | undefined {
  if (nics.length === 0) return undefined
  const up = nics.filter(({ link }) => link === 'up').map(({ name, speed }) => (speed === undefined ? name : `${name} at ${speed} Mbit/s`))
  return up.length === 0 ? 'no link' : up.toSorted().join(', ')
}

interface Cable {
  readonly nic: string
  readonly switch: string
}

function cablesOf({ nics }: Inventory): readonly Cable[] {
  return nics
    .flatMap(({ name, neighbours }) => neighbours.map(({ chassisName, chassisId }) => ({ nic: name, switch: chassisName ?? chassisId })))
    .toSorted((a, b) => (`${a.nic} ${a.switch}` < `${b.nic} ${b.switch}` ? -1 : 1))
}

function switchesOf(inventory: Inventory): string {
  return [...new Set(cablesOf(inventory).map((cable) => cable.switch))].sort().join(', ')
}

/** `eth0 to sw1, eth1 to sw2`. */
function cablingOf(inventory: Inventory): string {
  return cablesOf(inventory)
    .map((cable) => `${cable.nic} to ${cable.switch}`)
    .join(', ')
}

/** Where all go to two switches, one that goes to one of them only is cabled wrongly, whichever rack it is in. */
function redundancyOf(inventory: Inventory): string | undefined {
  const switches = new Set(cablesOf(inventory).map((cable) => cable.switch)).size
  return switches === 0 ? undefined : `cables to ${switches} ${switches === 1 ? 'switch' : 'switches'}`
}

/** `2 × 894.3 GiB, 4 × 3.6 TiB`. */
function counted(sizes: readonly string[]): string {
  return [...groupBy(sizes.toSorted(), (size) => size)].map(([size, all]) => `${all.length} × ${size}`).join(', ')
}
