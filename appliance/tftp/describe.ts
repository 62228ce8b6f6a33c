// The one text form of a TFTP packet, for logs and fixtures. Bytes of a peer appear only escaped.

import type { TftpOption, TftpPacket } from './codec.ts'

/** One line without control characters: `RRQ "snponly.efi" octet tsize=0 blksize=1468`. */
export function describeTftp(packet: TftpPacket): string {
  switch (packet.kind) {
    case 'rrq':
    case 'wrq': {
      const padding = packet.padding > 0 ? ` +${packet.padding} NUL` : ''
      const end = `${packet.unterminated ? ' -NUL' : ''}${padding}${describeTail(packet.tail)}`
      return `${packet.kind.toUpperCase()} "${printable(packet.filename)}" ${printable(packet.mode)}${describeOptions(packet.options)}${end}`
    }
    case 'data':
      return `DATA ${packet.block}, ${packet.data.length} bytes`
    case 'ack':
      return `ACK ${packet.block}${describeTail(packet.tail)}`
    case 'error': {
      const terminator = packet.terminator === 1 ? '' : ` +${packet.terminator} NUL`
      return `ERROR ${packet.code} "${printable(packet.message)}"${terminator}${describeTail(packet.tail)}`
    }
    case 'oack':
      return `OACK${describeOptions(packet.options)}`
  }
}

/** Printable ASCII as it is; quotes, backslashes and everything else as `\xNN`. */
export function printable(text: string): string {
  return text.replace(/[^ !#-[\]-~]/g, (character) => `\\x${(character.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`)
}

function describeTail(tail: Buffer | undefined): string {
  return tail ? ` +${tail.length} bytes` : ''
}

function describeOptions(options: readonly TftpOption[]): string {
  return options.map(({ name, value }) => ` ${printable(name)}=${printable(value)}`).join('')
}
