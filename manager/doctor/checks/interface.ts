// Is the network interface there, with the address that is served at, up, and with an MTU that a boot fits into?
import { type Judged, type Reading, unknown } from '../finding.ts'

export interface SeenInterface {
  /** All of this machine. */
  readonly names: readonly string[]
  /** Undefined when it is not there. */
  readonly link: Link | undefined
  /** IPv4, of it: `10.77.0.1/24`. */
  readonly addresses: readonly string[]
}

export interface Link {
  /** Bytes. */
  readonly mtu: number
  readonly isUp: boolean
  /** Undefined where that cannot be told, as of one that is down. */
  readonly hasCarrier: boolean | undefined
}

/** What firmware and iPXE take for given, bytes. */
const MTU = 1500

/** `wanted`: `10.77.0.1/24`. */
export function judgeInterface(seen: Reading<SeenInterface>, name: string, wanted: string): readonly Judged[] {
  if (seen.kind === 'unread') return [unknown(name, seen)]
  const { names, link, addresses } = seen.value
  if (!link) {
    const mend = `set network.interface to one of these: ${names.filter((one) => one !== 'lo').join(', ') || 'none is there'}`
    return [{ subject: name, result: 'failed', seen: 'there is no such interface', mend }]
  }
  const said = `${link.isUp ? 'up' : 'down'}, ${addresses.join(', ') || 'no IPv4 address'}, MTU ${link.mtu}`
  const troubles: Judged[] = []
  const trouble = (result: 'failed' | 'warning', what: string, mend: string) => troubles.push({ subject: name, result, seen: what, mend })
  if (!link.isUp) trouble('failed', said, `ip link set ${name} up, and in /etc/network/interfaces or systemd-networkd for ever`)
  if (!addresses.includes(wanted)) {
    const others = addresses.length > 0 ? `it has ${addresses.join(', ')}` : 'it has no IPv4 address'
    trouble('failed', `${wanted} is not on it: ${others}`, `ip address add ${wanted} dev ${name}, or correct network.address`)
  }
  if (link.isUp && link.hasCarrier === false) trouble('warning', 'no carrier', 'look at its cable and at the port of its switch')
  if (link.mtu < MTU) {
    trouble(
      'failed',
      `MTU ${link.mtu}: packets of machines that boot have ${MTU} bytes, and would be lost`,
      `ip link set ${name} mtu ${MTU}`,
    )
  }
  return troubles.length > 0 ? troubles : [{ subject: name, result: 'ok', seen: said }]
}
