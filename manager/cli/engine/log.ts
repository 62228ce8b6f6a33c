// What the servers log: lines of JSON.
import { type DestinationStream, type Level, type Logger, pino } from 'pino'

/** Errors, which JSON knows nothing of, with their message, code and stack. */
export function openLog(level: Level | 'silent', to: DestinationStream): Logger {
  return pino({ level, serializers: { error: pino.stdSerializers.err } }, to)
}

export { pino }
