// A boot that dnsmasq and nfs-ganesha served, as an attempt of our own timeline: its log and dom0's reports become the
// same events that our servers observe, so that both sides' stages are worked out by the same code. Pure.

import { parseReport } from '../../appliance/http/report.ts'
import { type Attempt, record } from '../../appliance/timeline/attempt.ts'
import type { BootEvent } from '../../appliance/timeline/event.ts'
import { reportEvent } from '../../appliance/timeline/report.ts'
import { type Mac, parseMac } from '../../appliance/wire/addresses.ts'
import { type DnsmasqNews, parseDnsmasqLine } from './dnsmasq.ts'
import type { TimedLine } from './log-tail.ts'

/** A report as report-listener.ts prints it; its attempt is the MAC without colons. */
export interface ReceivedReport {
  readonly at: number
  readonly attempt: string
  readonly body: string
}

interface TimedEvent {
  readonly mac: Mac
  readonly at: number
  readonly event: BootEvent
}

/** By MAC. Lines and reports about nobody are left out; a report that cannot be read throws. */
export function peerAttempts(lines: readonly TimedLine[], reports: readonly ReceivedReport[]): ReadonlyMap<string, Attempt> {
  const attempts = new Map<string, Attempt>()
  const events = [...eventsOfLog(lines), ...reports.map(eventOfReport)].sort((a, b) => a.at - b.at)
  for (const { mac, at, event } of events) {
    const attempt = attempts.get(mac) ?? { id: mac, mac, startedAt: at, events: [] }
    attempts.set(mac, record(attempt, event, at).attempt)
  }
  return attempts
}

function eventsOfLog(lines: readonly TimedLine[]): readonly TimedEvent[] {
  const holders = new Map<string, string>()
  return lines.flatMap(({ at, text }) => {
    const news = parseDnsmasqLine(text)
    if (!news) return []
    if (news.kind === 'ack') holders.set(news.address, news.mac)
    const mac = parseMac(news.kind === 'sent' ? (holders.get(news.address) ?? '') : news.mac)
    return mac ? [{ mac, at, event: eventOfNews(news) }] : []
  })
}

/** QEMU's boot ROM is iPXE: there is no other firmware in front of it, on either side. */
function eventOfNews(news: DnsmasqNews): BootEvent {
  switch (news.kind) {
    case 'discover':
      return { kind: 'dhcp', message: 'DISCOVER', by: 'ipxe', answer: 'offer' }
    case 'ack':
      return { kind: 'dhcp', message: 'REQUEST', by: 'ipxe', answer: 'ack' }
    case 'sent':
      return eventOfFile(news.file)
  }
}

function eventOfFile(file: string): BootEvent {
  if (file === 'boot.ipxe') return { kind: 'script', transport: 'tftp', outcome: 'served' }
  return { kind: 'file', file, bytes: 0, transport: 'tftp', outcome: 'served' }
}

function eventOfReport({ at, attempt, body }: ReceivedReport): TimedEvent {
  const mac = parseMac(attempt)
  const parsed = parseReport(Buffer.from(body))
  if (!mac) throw new Error(`a report of "${attempt}", which is no MAC`)
  if (parsed.kind === 'refusal') throw new Error(`a report of ${mac} cannot be read: ${parsed.reason}`)
  return { mac, at, event: reportEvent(parsed.report) }
}
