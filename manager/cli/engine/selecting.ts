// What the arguments of a command select, out of what the manager has. Several arguments are one selector: `node01 node02` is
// `node01,node02`. Pure.
import type { Guest } from '../../contract/guests.ts'
import type { Host } from '../../contract/hosts.ts'
import type { Vm } from '../../contract/vms.ts'
import { CommandFailure } from './failure.ts'
import { parseSelector } from './selector/parse.ts'
import { type SelectableHost, type Selection, selectGuests, selectHosts } from './selector/selector.ts'
import type { Selector, SelectorRefusal } from './selector/syntax.ts'

export interface Selected<Item> {
  readonly items: readonly Item[]
  /** Names in ranges that nobody has. */
  readonly missing: readonly string[]
}

/** Exit code of what nothing is called. */
const NO_SUCH = 4

/** No argument: all. Throws a CommandFailure that names the nearest match. */
export function pickHosts<Item extends SelectableHost>(args: readonly string[], hosts: readonly Item[]): Selected<Item> {
  return args.length === 0 ? all(hosts) : settled(selectHosts(selectorOf(args), hosts))
}

export function pickGuests(args: readonly string[], hosts: readonly Host[], guests: readonly Guest[]): Selected<Guest> {
  if (args.length === 0) return all(guests)
  const selectable = guests.map((guest) => ({ guest, name: guest.name, host: guest.hostName }))
  const { items, missing } = settled(selectGuests(selectorOf(args), hosts, selectable))
  return { items: items.map(({ guest }) => guest), missing }
}

/** As `pickGuests`, of all that are kept, whether or not they run; a UUID is one's name, too. */
export function pickVmsOf(args: readonly string[], hosts: readonly Host[], vms: readonly Vm[]): Selected<Vm> {
  const exact = vms.filter(({ uuid }) => args.includes(uuid))
  const rest = args.filter((arg) => !vms.some(({ uuid }) => uuid === arg))
  if (args.length === 0) return all(vms)
  if (rest.length === 0) return all(exact)
  const selectable = vms.map((vm) => ({ vm, name: vm.name, ...(vm.hostName === undefined ? {} : { host: vm.hostName }) }))
  const { items, missing } = settled(selectGuests(selectorOf(rest), hosts, selectable))
  const taken = new Set([...exact, ...items.map(({ vm }) => vm)])
  return { items: vms.filter((vm) => taken.has(vm)), missing }
}

export function pickOneHost<Item extends SelectableHost>(arg: string, hosts: readonly Item[]): Item {
  const { items } = pickHosts([arg], hosts)
  const [host, ...others] = items
  if (!host) throw new CommandFailure(`${arg} leaves no host`, NO_SUCH)
  if (others.length > 0) throw new CommandFailure(`${arg} means ${items.length} hosts, and one is asked for`, 2)
  return host
}

export interface Naming<Item> {
  /** In errors: `LUN`, `alarm`. */
  readonly noun: string
  /** What it answers to, besides patterns: keys and names. */
  readonly names: (item: Item) => readonly string[]
  /** `@group`. */
  readonly groups: (item: Item) => readonly string[]
}

/** Things with keys, as `nfs:10.0.0.1:/export`: what is written out is taken as it is, anything else is a selector. */
export function pick<Item>(args: readonly string[], items: readonly Item[], naming: Naming<Item>): Selected<Item> {
  if (args.length === 0) return all(items)
  const exact = (arg: string): readonly Item[] => items.filter((item) => naming.names(item).includes(arg))
  const selectable = items.flatMap((item) => naming.names(item).map((name) => ({ item, name, groups: naming.groups(item) })))
  const missing: string[] = []
  const taken = new Set<Item>()
  for (const arg of args) {
    const found = exact(arg)
    for (const item of found) taken.add(item)
    if (found.length > 0) continue
    const selected = settled(selectHosts(selectorOf([arg]), selectable, naming.noun))
    for (const { item } of selected.items) taken.add(item)
    missing.push(...selected.missing)
  }
  return { items: items.filter((item) => taken.has(item)), missing }
}

function selectorOf(args: readonly string[]): Selector {
  const parsed = parseSelector(args.join(','))
  if (parsed.kind === 'refused') throw new CommandFailure(parsed.reason, 2)
  return parsed.selector
}

function settled<Item>(selection: Selection<Item> | SelectorRefusal): Selected<Item> {
  if (selection.kind === 'refused') throw new CommandFailure(selection.reason, NO_SUCH)
  return selection
}

const all = <Item>(items: readonly Item[]): Selected<Item> => ({ items, missing: [] })
