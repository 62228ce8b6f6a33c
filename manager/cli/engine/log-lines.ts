// The servers' log for a person at a terminal, and for the journal, which has the time and the process by itself; any other pipe gets
// pino's JSON. Pure.
import { oneLine } from './output/text.ts'

const LEVELS: { readonly [level: number]: string } = { 20: 'debug', 30: 'info ', 40: 'WARN ', 50: 'ERROR', 60: 'FATAL' }
/** Of every line, and of no interest on this machine. */
const LEFT_OUT = new Set(['level', 'time', 'pid', 'hostname', 'msg', 'at'])

/** By syslog(3): debug, info, warning, error, critical; sd-daemon(3) has the form. */
const PRIORITIES: { readonly [level: number]: number } = { 20: 7, 30: 6, 40: 4, 50: 3, 60: 2 }

/** `12:00:01 WARN  DHCP  mac=52:54:… reason=…`; a line that is no JSON object stays as it is. */
export function logLine(json: string): string {
  const entry = parsed(json)
  if (!entry) return oneLine(json)
  const time = new Date(Number(entry.time)).toTimeString().slice(0, 8)
  return `${time} ${LEVELS[Number(entry.level)] ?? 'info '} ${textOf(entry)}`
}

/** `<4>DHCP  mac=52:54:… reason=…`: the journal takes the priority off. */
export function journalLine(json: string): string {
  const entry = parsed(json)
  return entry ? `<${PRIORITIES[Number(entry.level)] ?? 6}>${textOf(entry)}` : oneLine(json)
}

/** `JOURNAL_STREAM` of systemd.exec(5): whether a descriptor of this device and inode leads to the journal. */
export function isJournal(stream: string | undefined, { dev, ino }: { readonly dev: number; readonly ino: number }): boolean {
  return stream === `${dev}:${ino}`
}

function textOf(entry: Readonly<Record<string, unknown>>): string {
  const fields = Object.entries(entry).flatMap(([key, value]) =>
    LEFT_OUT.has(key) || value === undefined ? [] : [`${key}=${shown(value)}`],
  )
  return oneLine([String(entry.msg), ...fields].join('  '))
}

function shown(value: unknown): string {
  if (typeof value === 'string') return value.includes(' ') ? JSON.stringify(value) : value
  if (typeof value === 'object' && value !== null && 'message' in value) return JSON.stringify(value.message)
  return JSON.stringify(value)
}

function parsed(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined
  } catch {
    return undefined
  }
}
