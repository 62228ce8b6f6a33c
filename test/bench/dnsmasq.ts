// dnsmasq as the peer: its configuration for each benchmark, and what its log says about boots. Pure.

import { basename } from 'node:path'
import { RACK_INTERFACE } from '../lab/plan.ts'

export interface DnsmasqPaths {
  readonly leaseFile: string
  readonly tftpRoot: string
}

/** What all have in common. Root, because .lab is closed to others; DNS is not what is compared. */
function base(leaseFile: string): readonly string[] {
  return ['port=0', `interface=${RACK_INTERFACE}`, 'user=root', 'pid-file=', 'log-facility=-', `dhcp-leasefile=${leaseFile}`]
}

export interface DnsmasqPool {
  readonly first: string
  readonly last: string
  readonly netmask: string
}

/**
 * A PXE server with iPXE as dnsmasq's manual (`--dhcp-match`, `--dhcp-boot`) and ipxe.org's note on dnsmasq have it. Its defaults stay:
 * it pings an address before it lends it, advertises no router, and sends no option 175.
 */
export function bootDnsmasq({ leaseFile, tftpRoot }: DnsmasqPaths): string {
  return lines([
    ...base(leaseFile),
    'dhcp-range=10.77.0.100,10.77.0.199',
    'dhcp-match=set:ipxe,175',
    'dhcp-boot=undionly.kpxe',
    'dhcp-boot=tag:ipxe,boot.ipxe',
    'enable-tftp',
    `tftp-root=${tftpRoot}`,
  ])
}

/** Addresses for a whole load generator; the ping would measure a timer, so it is off. */
export function dhcpDnsmasq(leaseFile: string, pool: DnsmasqPool): string {
  const room = ['dhcp-lease-max=60000', 'no-ping']
  return lines([...base(leaseFile), `dhcp-range=${pool.first},${pool.last},${pool.netmask},1h`, ...room])
}

/** Firmware, and iPXE with a script, for as many machines as the pool has; asks as a relay does are answered as they are. */
export function stormDnsmasq({ leaseFile, tftpRoot }: DnsmasqPaths, pool: DnsmasqPool): string {
  return lines([
    ...base(leaseFile),
    `dhcp-range=${pool.first},${pool.last},${pool.netmask},1h`,
    ...['dhcp-lease-max=60000', 'no-ping', 'dhcp-match=set:ipxe,175', 'dhcp-boot=undionly.kpxe', 'dhcp-boot=tag:ipxe,boot.ipxe'],
    ...['enable-tftp', 'tftp-max=5000', `tftp-root=${tftpRoot}`],
  ])
}

export function tftpDnsmasq({ leaseFile, tftpRoot }: DnsmasqPaths): string {
  return lines([...base(leaseFile), 'enable-tftp', `tftp-root=${tftpRoot}`])
}

/** dnsmasq says so once all its sockets are open. */
export const DNSMASQ_READY = /dnsmasq(?:-dhcp|-tftp)?(?:\[\d+\])?: (?:DHCP, IP range|TFTP root is)/

export type DnsmasqNews =
  | { readonly kind: 'discover'; readonly mac: string }
  | { readonly kind: 'ack'; readonly mac: string; readonly address: string }
  /** A file that went out whole. */
  | { readonly kind: 'sent'; readonly file: string; readonly address: string }

/** undefined: a line about something else. */
export function parseDnsmasqLine(line: string): DnsmasqNews | undefined {
  const [, mac] = /: DHCPDISCOVER\(\S+\) (?:[\d.]+ )?([0-9a-f:]{17})/.exec(line) ?? []
  if (mac !== undefined) return { kind: 'discover', mac }
  const [, given, holder] = /: DHCPACK\(\S+\) ([\d.]+) ([0-9a-f:]{17})/.exec(line) ?? []
  if (given !== undefined && holder !== undefined) return { kind: 'ack', mac: holder, address: given }
  const [, path, address] = /: sent (.+) to ([\d.]+)$/.exec(line.trimEnd()) ?? []
  if (path !== undefined && address !== undefined) return { kind: 'sent', file: basename(path), address }
  return undefined
}

function lines(settings: readonly string[]): string {
  return `${settings.join('\n')}\n`
}
