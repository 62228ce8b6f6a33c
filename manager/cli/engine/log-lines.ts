// The servers' log for a person at a terminal; a pipe or a service manager gets pino's JSON. Pure.
import { oneLine } from './output/text.ts'

const LEVELS: { readonly [level: number]: string } = { 20: 'debug', 30: 'info ', 40: 'WARN ', 50: 'ERROR', 60: 'FATAL' }
/** Of every line, and of no interest on this machine. */
const LEFT_OUT = new Set(['level', 'time', 'pid', 'hostname', 'msg', 'at'])

/** `12:00:01 WARN  DHCP  mac=52:54:… reason=…`; a line that is no JSON object stays as it is. */
export function logLine(json: string): string {
  const entry = parsed(json)
  if (!entry) return oneLine(json)
  const time = new Date(Number(entry.time)).toTimeString().slice(0, 8)
  const fields = Object.entries(entry).flatMap(([key, value]) =>
    LEFT_OUT.has(key) || value === undefined ? [] : [`${key}=${shown(value)}`],
  )
  return oneLine([time, LEVELS[Number(entry.level)] ?? 'info ', [String(entry.msg), ...fields].join('  ')].join(' '))
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
