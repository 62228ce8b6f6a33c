// What a host's network is by its address: of the appliance's own subnet, or of one behind a relay. Pure.
import { type Ipv4, type Subnet, subnetContains } from '../wire/addresses.ts'
import type { BootLease } from './plan.ts'

/** The parts of the config that tell. */
export interface Subnets {
  readonly network: { readonly subnet: Subnet }
  readonly dhcp: {
    readonly router?: Ipv4
    readonly dns: readonly Ipv4[]
    readonly subnets: readonly { readonly subnet: Subnet; readonly router: Ipv4; readonly dns?: readonly Ipv4[] }[]
  }
}

/** Undefined for an address of none of our subnets. */
export function leaseAt({ network, dhcp }: Subnets, address: Ipv4): BootLease | undefined {
  const relayed = dhcp.subnets.find(({ subnet }) => subnetContains(subnet, address))
  if (relayed) return leaseIn(address, relayed.subnet.prefix, relayed.router, relayed.dns ?? dhcp.dns)
  return subnetContains(network.subnet, address) ? leaseIn(address, network.subnet.prefix, dhcp.router, dhcp.dns) : undefined
}

function leaseIn(address: Ipv4, prefix: number, router: Ipv4 | undefined, dns: readonly Ipv4[]): BootLease {
  return { address, prefix, dns, ...(router ? { router } : {}) }
}
