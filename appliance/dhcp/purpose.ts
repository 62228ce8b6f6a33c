// What a client is about, told by the fields that its message gives a meaning (RFC 2131 section 4.3.2, 4.3.6 and table 5). Real clients
// leave stale ones in the others: ciaddr in a DISCOVER, or beside the address that is asked for.
import { type Ipv4, UNSPECIFIED } from '../wire/addresses.ts'
import { messageType, requestedAddress, serverIdentifier } from './fields.ts'
import type { DhcpPacket } from './packet.ts'

/** Of a REQUEST. */
export type Purpose =
  | { readonly kind: 'selecting'; readonly server: Ipv4; readonly address: Ipv4 | undefined }
  | { readonly kind: 'init-reboot'; readonly address: Ipv4 }
  /** Or rebinding. Some clients name the server beside the address that they have, which table 5 forbids and nothing else means. */
  | { readonly kind: 'renewing'; readonly address: Ipv4; readonly server: Ipv4 | undefined }
  | { readonly kind: 'unclear' }

export function purposeOf(request: DhcpPacket): Purpose {
  const server = serverIdentifier(request)
  const requested = requestedAddress(request)
  const present = request.ciaddr === UNSPECIFIED ? undefined : request.ciaddr
  if (present && (server === undefined ? (requested ?? present) === present : requested === undefined)) {
    return { kind: 'renewing', address: present, server }
  }
  if (server) return { kind: 'selecting', server, address: requested }
  return requested ? { kind: 'init-reboot', address: requested } : { kind: 'unclear' }
}

/** The address that the client has, and hears us on: ciaddr, in the messages where it says so. */
export function presentAddress(request: DhcpPacket): Ipv4 | undefined {
  switch (messageType(request)) {
    case 'REQUEST': {
      const purpose = purposeOf(request)
      return purpose.kind === 'renewing' ? purpose.address : undefined
    }
    case 'INFORM':
    case 'RELEASE':
      return request.ciaddr === UNSPECIFIED ? undefined : request.ciaddr
    case 'DISCOVER':
    case 'DECLINE':
    case 'OFFER':
    case 'ACK':
    case 'NAK':
    case undefined:
      return undefined
  }
}
