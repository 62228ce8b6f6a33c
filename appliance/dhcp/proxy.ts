// Boot data without an address: the offers of a proxy (PXE specification 2.1, section 2.2), and port 4011 in every mode.
import type { BootAnswer } from '../boot/bootfile.ts'
import type { Ipv4 } from '../wire/addresses.ts'
import type { MessageType } from './codes.ts'
import { type Client, type Decision, type DhcpContext, silent } from './decision.ts'
import { presentAddress } from './purpose.ts'
import { bootFor, bootReply } from './reply.ts'

/** Port 67, when another server gives the addresses. */
export function answerAsProxy(type: MessageType, client: Client, context: DhcpContext): Decision {
  switch (type) {
    case 'DISCOVER':
      return reply('OFFER', client, undefined, bootFor(client, context, 'proxy-offer'), context)
    case 'INFORM':
      return answerInform(client, context)
    case 'REQUEST':
    case 'RELEASE':
    case 'DECLINE':
      return silent(`${type}: another server gives the addresses here (dhcp.mode is proxy)`)
    case 'OFFER':
    case 'ACK':
    case 'NAK':
      return silent(`${type} is for servers to send`)
  }
}

/** The answer goes to the address that the client has, or to its relay. */
function answerInform(client: Client, context: DhcpContext): Decision {
  const present = presentAddress(client.request)
  if (present === undefined) return silent('INFORM that does not say which address it has')
  return reply('ACK', client, present, bootFor(client, context, 'boot-server'), context)
}

/** Port 4011: the client has an address and asks for its boot file (PXE 2.1 section 2.2.3: its address is in ciaddr). */
export function answerOnBootServerPort(type: MessageType, client: Client, context: DhcpContext): Decision {
  if (type !== 'REQUEST' && type !== 'INFORM' && type !== 'DISCOVER') return silent(`${type} on port 4011`)
  const present = type === 'DISCOVER' ? undefined : client.request.ciaddr
  return reply('ACK', client, present, bootFor(client, context, 'boot-server'), context)
}

function reply(type: 'OFFER' | 'ACK', client: Client, present: Ipv4 | undefined, boot: BootAnswer, context: DhcpContext): Decision {
  if (boot.kind === 'none') return silent(boot.reason)
  const packet = bootReply(type, client, present, boot, context)
  return { kind: 'reply', answer: type === 'OFFER' ? 'offer' : 'ack', packet, change: undefined, reason: undefined }
}
