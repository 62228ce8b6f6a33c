// Requests and contexts for the tests of DHCP decisions.
import type { BootServer } from '../../../appliance/boot/bootfile.ts'
import { type MessageType, messageTypeCode, OPTION } from '../../../appliance/dhcp/codes.ts'
import { decide, type ServerPort } from '../../../appliance/dhcp/decide.ts'
import type { Decision, DhcpContext } from '../../../appliance/dhcp/decision.ts'
import { addressOption, optionData } from '../../../appliance/dhcp/fields.ts'
import { isLive, type Lease, type LeaseChange, type LeaseView, type LendingPool, ownerOf } from '../../../appliance/dhcp/lease.ts'
import type { DhcpOption } from '../../../appliance/dhcp/options.ts'
import type { DhcpPacket } from '../../../appliance/dhcp/packet.ts'
import { type HostEntry, reservationsOf } from '../../../appliance/dhcp/scope.ts'
import {
  type Ipv4,
  ipv4FromNumber,
  ipv4ToNumber,
  type Mac,
  macToBytes,
  parseIpv4,
  parseMac,
  parseRange,
  subnetOf,
  UNSPECIFIED,
} from '../../../appliance/wire/addresses.ts'

export const SERVER = ip('10.77.0.1')
export const NOW = 1_800_000_000_000
export const BOOT: BootServer = { address: SERVER, httpPort: 8067, tftpPort: 69 }
export const LOCAL = '10.77.0.0/24'

export function ip(text: string): Ipv4 {
  const address = parseIpv4(text)
  if (!address) throw new Error(`${text} is no address`)
  return address
}

export function mac(text: string): Mac {
  const parsed = parseMac(text)
  if (!parsed) throw new Error(`${text} is no MAC`)
  return parsed
}

export function range(text: string) {
  const parsed = parseRange(text)
  if (!parsed) throw new Error(`${text} is no range`)
  return parsed
}

export const A = mac('52:54:00:77:00:01')
export const B = mac('52:54:00:77:00:02')

/** Header fields that differ from a plain request; `chaddr` is made of `mac`. */
export type Fields = Partial<Omit<DhcpPacket, 'options' | 'chaddr'>> & { readonly mac?: Mac; readonly chaddr?: Buffer }

export function request(type: MessageType, fields: Fields = {}, options: readonly DhcpOption[] = []): DhcpPacket {
  const { mac: client = A, ...header } = fields
  return {
    op: 1,
    htype: 1,
    hlen: 6,
    hops: 0,
    xid: 0x1234,
    secs: 4,
    flags: 0,
    ciaddr: UNSPECIFIED,
    yiaddr: UNSPECIFIED,
    siaddr: UNSPECIFIED,
    giaddr: UNSPECIFIED,
    chaddr: Buffer.concat([macToBytes(client), Buffer.alloc(10)]),
    sname: Buffer.alloc(0),
    file: Buffer.alloc(0),
    ...header,
    options: [{ code: OPTION.messageType, data: Buffer.of(messageTypeCode(type)) }, ...options],
  }
}

export function text(code: number, value: string): DhcpOption {
  return { code, data: Buffer.from(value) }
}

export function asking(...codes: readonly number[]): DhcpOption {
  return { code: OPTION.parameterRequestList, data: Buffer.from(codes) }
}

export const chosenServer = (address: Ipv4 = SERVER) => addressOption(OPTION.serverIdentifier, address)
export const wanted = (address: string) => addressOption(OPTION.requestedAddress, ip(address))

export const BIOS = [{ code: 93, data: Buffer.of(0, 0) }, text(60, 'PXEClient:Arch:00000:UNDI:002001'), asking(1, 3, 43, 60, 66, 67)]
export const UEFI = [{ code: 93, data: Buffer.of(0, 7) }, text(60, 'PXEClient:Arch:00007:UNDI:003000'), asking(1, 3, 43, 60, 66, 67)]
export const HTTP = [{ code: 93, data: Buffer.of(0, 16) }, text(60, 'HTTPClient:Arch:00016:UNDI:003000'), asking(1, 3, 43, 60, 67)]
export const IPXE = [
  { code: 93, data: Buffer.of(0, 7) },
  text(60, 'PXEClient:Arch:00007:UNDI:003010'),
  text(77, 'iPXE'),
  asking(1, 3, 66, 67, 175),
]

/** The rules of the store, without one, and without an index: it walks. */
export function leaseTable(...leases: readonly Lease[]): LeaseView & { apply(change: LeaseChange | undefined): void } {
  let rows = leases
  const since = (lease: Lease) => (lease.kind === 'permanent' ? Number.POSITIVE_INFINITY : lease.expires)
  const lentBy = ({ range: { first, last }, lends }: LendingPool) => {
    const size = ipv4ToNumber(last) - ipv4ToNumber(first) + 1
    return Array.from({ length: size }, (_, index) => ipv4FromNumber(ipv4ToNumber(first) + index)).filter(lends)
  }
  const at = (address: Ipv4) => rows.find((lease) => lease.address === address)
  return {
    nextFree(pool, now) {
      const addresses = lentBy(pool)
      const free = addresses.flatMap((address) => at(address) ?? []).filter((lease) => !isLive(lease, now))
      const fresh = addresses.find((address) => !at(address))
      return fresh ?? free.toSorted((left, right) => since(left) - since(right))[0]?.address
    },
    countIn(pool) {
      const found = lentBy(pool).flatMap((address) => at(address) ?? [])
      const count = (kind: Lease['kind']) => found.filter((lease) => lease.kind === kind).length
      return {
        offered: count('offered'),
        bound: count('bound'),
        permanent: count('permanent'),
        released: count('released'),
        declined: count('declined'),
      }
    },
    byAddress: at,
    inSubnet: (subnet, client) => rows.find((lease) => lease.subnet === subnet && ownerOf(lease) === client),
    apply(change) {
      if (!change) return
      const others = rows.filter((row) => row.address !== change.address)
      const { subnet, address } = change
      switch (change.kind) {
        case 'offer':
        case 'bind': {
          const kind = change.kind === 'offer' ? 'offered' : 'bound'
          const kept = others.filter((row) => !(row.subnet === subnet && ownerOf(row) === change.mac))
          rows = [...kept, { kind, subnet, address, mac: change.mac, expires: change.expires }]
          return
        }
        case 'free':
          rows = [...others, { kind: 'released', subnet, address, mac: change.mac, expires: change.at }]
          return
        case 'decline':
          rows = [...others, { kind: 'declined', subnet, address, expires: change.until }]
      }
    },
  }
}

export function bound(client: Mac, address: string, expires = NOW + 600_000): Extract<Lease, { kind: 'bound' }> {
  return { kind: 'bound', subnet: LOCAL, mac: client, address: ip(address), expires }
}

export function permanent(client: Mac, address: string): Lease {
  return { kind: 'permanent', subnet: LOCAL, mac: client, address: ip(address) }
}

export interface Setting extends Partial<Omit<DhcpContext, 'reservations'>> {
  readonly hosts?: readonly HostEntry[]
}

export function context({ hosts = [], ...changes }: Setting = {}): DhcpContext {
  return {
    mode: 'authoritative',
    serverAddress: SERVER,
    boot: BOOT,
    local: { subnet: subnetOf(SERVER, 24), pool: range('10.77.0.100-10.77.0.109'), router: ip('10.77.0.254') },
    relayed: [{ subnet: subnetOf(ip('10.88.0.0'), 24), pool: range('10.88.0.10-10.88.0.20'), router: ip('10.88.0.1') }],
    dns: [SERVER],
    reservations: reservationsOf(hosts),
    leases: leaseTable(),
    now: NOW,
    ...changes,
  }
}

export function reply(packet: DhcpPacket, setting: Setting = {}, port: ServerPort = 67): Extract<Decision, { kind: 'reply' }> {
  const decision = decide(packet, port, context(setting))
  if (decision.kind !== 'reply') throw new Error(`silent: ${decision.reason}`)
  return decision
}

export function silence(packet: DhcpPacket, setting: Setting = {}, port: ServerPort = 67): Extract<Decision, { kind: 'silent' }> {
  const decision = decide(packet, port, context(setting))
  if (decision.kind !== 'silent') throw new Error(`answered with ${decision.answer} ${decision.packet.yiaddr}`)
  return decision
}

/** The data of an option of a reply in hex or as text. */
export function option(decision: Extract<Decision, { kind: 'reply' }>, code: number): string | undefined {
  return optionData(decision.packet, code)?.toString('latin1')
}
