// Reply packets: RFC 2131 section 4.3.1 table 3 (which field holds what) and boot-notes (which options firmware can bear).
import { type BootAnswer, bootAnswer, type ReplyRole } from '../boot/bootfile.ts'
import { broadcastOf, type Ipv4, netmask, UNSPECIFIED } from '../wire/addresses.ts'
import { explainDisk } from '../wire/disk.ts'
import { OPTION } from './codes.ts'
import { type Client, type Decision, type DhcpContext, silent } from './decision.ts'
import { addressOption, asksFor, messageTypeOption, optionData, secondsOption, textOption } from './fields.ts'
import type { DhcpOption } from './options.ts'
import { BOOTREPLY, BROADCAST_FLAG, type DhcpPacket } from './packet.ts'
import { presentAddress } from './purpose.ts'
import { identifierFor } from './relay.ts'
import type { Scope } from './scope.ts'

/** Lease time on the wire for an address that never expires (RFC 2131 section 3.3). */
export const FOR_EVER = 0xffffffff

/** What the client is given; seconds are undefined for INFORM. */
export interface Grant {
  readonly address: Ipv4 | undefined
  readonly seconds: number | undefined
}

/** An OFFER or ACK with the network's options and the boot data. */
export function grantReply(
  type: 'OFFER' | 'ACK',
  client: Client,
  scope: Scope,
  grant: Grant,
  boot: BootAnswer,
  context: DhcpContext,
): DhcpPacket {
  const { request } = client
  const options = [
    messageTypeOption(type),
    addressOption(OPTION.serverIdentifier, identifierFor(request, context.serverAddress)),
    ...(grant.seconds === undefined ? [] : leaseTimes(grant.seconds)),
    ...networkOptions(client, scope, context),
    ...bootOptions(boot, client.told),
    ...echoedOptions(request),
  ]
  return {
    ...replyHeader(request),
    ciaddr: type === 'ACK' ? (presentAddress(request) ?? UNSPECIFIED) : UNSPECIFIED,
    yiaddr: grant.address ?? UNSPECIFIED,
    ...bootHeader(boot),
    options,
  }
}

/** An OFFER or ACK with boot data only: as a proxy, or on port 4011. `ciaddr`: the address that the client has. */
export function bootReply(
  type: 'OFFER' | 'ACK',
  client: Client,
  ciaddr: Ipv4 | undefined,
  boot: BootAnswer,
  context: DhcpContext,
): DhcpPacket {
  const { request } = client
  const options = [
    messageTypeOption(type),
    addressOption(OPTION.serverIdentifier, identifierFor(request, context.serverAddress)),
    ...bootOptions(boot, client.told),
    ...echoedOptions(request),
  ]
  return { ...replyHeader(request), ciaddr: ciaddr ?? UNSPECIFIED, ...bootHeader(boot), options }
}

/** Behind a relay a NAK asks for broadcast: the client's address is wrong, so unicast would not reach it (section 4.3.2). */
export function nakReply(client: Client, reason: string, context: DhcpContext): DhcpPacket {
  const { request } = client
  const options = [
    messageTypeOption('NAK'),
    addressOption(OPTION.serverIdentifier, identifierFor(request, context.serverAddress)),
    textOption(OPTION.message, reason),
    ...echoedOptions(request),
  ]
  const flags = request.giaddr === UNSPECIFIED ? request.flags : request.flags | BROADCAST_FLAG
  return { ...replyHeader(request), flags, options }
}

/** What is left of a decision whose change could not be committed. */
export function withoutChange(decision: Decision, cause: unknown): Decision {
  const reason = `its lease cannot be written: ${explainDisk(cause)}`
  if (decision.kind === 'silent' || decision.unchanged === undefined) return silent(reason)
  const packet = withSeconds(decision.packet, decision.unchanged)
  return { ...decision, packet, change: undefined, unchanged: undefined, reason: `${reason}; it keeps the one that it has` }
}

export function bootFor(client: Client, context: DhcpContext, role: ReplyRole): BootAnswer {
  return bootAnswer(client.firmware, client.mac, context.boot, role)
}

function replyHeader(request: DhcpPacket): DhcpPacket {
  return {
    op: BOOTREPLY,
    htype: request.htype,
    hlen: request.hlen,
    hops: 0,
    xid: request.xid,
    secs: 0,
    flags: request.flags,
    ciaddr: UNSPECIFIED,
    yiaddr: UNSPECIFIED,
    siaddr: UNSPECIFIED,
    giaddr: request.giaddr,
    chaddr: request.chaddr,
    sname: Buffer.alloc(0),
    file: Buffer.alloc(0),
    options: [],
  }
}

function bootHeader(boot: BootAnswer): Pick<DhcpPacket, 'siaddr' | 'file'> {
  if (boot.kind === 'none') return { siaddr: UNSPECIFIED, file: Buffer.alloc(0) }
  return { siaddr: boot.siaddr, file: Buffer.from(boot.file ?? '') }
}

function leaseTimes(seconds: number): readonly DhcpOption[] {
  const lease = secondsOption(OPTION.leaseTime, seconds)
  if (seconds === FOR_EVER) return [lease]
  const renewal = secondsOption(OPTION.renewalTime, Math.floor(seconds / 2))
  return [lease, renewal, secondsOption(OPTION.rebindingTime, Math.floor(seconds * 0.875))]
}

/** The same reply with another lease time. */
function withSeconds(reply: DhcpPacket, seconds: number): DhcpPacket {
  const times = leaseTimes(seconds)
  const isTime = (code: number) => code === OPTION.leaseTime || code === OPTION.renewalTime || code === OPTION.rebindingTime
  const options = reply.options.flatMap((option) => (isTime(option.code) ? times.filter(({ code }) => code === option.code) : [option]))
  return { ...reply, options }
}

function networkOptions(client: Client, scope: Scope, context: DhcpContext): readonly DhcpOption[] {
  const name = context.reservations.byMac(client.mac)?.name
  const dns = scope.dns ?? context.dns
  return [
    addressOption(OPTION.subnetMask, netmask(scope.subnet)),
    ...(asksFor(client.told, OPTION.broadcastAddress) ? [addressOption(OPTION.broadcastAddress, broadcastOf(scope.subnet))] : []),
    ...(scope.router ? [addressOption(OPTION.router, scope.router)] : []),
    ...(dns.length > 0 ? [addressOption(OPTION.domainNameServer, ...dns)] : []),
    ...(name && asksFor(client.told, OPTION.hostName) ? [textOption(OPTION.hostName, name)] : []),
  ]
}

/** 66 and 67 only when asked for. EDK2 writes a NUL behind the data of 67 where it lies: so the NUL is in the data. */
function bootOptions(boot: BootAnswer, request: DhcpPacket): readonly DhcpOption[] {
  if (boot.kind === 'none') return []
  const asked = (code: number, text: string | undefined) => (text !== undefined && asksFor(request, code) ? [textOption(code, text)] : [])
  return [
    ...(boot.vendorClass ? [textOption(OPTION.vendorClass, boot.vendorClass)] : []),
    ...(boot.vendorSpecific ? [{ code: OPTION.vendorSpecific, data: boot.vendorSpecific }] : []),
    ...asked(OPTION.tftpServerName, boot.tftpServerName),
    ...asked(OPTION.bootfileName, boot.file === undefined ? undefined : `${boot.file}\0`),
    ...(boot.etherboot ? [{ code: OPTION.etherboot, data: boot.etherboot }] : []),
  ]
}

/** Given back unaltered: the client's identifiers (RFC 6842, RFC 4578 section 2.3), its subnet selection (RFC 3011), the relay's 82 (RFC 3046). */
function echoedOptions(request: DhcpPacket): readonly DhcpOption[] {
  const echoed = [OPTION.clientIdentifier, OPTION.clientMachineIdentifier, OPTION.subnetSelection, OPTION.relayAgentInformation]
  return echoed.flatMap((code) => {
    const data = optionData(request, code)
    return data ? [{ code, data }] : []
  })
}
