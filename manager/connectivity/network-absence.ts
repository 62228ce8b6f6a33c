// Why a host is not on a network that others are on: the nearest that it comes to it, in words.
import type { Inventory } from '../protocol/inventory.ts'
import {
  type Attachment,
  carries,
  describePort,
  type Interfaces,
  listVlans,
  nicsUnder,
  readInterfaces,
  tagOf,
  tellsVlans,
} from './network.ts'
import { type Cut, cut, type NetworkThing } from './thing.ts'
import { unread, unreadParts } from './unread.ts'

export function whyNotAttached(inventory: Inventory, attachments: readonly Attachment[], thing: NetworkThing): Cut {
  const gap = unread(inventory, thing.kind === 'vlan' ? ['nics', 'vlans'] : ['nics', 'heard']) ?? unreadParts(inventory, ['bridges'])
  if (gap) return gap
  if (inventory.nics.length > 0 && inventory.nics.every(({ link }) => link === 'down')) return cut('none of its NICs has a link')
  return cut(thing.kind === 'vlan' ? whyNotOnVlan(inventory, thing.tag) : whyNotInSegment(inventory, attachments))
}

function whyNotOnVlan(inventory: Inventory, tag: string): string {
  const interfaces = readInterfaces(inventory)
  const idle = inventory.vlans.find((vlan) => tagOf(vlan, interfaces) === tag)
  if (idle) return `${idle.name} is in no bridge`
  const offered = neighbours(inventory).find(({ neighbour }) => carries(neighbour, tag))
  if (offered) return `VLAN ${tag} is on ${describePort(offered.neighbour)}, where ${offered.nic} is plugged in, and no bridge takes it`
  const telling = neighbours(inventory).filter(({ neighbour }) => tellsVlans(neighbour))
  if (telling.length > 0) {
    const ports = telling.map(({ neighbour }) => `${describePort(neighbour)} carries ${listVlans(neighbour)}`)
    return `VLAN ${tag} is not on the port: ${ports.slice(0, 4).join('; ')}`
  }
  return `no bridge of it is on VLAN ${tag}`
}

function whyNotInSegment(inventory: Inventory, attachments: readonly Attachment[]): string {
  const untagged = attachments.filter(({ vlan, reach }) => vlan === undefined && reach.kind === 'reached')
  if (untagged.length > 0) return `${untagged.map(({ bridge, uplink }) => `${bridge} over ${uplink}`).join(', ')} hears none of these hosts`
  const severed = attachments.find(({ reach }) => reach.kind === 'cut')
  if (severed?.reach.kind === 'cut') return severed.reach.reason
  const interfaces: Interfaces = readInterfaces(inventory)
  const leading = inventory.bridges.filter(({ ports }) => ports.some(({ name }) => nicsUnder(name, interfaces).length > 0))
  if (leading.length === 0) return 'no bridge leads out of it'
  return `its bridges are on ${[...new Set(attachments.map(({ vlan }) => `VLAN ${vlan}`))].sort().join(', ')}`
}

function neighbours({ nics }: Inventory) {
  return nics
    .filter(({ link }) => link !== 'down')
    .flatMap((nic) => nic.neighbours.map((neighbour) => ({ nic: nic.name as string, neighbour })))
}
