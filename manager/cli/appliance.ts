// `hostless appliance`: one process that serves a rack's boots, until SIGTERM or SIGINT.
import type { Command } from 'commander'
import type { Logger } from 'pino'
import { ConfigRefused, loadConfig, startAppliance } from '../../appliance/main.ts'
import { CommandFailure } from './failure.ts'

export function addApplianceCommand(program: Command, log: Logger): void {
  program
    .command('appliance')
    .description('only the boot services: DHCP, TFTP, HTTP, NFS, router advertisements (hostless up starts this)')
    .requiredOption('--config <file>', 'the YAML config file')
    .action(async (options: { readonly config: string }) => {
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
      const appliance = await startAppliance(config, log)
      log.info({ interface: config.network.interface, address: config.network.address, hosts: config.hosts.length }, 'appliance ready')
      await stopped
      await appliance.close()
    })
}
