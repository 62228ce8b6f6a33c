// `hostless vm list|show|where|history|apply|edit|…` and `hostless vm-network …`: guests that the manager keeps, and what they attach to.
import { isDeepStrictEqual } from 'node:util'
import type { Command } from 'commander'
import { stringify } from 'yaml'
import type { VmDetail } from '../../../contract/vms.ts'
import type { World } from '../../engine/answer.ts'
import { everyHost } from '../../engine/api/every-host.ts'
import { inBatches } from '../../engine/batches.ts'
import { CommandFailure } from '../../engine/failure.ts'
import { render } from '../../engine/output/output.ts'
import { addDoing, addListing } from '../../engine/pool-command.ts'
import { pickHosts, type Selected } from '../../engine/selecting.ts'
import { addVmStats } from '../measures/measures.ts'
import { addVmChange } from './change.ts'
import { addChangeOptions, type ChangeOptions, changeEach, type Guest } from './changing.ts'
import { addVmConsole } from './console.ts'
import { addVmCreate } from './create.ts'
import { addVmHistory } from './history.ts'
import { addVmForget, addVmLife } from './life.ts'
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
    like: () => vmsReport([]),
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
    like: () => placesReport({ fits: [], refused: [] }),
    load: async (api, [name], { file, on }) => {
      const hosts = on && pickHosts(on, await everyHost(api)).items.map(({ id }) => id)
      const spec = file === undefined ? undefined : specFrom(await readText(file), file)
      if (!spec && name === undefined) throw new CommandFailure('name a guest, or a file: -f FILE', 2)
      const about = spec ? { spec: sent(spec) } : { ref: name ?? '' }
      return { report: placesReport(await api.vms.where({ ...about, ...(hosts ? { hosts } : {}) })) }
    },
  })
  addVmStats(vm, world)
  addVmCreate(vm, world, readText)
  addVmLife(vm, world)
  addVmForget(vm, world)
  addVmChange(vm, world)
  addVmConsole(vm, world)
  addVmHistory(vm, world)
  addDoing<ChangeOptions & { readonly file: string }>(vm, world, {
    name: 'apply [guest]',
    description:
      'have a guest be as a file says: disks and NICs that it does not name go; what cannot be at once is from its next start on',
    examples: [
      ['vm apply -f web1.yaml', 'the guest that it names'],
      ['vm apply -f web1.yaml --dry-run', 'what would be other, and from when on'],
    ],
    options: (command) =>
      addChangeOptions(command).requiredOption('-f, --file <file>', 'YAML, as hostless vm show --output yaml writes it'),
    act: async (api, [name], { file, ...options }) => {
      const spec = specFrom(await readText(file), file)
      await changeEach(one(name ?? spec.uuid ?? spec.name, spec.name), { ...options, api, world, asked: { spec: sent(spec) } })
    },
  })
  addDoing<ChangeOptions>(vm, world, {
    name: 'edit <guest>',
    description: 'change the spec of a guest in $EDITOR, as vm apply does',
    examples: [['vm edit web1', 'one']],
    options: addChangeOptions,
    act: async (api, [name = ''], options) => {
      const { spec } = await api.vms.show({ ref: name })
      if (!spec) throw new CommandFailure(`${name}: hostless did not make it, and keeps no spec of it`, 2)
      const text = await edited(stringify(spec), world.environment)
      if (text === undefined) throw new CommandFailure('nothing was changed')
      const { spec: now } = await api.vms.show({ ref: name })
      if (!isDeepStrictEqual(now, spec))
        throw new CommandFailure(`${name} was changed by somebody else meanwhile: hostless vm edit ${name} shows it`)
      await changeEach(one(name, name), { ...options, api, world, asked: { spec: sent(specFrom(text, 'what you wrote')) } })
    },
  })
}

function one(ref: string, name: string): Selected<Guest> {
  return { items: [{ ref, name }], missing: [] }
}

function specText({ spec }: VmDetail): readonly string[] {
  return spec ? [stringify(spec)] : []
}
