// What each server observes, as events of the boot timeline. Pure: the servers do not know the timeline, nor it them.
import { toolFile } from './boot/tools.ts'
import type { DhcpExchange } from './dhcp/exchange.ts'
import type { FileObservation } from './http/boot-files.ts'
import type { TftpObservation } from './tftp/server.ts'
import type { BootEvent, EventOf } from './timeline/event.ts'

export function dhcpEvent(exchange: DhcpExchange): BootEvent {
  const { message, by, architecture, answer, reason, address, uuid } = exchange
  const told = { ...(reason ? { reason } : {}), ...(address ? { address } : {}), ...(uuid ? { uuid } : {}) }
  return { kind: 'dhcp', message, by, architecture, answer, ...told }
}

export function dropEvent(protocol: EventOf<'drop'>['protocol'], reason: string): BootEvent {
  return { kind: 'drop', protocol, reason }
}

/** A file of a generation, or memtest86+, fetched by TFTP stands where one fetched by HTTP would. */
export function tftpEvent({ file, outcome, bytes, reason }: TftpObservation): BootEvent | undefined {
  const [, , component = toolFile(file)] = /^g\/([0-9a-f]{16})\/(.+)$/.exec(file) ?? []
  if (/^(boot|xencfg)\//.test(file)) return undefined // the script's own event says more
  const why = reason ? { reason } : {}
  if (component === undefined) return { kind: 'tftp', file, outcome, bytes, ...why }
  return outcome === 'probed' ? undefined : { kind: 'file', file: component, bytes, transport: 'tftp', outcome, ...why }
}

export function fileEvent({ file, bytes, outcome }: FileObservation): BootEvent {
  return { kind: 'file', file, bytes, transport: 'http', outcome }
}
