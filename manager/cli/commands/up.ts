// `hostless up`: appliance and, where the config has one, manager as processes of their own, started again when they die.
import { setTimeout as delay } from 'node:timers/promises'
import type { Command } from 'commander'
import { execa } from 'execa'
import { loadConfig } from '../../../appliance/main.ts'
import { CommandFailure } from '../engine/failure.ts'
import { restartPause } from '../engine/restart.ts'
import { DEFAULT_CONFIG } from './image/options.ts'

interface Part {
  readonly name: string
  readonly arguments: readonly string[]
}

export function addUpCommand(program: Command): void {
  program
    .command('up')
    .description('serve a rack: start all that a config file asks for, and keep it running')
    .option('--config <file>', 'the YAML config file', DEFAULT_CONFIG)
    .action(async (options: { readonly config: string }) => {
      const stop = new AbortController()
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort(signal))
      const names = (await hasManager(options.config)) ? ['appliance', 'manager'] : ['appliance']
      const parts: Part[] = names.map((name) => ({ name, arguments: [name, '--config', options.config] }))
      try {
        await Promise.all(parts.map((part) => keepRunning(part, stop.signal)))
      } finally {
        stop.abort() // a part that is refused takes the others with it
      }
    })
}

/** A config that cannot be read or is refused: the appliance says so. */
async function hasManager(file: string): Promise<boolean> {
  return loadConfig(file).then(
    ({ manager }) => manager?.listen !== undefined,
    () => false,
  )
}

/** Exit code 2 of a part is a config that it refuses: starting again would not help. */
const REFUSED = 2

async function keepRunning(part: Part, stop: AbortSignal): Promise<void> {
  let failures = 0
  while (!stop.aborted) {
    const startedAt = Date.now()
    const child = start(part, stop)
    const result = await child
    if (stop.aborted) return
    if (result.exitCode === REFUSED) throw new CommandFailure(`${part.name} refused this config`, REFUSED)
    failures = Date.now() - startedAt > 60_000 ? 1 : failures + 1
    const pause = restartPause(failures)
    process.stderr.write(
      `hostless up: ${part.name} ended (${result.signal ?? `exit ${result.exitCode}`}), starting it again in ${pause} ms\n`,
    )
    await delay(pause, undefined, { signal: stop }).catch(() => undefined)
  }
}

function start(part: Part, stop: AbortSignal) {
  const [script = ''] = process.argv.slice(1)
  const child = execa(process.execPath, [...process.execArgv, script, ...part.arguments], {
    reject: false,
    stdio: 'inherit',
    forceKillAfterDelay: 5000,
  })
  const end = () => child.kill('SIGTERM')
  stop.addEventListener('abort', end, { once: true })
  void child.finally(() => stop.removeEventListener('abort', end))
  return child
}
