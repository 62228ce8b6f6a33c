// What to do about a DHCP packet. Pure: no socket, clock, disk or chance; lease changes are part of the answer.

import { subnetContains } from '../wire/addresses.ts'
import type { MessageType } from './codes.ts'
import { type Client, type Decision, type DhcpContext, identify, scopeOf, silent } from './decision.ts'
import { answerDecline, answerRelease } from './departure.ts'
import { answerDiscover } from './discover.ts'
import { clientMac, messageType } from './fields.ts'
import { answerInform } from './inform.ts'
import { BOOTREQUEST, type DhcpPacket } from './packet.ts'
import { answerAsProxy, answerOnBootServerPort } from './proxy.ts'
import { presentAddress } from './purpose.ts'
import { answerRequest } from './request.ts'
import { type Lending, type Scope, subnetKey } from './scope.ts'

/** The port a packet came in on: 67, or 4011 where PXE clients ask for their boot file. */
export type ServerPort = 67 | 4011

export function decide(request: DhcpPacket, port: ServerPort, context: DhcpContext): Decision {
  if (request.op !== BOOTREQUEST) return silent(`op ${request.op} is no request`)
  const mac = clientMac(request)
  if (!mac) return silent(noStation(request))
  const type = messageType(request)
  if (!type) return silent('no DHCP message type (BOOTP, or a type that we do not know)')
  if (context.mode === 'off') return silent('dhcp.mode is off')

  const client = identify(request, mac, context)
  return { ...decideFor(client, type, port, context), client }
}

function decideFor(client: Client, type: MessageType, port: ServerPort, context: DhcpContext): Decision {
  const { request } = client
  if (port === 4011) return answerOnBootServerPort(type, client, context)
  const choice = scopeOf(request, context)
  if (choice.kind === 'none') return context.mode === 'proxy' ? answerAsProxy(type, client, context) : silent(choice.reason)
  const { scope } = choice
  // An ACK goes to the address that the client has: only into its own subnet, so that we cannot be made to write to strangers.
  const present = presentAddress(request)
  const isStray = present !== undefined && !subnetContains(scope.subnet, present)
  if (isStray && type !== 'REQUEST') return silent(`${type} from ${present}, which is not in ${subnetKey(scope)}`)
  if (context.mode === 'proxy') return answerAsProxy(type, client, context)

  const lending = lendingIn(scope, context)
  switch (type) {
    case 'DISCOVER':
      return answerDiscover(client, lending, context)
    case 'REQUEST':
      return answerRequest(client, lending, context)
    case 'INFORM':
      return answerInform(client, lending, context)
    case 'RELEASE':
      return answerRelease(client, lending)
    case 'DECLINE':
      return answerDecline(client, lending)
    case 'OFFER':
    case 'ACK':
    case 'NAK':
      return silent(`${type} is for servers to send`)
  }
}

/** ARP hardware types by IANA: 32 is InfiniBand, whose stations have no address here that we could answer (RFC 4390: chaddr is zero). */
function noStation({ htype, hlen, chaddr }: DhcpPacket): string {
  if (htype === 32) return 'an InfiniBand station (htype 32): we boot over Ethernet only; let it boot by an Ethernet NIC'
  return `no Ethernet station: htype ${htype}, hlen ${hlen}, chaddr ${chaddr.toString('hex')}`
}

function lendingIn(scope: Scope, context: DhcpContext): Lending {
  const { serverAddress, reservations, leases, now } = context
  return { scope, serverAddress, reservations, leases, now }
}
