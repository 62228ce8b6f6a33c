// `hostless appliance`: one process that serves a rack's boots, until SIGTERM or SIGINT.
import type { Command } from 'commander'
import type { Log } from '../../../appliance/wire/log.ts'
import { CommandFailure } from '../engine/failure.ts'

export function addApplianceCommand(program: Command, openLog: () => Promise<Log>): void {
  program
    .command('appliance')
    .description('only the boot services: DHCP, TFTP, HTTP, NFS, router advertisements (hostless up starts this)')
    .requiredOption('--config <file>', 'the YAML config file')
    .addHelpText(
      'after',
      `
It serves with or without a manager, and tells it of each boot when there is one. For a manager on another machine, name it
in the config, and copy two files from the manager's dataDir into this one's, readable by the owner alone:
  manager: { address: 10.77.0.2:8443 }
  keys/site.key  keys/manager-ca.pem
They are looked for until they are there; no restart is needed.`,
    )
    .action(async (options: { readonly config: string }) => {
      const { ConfigRefused, loadConfig, startAppliance } = await import('../../../appliance/main.ts')
      const log = await openLog()
      const config = await loadConfig(options.config).catch((error: unknown) => {
        if (error instanceof ConfigRefused) throw new CommandFailure(error.message, 2)
        throw new CommandFailure(`${options.config} cannot be read: ${error instanceof Error ? error.message : String(error)}`, 2)
      })
      // A fault of ours in one connection must not end the others' service; it is logged, and it is a bug.
      process.on('uncaughtException', (error) => log.error({ err: error }, 'uncaught exception'))
      process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'))
      const stopped = new Promise<void>((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
      })
      const appliance = await startAppliance(config, log, () => loadConfig(options.config))
      log.info({ interface: config.network.interface, address: config.network.address, hosts: config.hosts.length }, 'appliance ready')
      await stopped
      await appliance.close()
    })
}
