// Are the ports free that the servers take, or theirs already; and if not, whose? From the text of /proc/net and the processes' sockets.
import type { Config } from '../../../appliance/config.ts'
import { type Judged, type Reading, unknown } from '../finding.ts'

export type Protocol = 'udp' | 'tcp'

export interface Wanted {
  readonly protocol: Protocol
  readonly port: number
  /** Where ours binds; `0.0.0.0`: everywhere. */
  readonly address: string
  readonly use: string
  /** The key by which ours goes elsewhere. */
  readonly key: string | undefined
}

export interface Socket {
  readonly protocol: Protocol
  /** `0.0.0.0`, `10.77.0.1`; of IPv6 `::` or `IPv6`. */
  readonly address: string
  readonly port: number
  readonly inode: string
}

export interface Holder {
  readonly pid: number
  readonly name: string
  /** Its command line, in words. */
  readonly words: readonly string[]
}

export interface SeenPorts {
  readonly sockets: readonly Socket[]
  /** By inode, as far as they may be seen. */
  readonly holders: ReadonlyMap<string, Holder>
}

export function wantedPorts({ dhcp, tftp, http, nfs, manager, network }: Config): readonly Wanted[] {
  const { address } = network
  const everywhere = '0.0.0.0'
  const portmap = { port: 111, address, use: 'portmap', key: 'nfs.portmap' }
  return [
    ...(dhcp.mode === 'off'
      ? []
      : [67, 4011].map((port) => ({ protocol: 'udp' as const, port, address: everywhere, use: 'DHCP', key: 'dhcp.mode' }))),
    { protocol: 'udp', port: tftp.port, address: everywhere, use: 'TFTP', key: 'tftp.port' },
    { protocol: 'tcp', port: http.port, address, use: 'HTTP boot', key: 'http.port' },
    { protocol: 'tcp', port: nfs.port, address, use: 'NFS', key: 'nfs.port' },
    { protocol: 'udp', port: nfs.port, address, use: 'NFS', key: 'nfs.port' },
    ...(nfs.portmap
      ? [
          { protocol: 'tcp' as const, ...portmap },
          { protocol: 'udp' as const, ...portmap },
        ]
      : []),
    ...(manager?.listen ? [{ protocol: 'tcp' as const, ...manager.listen, use: 'the manager', key: 'manager.listen' }] : []),
  ]
}

/** Bound UDP sockets and listening TCP ones, from the text of `/proc/net/udp`, `udp6`, `tcp` or `tcp6`. */
export function parseSockets(protocol: Protocol, table: string): readonly Socket[] {
  return table
    .split('\n')
    .slice(1)
    .flatMap((line): Socket[] => {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/)
      const found = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(local)
      if (!found?.[1] || !found[2] || (protocol === 'tcp' && state !== LISTEN)) return []
      return [{ protocol, address: addressOf(found[1]), port: Number.parseInt(found[2], 16), inode }]
    })
}

/** TCP_LISTEN of the kernel. */
const LISTEN = '0A'
/** `::ffff:10.77.0.1`, as the kernel writes it on little-endian machines. */
const MAPPED = '0000000000000000FFFF0000'

function addressOf(hex: string): string {
  if (/^0{32}$/.test(hex)) return '::'
  const four = hex.length === 8 ? hex : hex.startsWith(MAPPED) ? hex.slice(MAPPED.length) : undefined
  return four === undefined ? 'IPv6' : Buffer.from(four, 'hex').reverse().join('.')
}

export function judgePorts(seen: Reading<SeenPorts>, wanted: readonly Wanted[]): readonly Judged[] {
  if (seen.kind === 'unread') return [unknown('ports', seen)]
  const each = wanted.map((one) => ({ ...one, taken: takenBy(one, seen.value) }))
  const free = each.filter(({ taken }) => taken === 'free').map(portOf)
  const ours = each.filter(({ taken }) => taken === 'ours').map(portOf)
  const said = [...(ours.length > 0 ? [`hostless has ${ours.join(', ')}`] : []), ...(free.length > 0 ? [`free: ${free.join(', ')}`] : [])]
  return [
    ...each.flatMap((one) => troubleOf(one, one.taken)),
    ...(said.length > 0 ? [{ subject: 'ports', result: 'ok' as const, seen: said.join('; ') }] : []),
  ]
}

/** Whose it is that is in the way; `hidden`: somebody's who cannot be seen. */
type Taken = 'free' | 'ours' | 'hidden' | { readonly by: readonly Holder[] }

function takenBy({ protocol, port, address }: Wanted, { sockets, holders }: SeenPorts): Taken {
  const isEverywhere = (one: string) => one === '0.0.0.0' || one === '::'
  const inTheWay = sockets.filter(
    (socket) =>
      socket.protocol === protocol &&
      socket.port === port &&
      (isEverywhere(socket.address) || socket.address === address || (isEverywhere(address) && socket.address !== 'IPv6')),
  )
  if (inTheWay.length === 0) return 'free'
  const all = inTheWay.map(({ inode }) => holders.get(inode))
  const strangers = all.flatMap((holder) => (holder && !isOurs(holder) ? [holder] : []))
  if (strangers.length > 0) return { by: strangers }
  return all.includes(undefined) ? 'hidden' : 'ours'
}

function isOurs({ words }: Holder): boolean {
  const at = words.findIndex((word) => /(^|\/)hostless$|\/cli\/main\.(js|ts)$/.test(word))
  return at >= 0 && ['appliance', 'manager'].includes(words[at + 1] ?? '')
}

function troubleOf(wanted: Wanted, taken: Taken): readonly Judged[] {
  const subject = portOf(wanted)
  if (taken === 'free' || taken === 'ours') return []
  if (taken === 'hidden') {
    const seen = `taken, by whom cannot be seen (for ${wanted.use})`
    return [{ subject, result: 'unknown', seen, mend: 'run hostless doctor as root' }]
  }
  const names = [...new Set(taken.by.map(({ name, pid }) => `${name} (pid ${pid})`))].join(', ')
  const elsewhere = wanted.key === undefined ? '' : `; or set ${wanted.key} to something else`
  const stop = SERVICES.find(([name]) => taken.by.some((holder) => holder.name.startsWith(name)))?.[1]
  return [
    { subject, result: 'failed', seen: `${names} has it, which is for ${wanted.use}`, mend: `${stop ?? `stop ${names}`}${elsewhere}` },
  ]
}

/** By the beginning of the name of their process. */
const SERVICES: readonly (readonly [name: string, stop: string])[] = [
  ['rpcbind', 'systemctl disable --now rpcbind.socket rpcbind.service'],
  ['systemd', 'systemctl disable --now rpcbind.socket, if it is that one (systemctl list-sockets)'],
  ['dnsmasq', 'systemctl disable --now dnsmasq, or keep it off this interface (except-interface, no-dhcp-interface)'],
  ['in.tftpd', 'systemctl disable --now tftpd-hpa'],
  ['dhcpd', 'systemctl disable --now isc-dhcp-server'],
  ['kea-dhcp4', 'systemctl disable --now kea-dhcp4-server'],
  ['ganesha', 'systemctl disable --now nfs-ganesha'],
]

const portOf = ({ protocol, port }: Pick<Wanted, 'protocol' | 'port'>): string => `${protocol.toUpperCase()} ${port}`
