// Where a host's bridges lead: each way out of a bridge is an attachment to a VLAN, or to an untagged network whose VLAN only the
// switch knows. From the host's own report alone.

import { groupBy } from '../group-by.ts'
import type { Inventory } from '../protocol/inventory.ts'
import type { Bond, Bridge, Heard, LldpNeighbour, Nic, Vlan } from '../protocol/network.ts'
import { cut, type Reach, reached } from './thing.ts'

type NetworkSections = Pick<Inventory, 'nics' | 'bonds' | 'vlans' | 'bridges' | 'heard'>

export interface Attachment {
  readonly bridge: string
  /** The NIC, bond or VLAN interface by which frames leave. */
  readonly uplink: string
  /** On the wire; undefined: untagged, and the switch has not said which VLAN that is. */
  readonly vlan: string | undefined
  readonly reach: Reach
  /** Of this host on this network: others hear it by these. */
  readonly macs: readonly string[]
  /** Of those that this host hears there, ascending. */
  readonly heard: readonly string[]
}

/** A filtering bridge with every VLAN on many ports would be more than anybody looks at. */
const MOST_ATTACHMENTS = 8192

export function attachmentsOf(sections: NetworkSections): readonly Attachment[] {
  const interfaces = readInterfaces(sections)
  const heard = groupBy(sections.heard, ({ bridge }) => bridge as string)
  return sections.bridges
    .flatMap((bridge) => bridge.ports.flatMap((port) => waysOut(bridge, port, interfaces, heard.get(bridge.name) ?? [])))
    .slice(0, MOST_ATTACHMENTS)
}

/** What is beneath an interface. */
export interface Interfaces {
  readonly nics: ReadonlyMap<string, Nic>
  readonly bonds: ReadonlyMap<string, Bond>
  readonly vlans: ReadonlyMap<string, Vlan>
}

export function readInterfaces({ nics, bonds, vlans }: NetworkSections): Interfaces {
  return { nics: byName(nics), bonds: byName(bonds), vlans: byName(vlans) }
}

/** The NICs that an interface's frames leave by: several for a bond, none for a guest's vif. */
export function nicsUnder(name: string, interfaces: Interfaces, depth = 0): readonly Nic[] {
  const nic = interfaces.nics.get(name)
  if (nic) return [nic]
  const vlan = interfaces.vlans.get(name)
  if (vlan && depth < 8) return nicsUnder(vlan.parent, interfaces, depth + 1)
  return (interfaces.bonds.get(name)?.members ?? []).flatMap((member) => interfaces.nics.get(member.name) ?? [])
}

/** `100`, or `100.200` for a VLAN within a VLAN. */
export function tagOf(vlan: Vlan, interfaces: Interfaces, depth = 0): string {
  const outer = depth < 8 ? interfaces.vlans.get(vlan.parent) : undefined
  return outer ? `${tagOf(outer, interfaces, depth + 1)}.${vlan.id}` : String(vlan.id)
}

/** `Ethernet7 of sw1`. */
export function describePort({ portId, portDescription, chassisName, chassisId }: LldpNeighbour): string {
  return `${portDescription ?? portId.replace(/^\S+ /, '')} of ${chassisName ?? chassisId.replace(/^\S+ /, '')}`
}

/** Whether a switch says which VLANs a port has: many say nothing of them. */
export function tellsVlans({ vlans }: LldpNeighbour): boolean {
  return vlans.length > 0
}

export function carries({ vlans, nativeVlan }: LldpNeighbour, tag: string): boolean {
  const outer = Number(tag.split('.')[0])
  return nativeVlan === outer || vlans.includes(outer)
}

type Port = Bridge['ports'][number]

function waysOut(bridge: Bridge, port: Port, interfaces: Interfaces, heard: readonly Heard[]): readonly Attachment[] {
  const nics = nicsUnder(port.name, interfaces)
  if (nics.length === 0) return []
  const lower = interfaces.vlans.get(port.name)
  const native = nics.flatMap(({ neighbours }) => neighbours.flatMap(({ nativeVlan }) => nativeVlan ?? []))[0]
  const untagged = native === undefined ? undefined : String(native)
  const attach = (vlan: string | undefined, isTagged: boolean, stations: readonly Heard[]): Attachment => {
    const macs = stations.map(({ mac }) => mac as string).sort()
    return {
      bridge: bridge.name,
      uplink: port.name,
      vlan,
      reach: reachBy(port, nics, isTagged ? vlan : undefined, macs.length > 0, bridge.name),
      macs: ownMacs(bridge, port.name, nics, interfaces),
      heard: macs,
    }
  }
  const there = heard.filter((station) => station.port === port.name)
  if (lower) return [attach(tagOf(lower, interfaces), true, there)]
  if (!bridge.vlanFiltering) return [attach(untagged, false, there)]
  const inVlan = (id: number): readonly Heard[] => there.filter(({ vlan }) => vlan === id)
  return port.vlans.map((id) => (id === port.nativeVlan ? attach(untagged, false, inVlan(id)) : attach(String(id), true, inVlan(id))))
}

/** Who is heard on a VLAN is there, whatever the switch says. */
function reachBy(port: Port, nics: readonly Nic[], tag: string | undefined, hears: boolean, bridge: string): Reach {
  const linked = nics.filter(({ link }) => link !== 'down')
  if (linked.length === 0 || port.link === 'down') {
    const names = nics.map(({ name }) => name).join(', ')
    return cut(`${names} ${nics.length === 1 ? 'has' : 'have'} no link`)
  }
  const telling = linked.flatMap(({ neighbours }) => neighbours).filter(tellsVlans)
  const [first] = telling
  if (tag !== undefined && !hears && first && !telling.some((neighbour) => carries(neighbour, tag))) {
    return cut(`VLAN ${tag} is not on the port: ${describePort(first)} carries ${listVlans(first)}`)
  }
  return reached(`${bridge} over ${port.name}`)
}

export function listVlans({ vlans, nativeVlan }: LldpNeighbour): string {
  const all = [...new Set([...(nativeVlan === undefined ? [] : [nativeVlan]), ...vlans])].sort((a, b) => a - b)
  return all.length <= 12 ? all.join(', ') : `${all.slice(0, 10).join(', ')} and ${all.length - 10} others`
}

/** The bridge speaks with its own MAC or an uplink's. */
function ownMacs(bridge: Bridge, uplink: string, nics: readonly Nic[], { bonds, vlans }: Interfaces): readonly string[] {
  const macs = [bridge.mac, vlans.get(uplink)?.mac, bonds.get(uplink)?.mac, ...nics.map(({ mac }) => mac)]
  return [...new Set(macs.filter((mac) => mac !== undefined))]
}

function byName<Item extends { readonly name: string }>(items: readonly Item[]): ReadonlyMap<string, Item> {
  return new Map(items.map((item) => [item.name, item]))
}

/** Undefined without attachments. */
export function attachedBy(attachments: readonly Attachment[]): Reach | undefined {
  const by = groupBy(attachments, ({ reach }) => reach.kind)
  const ways = (kind: Reach['kind']): string =>
    (by.get(kind) ?? []).map(({ reach }) => (reach.kind === 'reached' ? reach.how : reach.reason)).join(', ')
  return by.has('reached') ? reached(ways('reached')) : by.has('cut') ? cut(ways('cut')) : undefined
}

export function isAttached(attachments: readonly Attachment[]): boolean {
  return attachments.some(({ reach }) => reach.kind === 'reached')
}
