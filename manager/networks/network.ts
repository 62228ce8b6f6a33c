// A network that guests attach to: a name, and the bridge that each host has for it. Pure.
import { z } from 'zod'
import type { Inventory } from '../protocol/inventory.ts'
import { uncountedOf } from '../protocol/unread.ts'
import type { NetworksTable } from '../store/tables/networks.ts'

export interface Network {
  readonly name: string
  /** On each host, unless `bridges` says another. */
  readonly bridge: string
  /** By id of the host. */
  readonly bridges: Readonly<Record<string, string>>
  /** What its frames carry outside, and how long they may be: as an operator has said it, for people. */
  readonly vlan: number | undefined
  readonly mtu: number | undefined
  readonly created: number
  readonly createdBy: string
}

const bridgesJson = z.record(z.string(), z.string())

export function networkOfRow({ name, bridge, bridges, vlan, mtu, created, created_by: createdBy }: NetworksTable): Network {
  return {
    ...{ name, bridge, created, createdBy },
    bridges: bridgesJson.parse(JSON.parse(bridges)),
    ...{ vlan: vlan ?? undefined, mtu: mtu ?? undefined },
  }
}

export function bridgeOn({ bridge, bridges }: Pick<Network, 'bridge' | 'bridges'>, host: string): string {
  return bridges[host] ?? bridge
}

/** Whether a guest can attach there; `unread`: nobody knows. */
export function isOn(network: Network, host: string, inventory: Inventory | undefined): 'yes' | 'no' | 'unread' {
  const bridge = bridgeOn(network, host)
  if (inventory?.bridges.some(({ name }) => name === bridge)) return 'yes'
  return !inventory || uncountedOf(inventory, ['bridges']).length > 0 ? 'unread' : 'no'
}
