// Hosts of one product that differ: in memory, disks, firmware, links and cabling. What most of them have is taken for right. Kept as
// hosts report: a report touches the values that its host had and has; only where another value becomes the usual one, all are gone over.
import { createHash } from 'node:crypto'
import { isShareable } from '../connectivity/devices.ts'
import { unread } from '../connectivity/unread.ts'
import { groupBy } from '../group-by.ts'
import type { Inventory } from '../protocol/inventory.ts'
import { isPlaceholder } from '../protocol/placeholders.ts'
import { sayBytes, sayNames } from '../wording.ts'
import type { Condition, Finding, ReportingHost, Source } from './condition.ts'

type Trait = 'memory' | 'disks' | 'firmware' | 'links' | 'cabling'

/** What one host has, to be compared with what others have. */
interface Told {
  /** Names what is compared with what: one trait of one product. */
  readonly comparison: string
  readonly trait: Trait
  readonly product: string
  /** In words. */
  readonly value: string
}

interface Comparison {
  readonly trait: Trait
  readonly product: string
  /** Value to the hosts that have it: id to name. */
  readonly values: Map<string, Map<string, string>>
  total: number
  /** What more than half of them have; undefined: there is no such value. */
  usual: string | undefined
  readonly touched: Set<string>
}

export class Siblings implements Source {
  readonly sections = ['dmi', 'nics', 'blockDevices', 'problems'] as const
  readonly #comparisons = new Map<string, Comparison>()
  readonly #byHost = new Map<string, { readonly name: string; readonly told: readonly Told[] }>()
  readonly #touched = new Set<string>()

  update({ id, name, inventory }: ReportingHost): void {
    const before = this.#byHost.get(id)
    const now = { name, told: toldBy(inventory) }
    if (before && sameTold(before, now)) return
    this.remove(id)
    for (const { comparison: key, trait, product, value } of now.told) {
      const comparison = this.#comparisons.get(key) ?? { trait, product, values: new Map(), total: 0, usual: undefined, touched: new Set() }
      const having = comparison.values.get(value) ?? new Map<string, string>()
      comparison.values.set(value, having.set(id, name))
      comparison.total += 1
      comparison.touched.add(value)
      this.#comparisons.set(key, comparison)
      this.#touched.add(key)
    }
    this.#byHost.set(id, now)
  }

  remove(id: string): void {
    for (const { comparison: key, value } of this.#byHost.get(id)?.told ?? []) {
      const comparison = this.#comparisons.get(key)
      const having = comparison?.values.get(value)
      if (!comparison || !having) continue
      having.delete(id)
      if (having.size === 0) comparison.values.delete(value)
      comparison.total -= 1
      comparison.touched.add(value)
      this.#touched.add(key)
    }
    this.#byHost.delete(id)
  }

  findings(): readonly Finding[] {
    const found = [...this.#touched].flatMap((key) => {
      const comparison = this.#comparisons.get(key)
      if (comparison?.total === 0) this.#comparisons.delete(key)
      return comparison ? judge(key, comparison) : []
    })
    this.#touched.clear()
    return found
  }
}

function sameTold(a: { readonly name: string; readonly told: readonly Told[] }, b: typeof a): boolean {
  return (
    a.name === b.name &&
    a.told.length === b.told.length &&
    a.told.every(({ comparison, value }, index) => comparison === b.told[index]?.comparison && value === b.told[index]?.value)
  )
}

/** Of the whole comparison: that all differ; of each value: that those who have it do. */
function judge(key: string, comparison: Comparison): readonly Finding[] {
  const { values, touched } = comparison
  const usual = usualOf(comparison)
  const changed = usual !== comparison.usual
  comparison.usual = usual
  const subjects = new Set([...touched, ...(changed ? values.keys() : [])])
  touched.clear()
  return [
    { subject: key, conditions: usual === undefined && values.size > 1 ? [allDiffer(key, comparison)] : [] },
    ...[...subjects].map((value) => ({ subject: `${key} ${value}`, conditions: oddOnes(key, comparison, value) })),
  ]
}

function usualOf({ values, total, usual }: Comparison): string | undefined {
  const isUsual = (having: ReadonlyMap<string, string> | undefined): boolean => having !== undefined && having.size * 2 > total
  if (usual !== undefined && isUsual(values.get(usual))) return usual
  for (const [value, having] of values) if (isUsual(having)) return value
  return undefined
}

function oddOnes(key: string, { trait, product, values, usual }: Comparison, value: string): readonly Condition[] {
  const having = values.get(value)
  if (!having || usual === undefined || value === usual) return []
  const names = [...having.values()].sort()
  const [only, ...others] = having.keys()
  return [
    {
      kind: 'sibling-differs',
      about: `${trait} ${digest(`${key} ${value}`)}`,
      ...(only !== undefined && others.length === 0 ? { host: only } : { hosts: [...having.keys()].sort() }),
      text: `${trait}: ${sayNames(names)} ${having.size === 1 ? 'has' : 'have'} ${value}; most hosts of product ${product} have ${usual}`,
    },
  ]
}

const MOST_VALUES = 5

function allDiffer(key: string, { trait, product, values, total }: Comparison): Condition {
  const bySize = [...values].sort(([, a], [, b]) => b.size - a.size)
  const told = bySize.slice(0, MOST_VALUES).map(([value, having]) => `${value} (${sayNames([...having.values()].sort())})`)
  const more = bySize.length > MOST_VALUES ? ` and ${bySize.length - MOST_VALUES} other ways` : ''
  const text = `${trait}: the ${total} hosts of product ${product} differ: ${told.join('; ')}${more}`
  const hosts = bySize.flatMap(([, having]) => [...having.keys()]).sort()
  return { kind: 'sibling-differs', about: `${trait} ${digest(key)}`, hosts, text }
}

/** Values may be long, and the keys of alarms are typed. */
function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}

function toldBy(inventory: Inventory): readonly Told[] {
  const product = productOf(inventory)
  if (product === undefined) return []
  const told = (trait: Trait, value: string | undefined, within = ''): readonly Told[] =>
    value === undefined ? [] : [{ comparison: JSON.stringify([trait, product, within]), trait, product, value }]
  const switches = switchesOf(inventory)
  return [
    ...told('memory', memoryOf(inventory)),
    ...told('disks', disksOf(inventory)),
    ...told('firmware', firmwareOf(inventory)),
    ...told('links', linksOf(inventory)),
    ...told('cabling', redundancyOf(inventory)),
    // Racks have switches of their own: only hosts at the same switches are compared port by port.
    ...(switches === '' ? [] : told('cabling', cablingOf(inventory), switches)),
  ]
}

/**
 * Maker, product, board: `HPE DL360 Gen10`, `Supermicro SYS-1029P, board X11DPU`. Makers of boards write "Super Server" for the product
 * of all of them, and one product comes with several boards.
 */
export function productOf({ dmi }: Pick<Inventory, 'dmi'>): string | undefined {
  const [manufacturer, product, board] = [dmi.manufacturer, dmi.product, dmi.board].map((text) =>
    text === undefined || isPlaceholder(text) ? undefined : text,
  )
  if (product === undefined && board === undefined) return undefined
  const name = [manufacturer, product].filter(Boolean).join(' ')
  return [name, board && `board ${board}`].filter(Boolean).join(', ')
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
  if (dmi.firmwareVersion === undefined || isPlaceholder(dmi.firmwareVersion)) return undefined
  return [dmi.firmwareVendor, dmi.firmwareVersion].filter(Boolean).join(' ')
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
