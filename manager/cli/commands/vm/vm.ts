// `hostless vm list|show|where|apply|edit|…` and `hostless vm-network …`: guests that the manager keeps, and what they attach to.
import type { Command } from 'commander'
import { stringify } from 'yaml'
import type { VmDetail } from '../../../contract/vms.ts'
import type { World } from '../../engine/answer.ts'
import { inBatches } from '../../engine/batches.ts'
import { CommandFailure } from '../../engine/failure.ts'
import { doToEach } from '../../engine/outcomes.ts'
import { render } from '../../engine/output/output.ts'
import { addDoing, addListing } from '../../engine/pool-command.ts'
import { pickHosts } from '../../engine/selecting.ts'
import { addVmConsole } from './console.ts'
import { addVmCreate } from './create.ts'
import { addVmLife } from './life.ts'
import { pickVms } from './picking.ts'
import { placesReport, vmReport, vmsReport } from './report.ts'
import { sent, specFrom } from './spec.ts'
import { edited, readText } from './text.ts'

export function addVmCommands(program: Command, world: World): void {
  const vm = program.command('vm').description('guests: made, started, stopped, moved, and all that is known of them')
  addListing(vm, world, {
    name: 'list [selector...]',
    description: 'guests by name, whether or not they run; unmanaged: hostless did not make it',
    examples: [
      ['vm list', 'all'],
      ["vm list 'node01/*' --watch", 'those on a host, again whenever one of them changes'],
    ],
    changes: ['host', 'inventory', 'automation'],
    load: async (api, args) => {
      const { items, missing } = await pickVms(api, args)
      return { report: vmsReport(items), missing }
    },
  })
  addListing(vm, world, {
    name: 'show <selector...>',
    description: 'guests, with their disks down to the disks of the machine; --output yaml writes the spec that vm apply takes',
    examples: [
      ['vm show web1', 'one'],
      ['vm show web1 --output yaml > web1.yaml', 'as it can be given back'],
    ],
    changes: ['host', 'inventory', 'automation'],
    load: async (api, args, { output }) => {
      const { items, missing } = await pickVms(api, args)
      if (items.length === 0 && missing.length === 0) throw new CommandFailure('the selector leaves no guest', 4)
      const shown = await inBatches(items, ({ uuid }) => api.vms.show({ ref: uuid }))
      return {
        report: { name: 'vms', sections: shown.flatMap((one) => vmReport(one).sections) },
        table: (look) => shown.map((one) => render(vmReport(one), 'table', look)).join('\n'),
        ...(output === 'yaml' ? { text: shown.flatMap(specText).join('---\n') } : {}),
        missing,
      }
    },
  })
  addListing<{ readonly file?: string; readonly on?: readonly string[] }>(vm, world, {
    name: 'where [guest]',
    description: 'which hosts could start a guest, and what is in the way on each other one',
    examples: [
      ['vm where web1', 'one that is there'],
      ['vm where -f web1.yaml --on @rack3', 'one that is not, in a rack'],
    ],
    options: (command) => command.option('-f, --file <file>', 'YAML of a guest').option('--on <selector...>', 'hosts that are asked about'),
    changes: ['host', 'inventory', 'automation'],
    load: async (api, [name], { file, on }) => {
      const hosts = on && pickHosts(on, (await api.hosts.list()).hosts).items.map(({ id }) => id)
      const spec = file === undefined ? undefined : specFrom(await readText(file), file)
      if (!spec && name === undefined) throw new CommandFailure('name a guest, or a file: -f FILE', 2)
      const about = spec ? { spec: sent(spec) } : { ref: name ?? '' }
      return { report: placesReport(await api.vms.where({ ...about, ...(hosts ? { hosts } : {}) })) }
    },
  })
  addVmCreate(vm, world, readText)
  addVmLife(vm, world)
  addVmConsole(vm, world)
  addDoing<{ readonly file: string }>(vm, world, {
    name: 'apply [guest]',
    description: 'have a guest be as a file says; what a guest that runs cannot take at once holds from its next start on',
    examples: [['vm apply -f web1.yaml', 'the guest that it names']],
    options: (command) => command.requiredOption('-f, --file <file>', 'YAML, as hostless vm show --output yaml writes it'),
    act: async (api, [name], { file, output }) => {
      const spec = specFrom(await readText(file), file)
      const act = async (ref: string) => said(await api.vms.apply({ ref, spec: sent(spec) }))
      await doToEach({ items: [name ?? spec.uuid ?? spec.name], missing: [] }, 'guest', (ref) => ref, act, { world, output })
    },
  })
  addDoing(vm, world, {
    name: 'edit <guest>',
    description: 'change the spec of a guest in $EDITOR',
    examples: [['vm edit web1', 'one']],
    act: async (api, [name = ''], { output }) => {
      const { spec } = await api.vms.show({ ref: name })
      if (!spec) throw new CommandFailure(`${name}: hostless did not make it, and keeps no spec of it`, 2)
      const text = await edited(stringify(spec), world.environment)
      if (text === undefined) throw new CommandFailure('nothing was changed')
      const act = async (ref: string) => said(await api.vms.apply({ ref, spec: sent(specFrom(text, 'what you wrote')) }))
      await doToEach({ items: [name], missing: [] }, 'guest', (ref) => ref, act, { world, output })
    },
  })
}

function said({ later }: { readonly later: readonly string[] }): string {
  return later.length === 0 ? 'changed' : `changed; from its next start on: ${later.join(', ')}`
}

function specText({ spec }: VmDetail): readonly string[] {
  return spec ? [stringify(spec)] : []
}
