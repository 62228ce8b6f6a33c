// The one text form of a DHCP packet, for logs and golden files. Whatever a client wrote is escaped: no control byte and no
// line end of its own reaches the text.
import { ipv4FromNumber, UNSPECIFIED } from '../wire/addresses.ts'
import { MESSAGE_TYPES, optionForm, optionName } from './codes.ts'
import { clientMac, messageType, wantsBroadcast } from './fields.ts'
import { type DhcpOption, readArea } from './options.ts'
import type { DhcpPacket } from './packet.ts'

/** A head line, then one indented line for each option; header fields that are zero are left out. */
export function describeDhcp(packet: DhcpPacket): string {
  return [describeHead(packet), ...packet.options.map((option) => `  ${describeOption(option)}`)].join('\n')
}

function describeHead(packet: DhcpPacket): string {
  const direction = packet.op === 1 ? 'from' : packet.op === 2 ? 'to' : `op=${packet.op}`
  const hardware = clientMac(packet) ?? `htype=${packet.htype} hlen=${packet.hlen} ${packet.chaddr.toString('hex')}`
  const fields = [
    `${messageType(packet) ?? 'BOOTP'} ${direction} ${hardware} xid=0x${packet.xid.toString(16).padStart(8, '0')}`,
    ...number('hops', packet.hops),
    ...number('secs', packet.secs),
    ...(wantsBroadcast(packet) ? ['broadcast'] : []),
    ...number('flags', packet.flags & 0x7fff),
    ...address('ciaddr', packet.ciaddr),
    ...address('yiaddr', packet.yiaddr),
    ...address('siaddr', packet.siaddr),
    ...address('giaddr', packet.giaddr),
    ...(packet.sname.length > 0 ? [`sname=${quoted(packet.sname)}`] : []),
    ...(packet.file.length > 0 ? [`file=${quoted(packet.file)}`] : []),
  ]
  return fields.join(' ')
}

function describeOption({ code, data }: DhcpOption): string {
  return `${code} ${optionName(code)} ${describeData(code, data)}`.trimEnd()
}

function describeData(code: number, data: Buffer): string {
  switch (optionForm(code)) {
    case 'addresses':
      return data.length > 0 && data.length % 4 === 0 ? words(data, 4).map(ipv4FromNumber).join(' ') : hex(data)
    case 'text':
      return quoted(data)
    case 'number':
      return data.length === 1 || data.length === 2 ? String(data.readUIntBE(0, data.length)) : hex(data)
    case 'seconds':
      if (data.length !== 4) return hex(data)
      return data.readUInt32BE(0) === 0xffffffff ? 'for ever' : `${data.readUInt32BE(0)} s`
    case 'codes':
      return Array.from(data).join(' ')
    case 'message-type':
      return (data.length === 1 && MESSAGE_TYPES[(data[0] ?? 0) - 1]) || hex(data)
    case 'architectures':
      return data.length > 0 && data.length % 2 === 0 ? words(data, 2).join(' ') : hex(data)
    case 'suboptions':
      return describeSuboptions(data)
    case 'hex':
      return hex(data)
  }
}

function describeSuboptions(data: Buffer): string {
  const { options, cut } = readArea(data, 'suboptions')
  return cut ? hex(data) : `{${options.map((option) => `${option.code}=${hex(option.data)}`).join(' ')}}`
}

function words(data: Buffer, size: 2 | 4): readonly number[] {
  return Array.from({ length: data.length / size }, (_, index) => data.readUIntBE(index * size, size))
}

function hex(data: Buffer): string {
  return data.toString('hex')
}

/** Printable ASCII as it is, every other byte as \xNN. */
function quoted(data: Buffer): string {
  const escaped = data
    .toString('latin1')
    .replace(/[^ !#-[\]-~]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
  return `"${escaped}"`
}

function number(name: string, value: number): readonly string[] {
  return value === 0 ? [] : [`${name}=${value}`]
}

function address(name: string, value: string): readonly string[] {
  return value === UNSPECIFIED ? [] : [`${name}=${value}`]
}
