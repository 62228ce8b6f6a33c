// xl(1): which of its commands are simulated.
import { showXlInfo } from '../../show/cpu.ts'
import { showXlList, showXlListLong } from '../../show/guests.ts'
import { findDomain, freeKib } from '../../state/domains.ts'
import { type Context, did, failed, gap, here, type Outcome, said } from '../command.ts'
import { parseOptions } from '../options.ts'
import { blockAttach, blockDetach, networkAttach, networkDetach } from './devices.ts'
import { create, credit2, destroy, identify, memory, pause, rename, shutdown, unpause, vcpus, withFound } from './domains.ts'
import { migrate, receive } from './migrate.ts'

const READING = 20

export function xl(context: Context): Outcome {
  const [verb = '', ...args] = context.args
  switch (verb) {
    case 'info': {
      parseOptions(context, args, { flags: ['-n|--numa'] })
      return said(context, showXlInfo(here(context).machine, Math.floor(freeKib(context.site, context.host) / 1024)), READING)
    }
    case 'list':
      return list(context, args)
    case 'create':
      return create(context, args)
    case 'destroy':
      return destroy(context, args)
    case 'pause':
      return pause(context, args)
    case 'unpause':
      return unpause(context, args)
    case 'shutdown':
      return shutdown(context, 'poweroff', args)
    case 'reboot':
      return shutdown(context, 'reboot', args)
    case 'rename':
      return rename(context, args)
    case 'mem-set':
    case 'mem-max':
      return memory(context, verb, args)
    case 'vcpu-set':
      return vcpus(context, args)
    case 'domid':
    case 'domname':
      return identify(context, verb, args)
    case 'block-attach':
      return blockAttach(context, args)
    case 'block-detach':
      return blockDetach(context, args)
    case 'network-attach':
      return networkAttach(context, args)
    case 'network-detach':
      return networkDetach(context, args)
    case 'migrate':
      return migrate(context, args)
    case 'migrate-receive':
      return receive(context, args)
    case 'sched-credit2':
      return credit2(context, args)
    case 'resume':
      // Xen 4.21 has it, and 4.20 has not.
      return failed(context, 1, 'command not implemented')
    default:
      return gap(context, `xl ${verb}`)
  }
}

function list(context: Context, args: readonly string[]): Outcome {
  const options = parseOptions(context, args, { flags: ['-l|--long', '-v|--verbose'] })
  const host = here(context)
  const [name] = options.rest
  const show = (domains: typeof host.ram.domains): Outcome =>
    said(
      context,
      options.has('--long')
        ? showXlListLong(host, domains, name === undefined)
        : showXlList(host, domains, context.site.now, options.has('--verbose'), name === undefined),
      READING,
    )
  const found = name === undefined ? undefined : findDomain(context.site, context.host, name)
  if (name !== undefined && !found) return withFound(context, name, () => did(context.site))
  return show(found ? [found] : host.ram.domains)
}
