// `hostless manager`: one process that knows the pool, until SIGTERM or SIGINT; and the backup of what it knows.
import type { Command } from 'commander'
import type { Logger } from 'pino'
import { ConfigRefused, loadConfig } from '../../appliance/main.ts'
import { type ManagerConfig, managerConfig } from '../config.ts'
import { startManager } from '../main.ts'
import { backup, restore } from '../store/backup.ts'
import { dataPlaceOf } from './data-place.ts'
import { CommandFailure } from './failure.ts'
import { addDataDirOptions, type DataDirOptions } from './image-options.ts'
import type { Terminal } from './output.ts'

export function addManagerCommands(program: Command, out: Terminal, log: Logger): void {
  program
    .command('manager')
    .description('only the management server: enrolment, inventory, API (hostless up starts this)')
    .requiredOption('--config <file>', 'the YAML config file')
    .action(async (options: { readonly config: string }) => {
      const config = await loadManagerConfig(options.config)
      // A fault of ours in one connection must not end the others' service; it is logged, and it is a bug.
      process.on('uncaughtException', (error) => log.error({ err: error }, 'uncaught exception'))
      process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'))
      const stopped = new Promise<void>((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
      })
      const manager = await startManager(config, log)
      log.info({ listen: `${config.listen.address}:${config.listen.port}`, hosts: manager.pool.hosts().length }, 'manager ready')
      const code = await manager.access.firstAdminCode()
      if (code !== undefined) out.write(firstAdminNotice(config.listen, manager.gateway.port, code))
      await stopped
      await manager.close()
    })
  addDataDirOptions(program.command('backup'))
    .description('all that the manager knows, with its keys, into one file that only its owner can read; the manager may run')
    .argument('<file>', 'a file that is not there yet')
    .action(async (file: string, options: DataDirOptions) => {
      await backup(await dataPlaceOf(options), file).catch(failed('no backup was made'))
      out.write(`backed up to ${file}\n`)
    })
  addDataDirOptions(program.command('restore'))
    .description('what a backup holds in the place of what the manager knows; the manager must be stopped')
    .argument('<file>', 'what hostless backup has made')
    .action(async (file: string, options: DataDirOptions) => {
      await restore(await dataPlaceOf(options), file, log).catch(failed('nothing was restored'))
      out.write(`restored from ${file}; what was there is in manager.db.replaced\n`)
    })
}

/** To whoever started it, and to no log: the code lets in whoever has it. */
function firstAdminNotice({ address }: ManagerConfig['listen'], port: number, code: string): string {
  return [
    'There is no user yet. Within an hour, make the first admin at',
    `  https://${address}:${port}/first-admin?code=${code}`,
    'or, at any time, on this machine: hostless user add NAME --role admin --local --config FILE',
    '',
  ].join('\n')
}

async function loadManagerConfig(file: string): Promise<ManagerConfig> {
  const config = await loadConfig(file).catch((error: unknown) => {
    if (error instanceof ConfigRefused) throw new CommandFailure(error.message, 2)
    throw new CommandFailure(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`, 2)
  })
  const read = managerConfig(config)
  if (read.kind === 'refused') throw new CommandFailure(`${file}: ${read.reason}`, 2)
  return read.config
}

const failed =
  (what: string) =>
  (error: unknown): never => {
    throw new CommandFailure(`${what}: ${error instanceof Error ? error.message : String(error)}`)
  }
