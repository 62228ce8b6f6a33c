// What the DHCP server takes of the config. Pure.
import type { Config } from './config.ts'
import type { DhcpSettings } from './dhcp/server.ts'

export function dhcpSettings({ network, dhcp, hosts }: Config): DhcpSettings {
  return {
    mode: dhcp.mode,
    address: network.address,
    subnet: network.subnet,
    pool: dhcp.pool,
    router: dhcp.router,
    dns: dhcp.dns,
    relayed: dhcp.subnets,
    hosts,
  }
}
