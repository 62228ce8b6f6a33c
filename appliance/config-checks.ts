// What must hold across keys of the config: addresses inside their subnets, nothing twice, no port taken
// twice. Sections that the schema refused are skipped, so that one mistake does not hide the others.
import type { z } from 'zod'
import type { Finding, KeyPath } from './config-problems.ts'
import {
  dhcpSchema,
  type HostConfig,
  hostSchema,
  httpSchema,
  managerSchema,
  networkSchema,
  nfsSchema,
  oidcSchema,
} from './config-schema.ts'
import {
  type AddressRange,
  broadcastOf,
  type Ipv4,
  ipv4ToNumber,
  parseInterfaceAddress,
  rangeContains,
  type Subnet,
  subnetContains,
} from './wire/addresses.ts'

/** By interface, as `os.networkInterfaces()` gives it; `cidr` is `10.77.0.1/24`. */
export type Addressing = Readonly<Record<string, readonly { readonly family: string; readonly cidr: string | null }[] | undefined>>

export type ResolvedNetwork =
  | { readonly kind: 'resolved'; readonly address: Ipv4; readonly subnet: Subnet }
  | { readonly kind: 'refused'; readonly findings: readonly Finding[] }

interface NumberedHost {
  readonly host: HostConfig
  readonly path: KeyPath
}

/** The appliance's address: as written, or the only IPv4 address of the interface. */
export function resolveNetwork(raw: unknown, interfaces: Addressing): ResolvedNetwork {
  const network = valid(networkSchema, at(raw, 'network'))
  if (!network) return { kind: 'refused', findings: [] }
  const found = Object.hasOwn(interfaces, network.interface) ? (interfaces[network.interface] ?? []) : []
  const own = found.flatMap(({ family, cidr }) => (family === 'IPv4' && cidr ? [cidr] : []))
  const [only, ...more] = own.flatMap((cidr) => parseInterfaceAddress(cidr) ?? [])
  const path = ['network', 'address']
  if (!network.address && !only) {
    const expected = `the address of ${network.interface}, such as 10.77.0.1/24, here or on the interface (interfaces with addresses: ${Object.keys(interfaces).join(', ') || 'none'})`
    return refused({ path, found: `none, and ${network.interface} has no IPv4 address`, expected })
  }
  if (!network.address && more.length > 0) {
    return refused({ path, found: `none, and several on ${network.interface}`, expected: `one of ${own.join(', ')}` })
  }
  const chosen = network.address ?? only
  if (!chosen) return { kind: 'refused', findings: [] }
  if (isEdge(chosen.subnet, chosen.address)) {
    return refused({ path, expected: `an address of a host, not the first or last of ${subnetText(chosen.subnet)}` })
  }
  return { kind: 'resolved', ...chosen }
}

/** All findings; `network` is undefined where its own section is broken. */
export function acrossKeys(raw: unknown, network: { readonly address: Ipv4; readonly subnet: Subnet } | undefined): Finding[] {
  const items = at(raw, 'hosts')
  const hosts = (Array.isArray(items) ? items : []).flatMap((item, index) => {
    const host = valid(hostSchema, item)
    return host ? [{ host, path: ['hosts', index] }] : []
  })
  return [
    ...dhcpFindings(raw, hosts, network),
    ...hosts.flatMap(bondFindings),
    ...repeated(hosts),
    ...portFindings(raw),
    ...managerFindings(raw),
    ...oidcFindings(raw),
  ]
}

type Network = { readonly address: Ipv4; readonly subnet: Subnet }

function dhcpFindings(raw: unknown, hosts: readonly NumberedHost[], network: Network | undefined): Finding[] {
  const dhcp = valid(dhcpSchema, at(raw, 'dhcp') ?? {})
  if (!dhcp) return []
  const relayed = dhcp.subnets.map((served, index) => ({ ...served, path: ['dhcp', 'subnets', index] as KeyPath }))
  const findings: Finding[] = relayed.flatMap(({ subnet, pool, router, path }) => [
    ...(pool ? poolFindings([...path, 'pool'], pool, subnet) : []),
    ...insideFindings([...path, 'router'], router, subnet),
  ])
  const subnets = [...(network ? [network.subnet] : []), ...relayed.map(({ subnet }) => subnet)]
  for (const [index, { subnet, path }] of relayed.entries()) {
    const others = [...(network ? [network.subnet] : []), ...relayed.slice(0, index).map((earlier) => earlier.subnet)]
    const other = others.find((one) => subnetContains(one, subnet.network) || subnetContains(subnet, one.network))
    if (other) findings.push({ path: [...path, 'subnet'], expected: `a subnet that does not overlap ${subnetText(other)}` })
  }
  const reserved = hosts.some(({ host }) => host.address !== undefined)
  if (dhcp.mode === 'authoritative' && !dhcp.pool && !relayed.some(({ pool }) => pool) && !reserved) {
    const expected = 'a range such as 10.77.0.100-10.77.0.199, or hosts with addresses, or dhcp.mode proxy or off'
    findings.push({ path: ['dhcp', 'pool'], expected })
  }
  if (!network) return findings
  if (dhcp.pool) findings.push(...poolFindings(['dhcp', 'pool'], dhcp.pool, network.subnet))
  if (dhcp.router) findings.push(...insideFindings(['dhcp', 'router'], dhcp.router, network.subnet))
  const routers = [dhcp.router, ...relayed.map(({ router }) => router)]
  return [...findings, ...hosts.flatMap((numbered) => reservationFindings(numbered, network, subnets, routers))]
}

function reservationFindings(
  { host: { address }, path: hostPath }: NumberedHost,
  network: Network,
  subnets: readonly Subnet[],
  routers: readonly (Ipv4 | undefined)[],
): Finding[] {
  if (!address) return []
  const path = [...hostPath, 'address']
  const subnet = subnets.find((one) => subnetContains(one, address))
  if (!subnet) return [{ path, expected: `an address inside ${subnets.map(subnetText).join(' or ')}` }]
  if (isEdge(subnet, address)) return [{ path, expected: `an address of a host, not the first or last of ${subnetText(subnet)}` }]
  if (address === network.address) return [{ path, expected: "an address other than the appliance's own" }]
  return routers.includes(address) ? [{ path, expected: 'an address other than that of the router' }] : []
}

function poolFindings(path: KeyPath, pool: AddressRange, subnet: Subnet): Finding[] {
  const inside = subnetContains(subnet, pool.first) && subnetContains(subnet, pool.last)
  if (!inside) return [{ path, expected: `a range inside ${subnetText(subnet)}` }]
  const edges = rangeContains(pool, subnet.network) || rangeContains(pool, broadcastOf(subnet))
  return edges ? [{ path, expected: `a range without the first and the last address of ${subnetText(subnet)}` }] : []
}

function insideFindings(path: KeyPath, address: Ipv4, subnet: Subnet): Finding[] {
  return subnetContains(subnet, address) ? [] : [{ path, expected: `an address inside ${subnetText(subnet)}` }]
}

function bondFindings({ host, path }: NumberedHost): Finding[] {
  if (!host.bond) return []
  const { members } = host.bond
  const sound = members.includes(host.mac) && new Set(members).size === members.length && members.length <= 8
  const expected = `1 to 8 different MAC addresses, ${host.mac} (the host's own) among them`
  return sound ? [] : [{ path: [...path, 'bond', 'members'], found: members.join(', ') || 'none', expected }]
}

/** Names, addresses and MACs (those of bonds too) belong to one host. */
function repeated(hosts: readonly NumberedHost[]): Finding[] {
  const seen = new Map<string, string>()
  return hosts.flatMap(({ host, path }) => {
    const keys = [
      { path: [...path, 'name'], value: host.name },
      { path: [...path, 'mac'], value: host.mac },
      ...(host.address ? [{ path: [...path, 'address'], value: host.address }] : []),
      ...(host.bond?.members ?? []).flatMap((value, index) =>
        value === host.mac ? [] : [{ path: [...path, 'bond', 'members', index], value }],
      ),
    ]
    const taken = keys.filter(({ value }) => seen.has(value))
    const findings = taken.map((key) => ({ path: key.path, expected: `one that no other host has: ${seen.get(key.value)} has it too` }))
    for (const { value } of keys) if (!seen.has(value)) seen.set(value, host.name)
    return findings
  })
}

function portFindings(raw: unknown): Finding[] {
  const http = valid(httpSchema, at(raw, 'http') ?? {})
  const nfs = valid(nfsSchema, at(raw, 'nfs') ?? {})
  const manager = valid(managerSchema, at(raw, 'manager'))
  const taken = new Map<number, string>()
  if (nfs?.portmap) taken.set(111, 'the portmapper (nfs.portmap)')
  const ports = [
    ...(http ? [{ path: ['http', 'port'], port: http.port }] : []),
    ...(nfs ? [{ path: ['nfs', 'port'], port: nfs.port }] : []),
    ...(manager?.listen ? [{ path: ['manager', 'listen'], port: manager.listen.port }] : []),
  ]
  return ports.flatMap(({ path, port }) => {
    const by = taken.get(port)
    taken.set(port, by ?? path.join('.'))
    return by ? [{ path, found: `TCP port ${port}`, expected: `a port of its own: ${by} has this one` }] : []
  })
}

function managerFindings(raw: unknown): Finding[] {
  const manager = valid(managerSchema, at(raw, 'manager'))
  if (!manager || (manager.listen === undefined) !== (manager.address === undefined)) return []
  const found = manager.listen ? 'listen and address' : 'neither listen nor address'
  return [{ path: ['manager'], found, expected: 'listen, where the manager runs on this machine, or address, where it does on another' }]
}

function isEdge(subnet: Subnet, address: Ipv4): boolean {
  const value = ipv4ToNumber(address)
  return value === ipv4ToNumber(subnet.network) || value === ipv4ToNumber(broadcastOf(subnet))
}

/** Who could come in by it, and on what they could act. */
function oidcFindings(raw: unknown): Finding[] {
  const path = ['manager', 'oidc']
  const oidc = valid(oidcSchema, at(at(raw, 'manager'), 'oidc'))
  if (!oidc) return []
  const rules = oidc.roles?.rules ?? []
  if (rules.length === 0 && oidc.defaultRole === undefined)
    return [
      { path, found: 'neither roles nor defaultRole', expected: 'rules below roles, or a defaultRole: without them nobody could come in' },
    ]
  return rules.flatMap(({ groups }, index) =>
    groups?.length === 0
      ? [
          {
            path: [...path, 'roles', 'rules', index, 'groups'],
            found: 'an empty list',
            expected: 'groups, or no such key: that is the whole pool',
          },
        ]
      : [],
  )
}

function subnetText({ network, prefix }: Subnet): string {
  return `${network}/${prefix}`
}

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Object.entries(value).find(([name]) => name === key)?.[1] : undefined
}

function valid<Output>(schema: z.ZodType<Output>, value: unknown): Output | undefined {
  const parsed = schema.safeParse(value)
  return parsed.success ? parsed.data : undefined
}

function refused(...findings: readonly Finding[]): ResolvedNetwork {
  return { kind: 'refused', findings }
}
