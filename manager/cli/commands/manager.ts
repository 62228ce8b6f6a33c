// `hostless manager`: one process that knows the pool, until SIGTERM or SIGINT; and the backup of what it knows.
import { createHash } from 'node:crypto'
import type { Command } from 'commander'
import type { Logger } from 'pino'
import { ConfigRefused, loadConfig } from '../../../appliance/main.ts'
import { packageRoot } from '../../../appliance/package-root.ts'
import { type ManagerConfig, managerConfig } from '../../config.ts'
import { startManager } from '../../main.ts'
import type { AgentBundle } from '../../reconcile/agent-versions.ts'
import { backup, restore } from '../../store/backup/backup.ts'
import { giveToOwner } from '../../store/ownership.ts'
import { dataPlaceOf } from '../engine/data-place.ts'
import { CommandFailure } from '../engine/failure.ts'
import type { Terminal } from '../engine/output/output.ts'
import { addDataDirOptions, type DataDirOptions } from './image/options.ts'

export function addManagerCommands(program: Command, out: Terminal, log: Logger): void {
  program
    .command('manager')
    .description('only the management server: enrolment, inventory, API (hostless up starts this)')
    .option('--config <file>', 'the YAML config file')
    .action(async ({ config: file }: { readonly config?: string }) => {
      // Not commander's requiredOption: that would be required of `hostless manager tasks`, too.
      if (file === undefined) throw new CommandFailure('a manager starts by its config file: give --config FILE, as hostless up does', 2)
      const config = await loadManagerConfig(file)
      // A fault of ours in one connection must not end the others' service; it is logged, and it is a bug.
      process.on('uncaughtException', (error) => log.error({ err: error }, 'uncaught exception'))
      process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'))
      const stopped = new Promise<void>((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
      })
      const bundle = await agentBundle(log)
      const manager = await startManager(config, log, bundle ? { bundle } : {})
      log.info({ listen: `${config.listen.address}:${config.listen.port}`, hosts: manager.pool.hosts().length }, 'manager ready')
      await stopped
      await manager.close()
    })
  addDataDirOptions(program.command('backup'))
    .description('all that the manager knows, with its keys, into one file that only its owner can read; the manager may run')
    .argument('<file>', 'a file that is not there yet')
    .action(async (file: string, options: DataDirOptions) => {
      const place = await dataPlaceOf(options)
      await backup(place, file)
        .catch(failed('no backup was made'))
        .finally(() => giveToOwner(place.dataDir))
      out.write(`backed up to ${file}\n`)
    })
  addDataDirOptions(program.command('restore'))
    .description('what a backup holds in the place of what the manager knows; the manager must be stopped')
    .argument('<file>', 'what hostless backup has made')
    .option(
      '--yes',
      'also where it cannot be told what was rejected or revoked since the backup, and would be trusted again, as on a bare machine',
    )
    .action(async (file: string, options: DataDirOptions & { readonly yes?: true }) => {
      const place = await dataPlaceOf(options)
      const { stays, makes } = await restore(place, file, log, { yes: options.yes === true })
        .catch(failed('nothing was restored'))
        .finally(() => giveToOwner(place.dataDir))
      for (const one of stays) out.write(`stays as it was before this: ${one}\n`)
      out.write(`restored from ${file}: ${makes}; what was there before, if anything, is in manager.db.replaced\n`)
    })
}

/** Undefined, with a word in the log, where this installation has not what it takes to make one: agents stay as their images are. */
async function agentBundle(log: Logger): Promise<AgentBundle | undefined> {
  try {
    const { agentVersion, bundleAgent, bundleVersion } = await import('../../../images/agent-bundle/build.ts')
    const root = packageRoot(import.meta.dirname, 3)
    const text = await bundleAgent(root, await agentVersion(root))
    const bytes = Buffer.from(text, 'utf8')
    const version = bundleVersion(text)
    return version === undefined ? undefined : { version, bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
  } catch (error) {
    log.warn({ err: error }, 'agents are not upgraded: their bundle cannot be made here')
    return undefined
  }
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
