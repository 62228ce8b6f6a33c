// Boot data without an address: the offers of a proxy (PXE specification 2.1, section 2.2), and port 4011 in every mode.
import type { BootAnswer } from '../boot/bootfile.ts'
import type { MessageType } from './codes.ts'
import { type Client, type Decision, type DhcpContext, silent } from './decision.ts'
import { bootFor, bootReply } from './reply.ts'

/** Port 67, when another server gives the addresses. */
export function answerAsProxy(type: MessageType, client: Client, context: DhcpContext): Decision {
  switch (type) {
    case 'DISCOVER':
      return reply('OFFER', client, bootFor(client, context, 'proxy-offer'), context)
    case 'INFORM':
      return reply('ACK', client, bootFor(client, context, 'boot-server'), context)
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

/** Port 4011: the client has an address and asks for its boot file. */
export function answerOnBootServerPort(type: MessageType, client: Client, context: DhcpContext): Decision {
  if (type !== 'REQUEST' && type !== 'INFORM' && type !== 'DISCOVER') return silent(`${type} on port 4011`)
  return reply('ACK', client, bootFor(client, context, 'boot-server'), context)
}

function reply(type: 'OFFER' | 'ACK', client: Client, boot: BootAnswer, context: DhcpContext): Decision {
  if (boot.kind === 'none') return silent(boot.reason)
  const packet = bootReply(type, client, boot, context)
  return { kind: 'reply', answer: type === 'OFFER' ? 'offer' : 'ack', packet, change: undefined, reason: undefined }
}
