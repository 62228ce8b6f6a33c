// What the bundle runs in dom0: `node agent.mjs [FILE]`. Log lines are JSON on stdout.
import type { Log } from '../../../appliance/wire/log.ts'
import { runAgent } from '../main.ts'

/** Filled in by the build. */
declare const AGENT_VERSION: string

const line = (level: keyof Log) => (fields: object, message: string) => {
  const plain = Object.entries(fields).map(([key, value]) => [key, value instanceof Error ? value.message : value] as const)
  process.stdout.write(`${JSON.stringify({ level, time: Date.now(), msg: message, ...Object.fromEntries(plain) })}\n`)
}
const log: Log = { debug: () => undefined, info: line('info'), warn: line('warn'), error: line('error') }

process.on('uncaughtException', (error) => log.error({ error }, 'uncaught exception'))
process.on('unhandledRejection', (error) => log.error({ error }, 'unhandled rejection'))
await runAgent(process.argv[2] ?? '/run/hostless/boot', AGENT_VERSION, log)
