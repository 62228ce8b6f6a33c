// The agent as a program of dom0: `agent.mjs [FILE] [--self-test]`. Log lines are JSON on stdout. HOSTLESS_PROBATION: seconds that a
// version that the manager has sent has until one welcomes it.
import './schemas.ts'
import type { Log } from '../../../appliance/wire/log.ts'
import { machineBackend } from '../exec.ts'
import { runAgent } from '../main.ts'
import { selfTest } from '../self-test.ts'
import { HANDOVER } from '../upgrade/places.ts'
import { PROBATION } from '../upgrade/probation.ts'

const line = (level: keyof Log) => (fields: object, message: string) => {
  const plain = Object.entries(fields).map(([key, value]) => [key, value instanceof Error ? value.message : value] as const)
  process.stdout.write(`${JSON.stringify({ level, time: Date.now(), msg: message, ...Object.fromEntries(plain) })}\n`)
}
const log: Log = { debug: () => undefined, info: line('info'), warn: line('warn'), error: line('error') }

/** Ends the process when the agent ends. Rejects where it could not begin. */
export async function runHere(version: string): Promise<void> {
  const [, bundle = '', file = '/run/hostless/boot', ...options] = process.argv
  if (options.includes('--self-test')) {
    const wrong = await selfTest(machineBackend(), file)
    if (wrong !== undefined) process.stderr.write(`${wrong}\n`)
    process.exit(wrong === undefined ? 0 : 1)
  }
  process.on('uncaughtException', (error) => log.error({ error }, 'uncaught exception'))
  process.on('unhandledRejection', (error) => log.error({ error }, 'unhandled rejection'))
  const probation = Number(process.env.HOSTLESS_PROBATION) * 1000 || PROBATION
  const how = await runAgent({ file, version, bundle, probation, log })
  process.exit(how === 'handed-over' ? HANDOVER : 0)
}
