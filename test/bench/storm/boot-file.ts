// What a DHCP answer gives to fetch: option 67, or the header's field (RFC 2132, section 9.5). Pure.
import { optionData } from '../../../appliance/dhcp/fields.ts'
import type { DhcpPacket } from '../../../appliance/dhcp/packet.ts'

const BOOT_FILE_NAME = 67

export function bootFileOf(reply: DhcpPacket): string {
  const given = optionData(reply, BOOT_FILE_NAME) ?? reply.file
  return given.toString('latin1').replace(/\0.*$/s, '')
}
