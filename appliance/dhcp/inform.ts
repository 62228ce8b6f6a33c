// INFORM → ACK without an address or a lease time (RFC 2131 section 4.3.5).
import { type Client, type Decision, type DhcpContext, silent } from './decision.ts'
import { presentAddress } from './purpose.ts'
import { bootFor, grantReply } from './reply.ts'
import type { Lending } from './scope.ts'

export function answerInform(client: Client, lending: Lending, context: DhcpContext): Decision {
  if (presentAddress(client.request) === undefined) return silent('INFORM that does not say which address it has')
  const boot = bootFor(client, context, 'full')
  const packet = grantReply('ACK', client, lending.scope, { address: undefined, seconds: undefined }, boot, context)
  return { kind: 'reply', answer: 'ack', packet, change: undefined, reason: undefined }
}
