// What each server observes, as events of the boot timeline. Pure: the servers do not know the timeline, nor it them.
import type { DhcpExchange } from './dhcp/exchange.ts'
import type { FileObservation } from './http/boot-files.ts'
import type { BootReport } from './http/report.ts'
import type { TftpObservation } from './tftp/server.ts'
import type { BootEvent, EventOf } from './timeline/event.ts'

export function dhcpEvent(exchange: DhcpExchange): BootEvent {
  const { message, by, architecture, answer, reason, address } = exchange
  return { kind: 'dhcp', message, by, architecture, answer, ...(reason ? { reason } : {}), ...(address ? { address } : {}) }
}

/** A file of a generation fetched by TFTP stands where one fetched by HTTP would. */
export function tftpEvent({ file, outcome, bytes, reason }: TftpObservation): BootEvent | undefined {
  const [, , component] = /^g\/([0-9a-f]{16})\/(.+)$/.exec(file) ?? []
  if (file.startsWith('boot/')) return undefined // the script's own event says more
  const why = reason ? { reason } : {}
  if (component === undefined) return { kind: 'tftp', file, outcome, bytes, ...why }
  if (outcome === 'probed') return undefined
  return { kind: 'file', file: component, bytes, transport: 'tftp', outcome: outcome === 'served' ? 'served' : 'failed', ...why }
}

export function fileEvent({ file, bytes, outcome }: FileObservation): BootEvent {
  const served = outcome === 'served' || outcome === 'partial'
  return { kind: 'file', file, bytes, transport: 'http', outcome: served ? 'served' : 'failed', ...(served ? {} : { reason: outcome }) }
}

export function reportEvent({ stage, status, uptime, detail }: BootReport): EventOf<'report'> {
  return { kind: 'report', stage, status, detail: { ...detail, ...(uptime === undefined ? {} : { uptime: String(uptime) }) } }
}
