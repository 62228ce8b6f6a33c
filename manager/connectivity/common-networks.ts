// By which networks two hosts reach each other's dom0: IPv4 networks that both have an address in, the fastest first. Pure.
import type { Inventory } from '../protocol/inventory.ts'
import type { Address } from '../protocol/network.ts'
import { nicsUnder, readInterfaces } from './network.ts'

export interface CommonNetwork {
  /** `10.77.0.0/24`. */
  readonly network: string
  /** Of each of the two. */
  readonly addresses: readonly [string, string]
  readonly interfaces: readonly [string, string]
  /** Of the slower end, megabit a second; undefined where a link does not say it. */
  readonly megabits: number | undefined
}

type Sections = Pick<Inventory, 'addresses' | 'nics' | 'bonds' | 'vlans' | 'bridges' | 'heard'>

export function commonNetworks(one: Sections, other: Sections): readonly CommonNetwork[] {
  const theirs = ends(other)
  const common = ends(one).flatMap((mine) => {
    const found = theirs.find(({ network }) => network === mine.network)
    if (!found || found.address === mine.address) return []
    const speeds = [mine.megabits, found.megabits]
    const known = speeds.flatMap((speed) => speed ?? [])
    return {
      network: mine.network,
      addresses: [mine.address, found.address] as const,
      interfaces: [mine.interface, found.interface] as const,
      megabits: known.length === speeds.length ? Math.min(...known) : undefined,
    }
  })
  return common.sort((a, b) => (b.megabits ?? 0) - (a.megabits ?? 0) || (a.network < b.network ? -1 : 1))
}

interface End {
  readonly network: string
  readonly address: string
  readonly interface: string
  readonly megabits: number | undefined
}

/** The first address of a host in each network. */
function ends(sections: Sections): readonly End[] {
  const all = sections.addresses.flatMap((address): readonly End[] => {
    const network = networkOf(address)
    if (network === undefined) return []
    return [{ network, address: address.address, interface: address.interface, megabits: speedOf(address.interface, sections) }]
  })
  return [...new Map(all.toReversed().map((end) => [end.network, end])).values()].reverse()
}

/** Undefined where nothing of another host is reached by it: loopback, link-local, a single address. */
function networkOf({ address, prefix }: Address): string | undefined {
  if (address.includes(':') || prefix < 8 || prefix > 31) return undefined
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number)
  if (a === 127 || (a === 169 && b === 254)) return undefined
  const number = ((a << 24) | (b << 16) | (c << 8) | d) & (-1 << (32 - prefix))
  return `${[24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.')}/${prefix}`
}

/** Of the fastest NIC with a link beneath it: what a bridge or a bond carries is no more than that for one connection. */
function speedOf(name: string, sections: Sections): number | undefined {
  const interfaces = readInterfaces(sections)
  const ports = sections.bridges.find((bridge) => bridge.name === name)?.ports.map((port) => port.name) ?? [name]
  const speeds = ports.flatMap((port) => nicsUnder(port, interfaces)).flatMap(({ link, speed }) => (link === 'up' && speed ? [speed] : []))
  return speeds.length > 0 ? Math.max(...speeds) : undefined
}
