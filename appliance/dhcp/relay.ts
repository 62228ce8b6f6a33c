// What a relay, or a client that asks for another, says of the link that the client is on: option 82 (RFC 3046) with link selection
// (RFC 3527) and server identifier override (RFC 5107), and subnet selection (RFC 3011). With these, giaddr is the way back only.
import { type Ipv4, ipv4FromNumber, UNSPECIFIED } from '../wire/addresses.ts'
import { OPTION } from './codes.ts'
import { optionData } from './fields.ts'
import type { DhcpPacket } from './packet.ts'

const LINK_SELECTION = 5
const SERVER_IDENTIFIER_OVERRIDE = 11

/** An address in the client's subnet, and who named it, for people. */
export interface NamedLink {
  readonly address: Ipv4
  readonly by: string
}

/** Undefined where nobody names one: the client is on the link that the request came by, or on that of its address. */
export function namedLink(request: DhcpPacket): NamedLink | undefined {
  const { giaddr } = request
  const link = addressIn(suboption(request, LINK_SELECTION))
  if (link) return { address: link, by: `the link ${link}, which the relay ${giaddr} names (option 82, link selection),` }
  const subnet = addressIn(optionData(request, OPTION.subnetSelection))
  if (subnet) return { address: subnet, by: `the subnet ${subnet}, which it selects by option 118,` }
  return giaddr === UNSPECIFIED ? undefined : { address: giaddr, by: `the relay ${giaddr}` }
}

/** The identifier that we have for this client: the relay's word, so that renewals go through it (RFC 5107 section 4), else our own. */
export function identifierFor(request: DhcpPacket, own: Ipv4): Ipv4 {
  return addressIn(suboption(request, SERVER_IDENTIFIER_OVERRIDE)) ?? own
}

/** Whether this server identifier means us. */
export function isOurIdentifier(server: Ipv4, request: DhcpPacket, own: Ipv4): boolean {
  return server === own || server === identifierFor(request, own)
}

/** Suboptions have no pad and no end (RFC 3046 section 2.0); one that is cut off is not there, those before it are. */
function suboption(request: DhcpPacket, wanted: number): Buffer | undefined {
  const data = optionData(request, OPTION.relayAgentInformation) ?? Buffer.alloc(0)
  for (let offset = 0; offset + 2 <= data.length; ) {
    const [code, length] = [data.readUInt8(offset), data.readUInt8(offset + 1)]
    const end = offset + 2 + length
    if (code === wanted) return end <= data.length ? data.subarray(offset + 2, end) : undefined
    offset = end
  }
  return undefined
}

function addressIn(data: Buffer | undefined): Ipv4 | undefined {
  if (data?.length !== 4) return undefined
  const address = ipv4FromNumber(data.readUInt32BE(0))
  return address === UNSPECIFIED ? undefined : address
}
