// One request and what we said to it, as plain data for the boot timeline and the log.
import { describeFirmware, programOf } from '../boot/firmware.ts'
import { type Ipv4, type Mac, UNSPECIFIED } from '../wire/addresses.ts'
import type { MessageType } from './codes.ts'
import { type Decision, identify } from './decision.ts'
import type { DiscoverView } from './discovers.ts'
import { clientMac, machineUuid, messageType } from './fields.ts'
import type { DhcpPacket } from './packet.ts'

export interface DhcpExchange {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly mac: Mac
  readonly xid: number
  /** What the client sent. */
  readonly message: MessageType
  readonly by: 'firmware' | 'ipxe' | 'initramfs'
  /** For people: `UEFI x64 PXE`. */
  readonly architecture: string
  /** The machine's UUID by option 97, as dmidecode writes it. */
  readonly uuid: string | undefined
  readonly answer: 'offer' | 'ack' | 'nak' | 'silent'
  /** Why silent, why a NAK, or why no boot file. */
  readonly reason: string | undefined
  /** The address offered or acknowledged. */
  readonly address: Ipv4 | undefined
}

/**
 * Undefined for packets that no station sent as DHCP: there is nobody to attribute them to.
 * @param known what the DISCOVERs before it said, and what of the packet could not be read
 */
export function exchangeOf(
  at: number,
  request: DhcpPacket,
  decision: Decision,
  { discovers, cut }: { readonly discovers?: DiscoverView | undefined; readonly cut?: string | undefined } = {},
): DhcpExchange | undefined {
  const mac = clientMac(request)
  const message = messageType(request)
  if (!mac || !message) return undefined
  const { firmware, told } = decision.client ?? identify(request, mac, { ...(discovers ? { discovers } : {}), now: at })
  const [by, architecture, uuid] = [programOf(firmware), describeFirmware(firmware), machineUuid(told)]
  const common = { at, mac, xid: request.xid, message, by, architecture, uuid }
  const reason = decision.reason && cut ? `${decision.reason}; ${cut}` : (decision.reason ?? cut)
  if (decision.kind === 'silent') return { ...common, answer: 'silent', reason, address: undefined }
  const { yiaddr } = decision.packet
  return { ...common, answer: decision.answer, reason, address: yiaddr === UNSPECIFIED ? undefined : yiaddr }
}
