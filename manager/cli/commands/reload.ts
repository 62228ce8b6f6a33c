// `hostless reload`: the running appliance takes of its config what needs no restart, and says what needs one.
import type { Command } from 'commander'
import type { Reloaded } from '../../../appliance/http/control/routes.ts'
import type { Terminal } from '../engine/output/output.ts'
import { reloadConfig } from './control.ts'
import { DEFAULT_CONFIG, dataDirOf } from './image/options.ts'

export function addReloadCommand(program: Command, out: Terminal): void {
  program
    .command('reload')
    .description('take a changed config without a restart, as far as that goes, and say what needs one')
    .option('--config <file>', 'the YAML config file that the appliance was started with', DEFAULT_CONFIG)
    .addHelpText(
      'after',
      `
The appliance reads its file again. What boots go by is taken at once: boot.image, boot.root, boot.dom0Memory, boot.xenArguments and
boot.kernelArguments; and what addresses are given by: the pools, subnets, router and dns of dhcp, and hosts with their reservations.
Who has an address keeps it, and hosts that run do not notice; who has one that is reserved for another now gets another when it asks
again. All else is read at the start of a service, and told with its name; with another network or dhcp.mode all of dhcp and hosts waits
for that. A file that is refused (exit code 2) changes nothing.
The same is: systemctl reload hostless-appliance`,
    )
    .action(async ({ config }: { readonly config: string }) => {
      out.write(describeReloaded(await reloadConfig(await dataDirOf({ config }))))
    })
}

export function describeReloaded({ taken, restart, notes }: Reloaded): string {
  if (taken.length === 0 && restart.length === 0) return 'Nothing has changed.\n'
  const services = (['appliance', 'manager'] as const).filter((service) => restart.some((one) => one.services.includes(service)))
  return [
    ...(taken.length > 0 ? [`Taken, from now on: ${taken.join(', ')}\n`] : []),
    ...notes.map((note) => `${note}\n`),
    ...restart.map(({ setting, services: readers }) => `Read at the start of ${readers.join(' and ')} alone: ${setting}\n`),
    ...(services.length > 0
      ? [`Next: systemctl restart ${services.map((service) => `hostless-${service}`).join(' ')}   # hosts that run do not notice\n`]
      : []),
  ].join('')
}
