// `hostless vm start|stop|reboot|pause|unpause|destroy`: what is to become of guests, of one or of as many as a selector means.

import type { Command } from 'commander'
import type { StartedAutomation } from '../../../contract/automations.ts'
import type { Vm } from '../../../contract/vms.ts'
import type { World } from '../../engine/answer.ts'
import type { PoolApi } from '../../engine/api/calls.ts'
import { everyHost } from '../../engine/api/every-host.ts'
import { addDetachOption, type DetachOptions, startOnEach } from '../../engine/automation/starting.ts'
import { CommandFailure } from '../../engine/failure.ts'
import { confirm } from '../../engine/outcomes.ts'
import { oneLine } from '../../engine/output/text.ts'
import { addDoing } from '../../engine/pool-command.ts'
import { wholeNumber } from '../../engine/quantities.ts'
import { pickOneHost } from '../../engine/selecting.ts'
import { allWithin } from '../../engine/within.ts'
import { pickVms } from './picking.ts'

interface LifeOptions extends DetachOptions {
  readonly yes?: true
  readonly on?: string
  readonly hard?: true
  readonly timeout?: number
  readonly keepDisks?: true
}

interface Verb {
  readonly verb: 'start' | 'stop' | 'reboot' | 'pause' | 'unpause' | 'destroy'
  readonly description: string
  readonly example: readonly [arguments_: string, does: string]
  readonly options?: (command: Command) => Command
  /** Of what asks before it is done to more than one. */
  readonly question?: string
  readonly act: (api: PoolApi, ref: string, options: LifeOptions, host: string | undefined) => Promise<StartedAutomation>
}

const VERBS: readonly Verb[] = [
  {
    verb: 'start',
    description: 'start guests on the hosts that their disks lie on',
    example: ["'web*'", 'all that are called so'],
    options: (command) => command.option('--on <host>', 'the host that it is to run on'),
    act: (api, ref, _options, host) => api.vms.start({ ref, ...(host === undefined ? {} : { host }) }),
  },
  {
    verb: 'stop',
    description: 'have guests power off, and wait for it',
    example: ['web1 --timeout 60 --hard', 'ended without its help when it has not powered off after 60 s'],
    question: 'Stop',
    options: (command) =>
      command
        .option('--timeout <seconds>', 'that it has for it', wholeNumber(1, 86_400))
        .option('--hard', 'end it without its help: at once, or with --timeout when that is over'),
    act: (api, ref, { hard, timeout }) => {
      const how = hard ? (timeout === undefined ? 'hard' : 'clean, then hard') : 'clean'
      return api.vms.stop({ ref, how, ...(timeout === undefined ? {} : { seconds: timeout }) })
    },
  },
  {
    verb: 'reboot',
    description: 'ask guests to reboot',
    example: ['web1', 'one'],
    question: 'Reboot',
    act: (api, ref) => api.vms.reboot({ ref }),
  },
  { verb: 'pause', description: 'have Xen pause guests', example: ['web1', 'one'], act: (api, ref) => api.vms.pause({ ref }) },
  { verb: 'unpause', description: 'have paused guests go on', example: ['web1', 'one'], act: (api, ref) => api.vms.unpause({ ref }) },
  {
    verb: 'destroy',
    description: 'end guests at once, and remove them with their disks',
    example: ["'web[1-10]' --yes", 'ten, without being asked'],
    question: 'Destroy, with all that is on their disks,',
    options: (command) => command.option('--keep-disks', 'leave their disks where they lie'),
    act: (api, ref, { keepDisks }) => api.vms.destroy({ ref, disks: keepDisks ? 'keep' : 'remove' }),
  },
]

export function addVmLife(vm: Command, world: World): void {
  for (const { verb, description, example, options, question, act } of VERBS) {
    addDoing<LifeOptions>(vm, world, {
      name: `${verb} <selector...>`,
      description,
      examples: [[`vm ${verb} ${example[0]}`, example[1]]],
      options: (command) => {
        const detachable = addDetachOption(command)
        if (question !== undefined) detachable.option('--yes', 'also for more than one, without being asked')
        return options?.(detachable) ?? detachable
      },
      act: async (api, args, given) => {
        const { on, yes, output, detach } = given
        const selected = await pickVms(api, args)
        const strangers = selected.items.filter(({ state }) => state === 'unmanaged').map(({ name }) => oneLine(name))
        if (strangers.length > 0) throw new CommandFailure(`${strangers.join(', ')}: hostless did not make it, and leaves it alone`, 2)
        if (question !== undefined && selected.items.length > 1) await confirm(`${question} ${namesOf(selected.items)}?`, yes, world)
        await allWithin(api, selected)
        const host = on === undefined ? undefined : pickOneHost(on, await everyHost(api)).id
        const start = ({ uuid }: Vm) => act(api, uuid, given, host)
        await startOnEach(selected, { noun: 'guest', nameOf: ({ name }: Vm) => name, start, api, world, output, detach })
      },
    })
  }
}

/** Of one guest, with its name typed: nobody can look whether it is right. */
export function addVmForget(vm: Command, world: World): void {
  addDoing<LifeOptions & { readonly confirm?: string }>(vm, world, {
    name: 'forget <guest>',
    description: 'know nothing more of a guest whose host is gone for good; its disks are left behind, and listed',
    examples: [['vm forget web1', 'whose host was fenced, rejected or removed; its name is asked for']],
    options: (command) => addDetachOption(command).option('--confirm <name>', 'its name, without being asked for it'),
    act: async (api, [ref = ''], { confirm: said, output, detach }) => {
      const { name, disks } = await api.vms.show({ ref })
      const left = disks.map(({ vg, lv }) => oneLine(`${vg}/${lv}`)).join(', ') || 'no disk'
      const question = `${oneLine(name)} is forgotten, and ${left} stays where it lies. Its name, to confirm: `
      const typed = said ?? (await world.prompt.ask(question))
      if (typed === undefined) throw new CommandFailure(`${question}nobody is there to say it: add --confirm NAME`, 2)
      const start = (guest: string) => api.vms.forget({ ref: guest, confirm: typed.trim() })
      await startOnEach({ items: [ref], missing: [] }, { noun: 'guest', nameOf: () => name, start, api, world, output, detach })
    },
  })
}

/** Up to twenty. */
function namesOf(vms: readonly Vm[]): string {
  const names = vms.map(({ name }) => oneLine(name))
  return names.length > 20 ? `${names.slice(0, 19).join(', ')} and ${names.length - 19} others` : names.join(', ')
}
