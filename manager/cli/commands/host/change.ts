// `hostless host approve|reject|…|group|note|rename`: what is to become of hosts, of one or of as many as a selector means.

import type { Command } from 'commander'
import { bootSettings } from '../../../contract/boots.ts'
import type { Host, HostAction } from '../../../contract/hosts.ts'
import { sayHost } from '../../../protocol/host.ts'
import { HOST_FIELD_NAMES, type HostFieldName } from '../../../protocol/host-fields.ts'
import { sayPlace } from '../../../wording.ts'
import type { World } from '../../engine/answer.ts'
import { everyHost } from '../../engine/api/every-host.ts'
import { CommandFailure } from '../../engine/failure.ts'
import { confirm, doToEach } from '../../engine/outcomes.ts'
import { oneLine } from '../../engine/output/text.ts'
import { addDoing } from '../../engine/pool-command.ts'
import { pickHosts, pickOneHost } from '../../engine/selecting.ts'
import { allWithin } from '../../engine/within.ts'
import { addApprove } from './approve.ts'
import { addBootOnce } from './boot-once.ts'
import { addBringHome } from './bring-home.ts'
import { addEvacuate } from './evacuate.ts'

interface ActionWords {
  readonly action: Exclude<HostAction, 'approve'>
  readonly description: string
  readonly example: readonly [selector: string, does: string]
  /** Of what nobody does by mistake twice. */
  readonly question?: (hosts: string) => string
}

/** Approve is approve.ts's. */
const ACTIONS: readonly ActionWords[] = [
  {
    action: 'reject',
    description: 'shut machines out: their certificates are good no more (admin)',
    example: ['stranger --yes', 'without being asked'],
    question: (hosts) => `Shut out ${hosts}?`,
  },
  {
    action: 'cordon',
    description: 'let no guest come to hosts: what is on them stays and runs on',
    example: ['@rack3 --reason "PDU 2 is changed on Friday"', 'a rack; host list, host show and vm where say why'],
  },
  { action: 'uncordon', description: 'let guests come again', example: ['@rack3', 'a rack that is done'] },
  {
    action: 'maintain',
    description: 'take hosts without guests out of service, to work on them: lost or booted, they stay in maintenance; a cordon stays, too',
    example: ['@rack3,-node17', 'a rack but one host'],
  },
  {
    action: 'resume',
    description: 'take hosts back into service; those that are cordoned stay so',
    example: ['@rack3', 'a rack that is done'],
  },
  {
    action: 'fence',
    description: 'say that lost hosts can run nothing now, so that their guests may start elsewhere (admin)',
    example: ['node03 --proof "power cut at PDU 2, outlet 7, seen dark"', 'what says so goes into the history'],
    question: (hosts) => `If a guest still runs on ${hosts}, its disks get two writers. Is it certain that nothing runs there?`,
  },
  {
    action: 'release',
    description: 'take the fence from hosts; they are in the service that they were in',
    example: ['node03', 'it was mended, and may boot again'],
  },
]

interface FieldWords {
  readonly name: string
  readonly description: string
  readonly examples: readonly (readonly [command: string, does: string])[]
  /** What is said of a host that has this text now. */
  readonly done: (text: string) => string
}

/** The command of each field that operators write. */
const FIELDS: Readonly<Record<HostFieldName, FieldWords>> = {
  notes: {
    name: 'note',
    description: 'write a note on hosts in the place of the one before; an empty one removes it',
    examples: [
      ['host note node03 "DIMM 4 is on order"', 'on one host'],
      ['host note @rack3 ""', 'no note any more'],
    ],
    done: (text) => (text === '' ? 'no note' : 'noted'),
  },
}

interface ActionOptions {
  readonly yes?: true
  readonly proof?: string
  readonly reason?: string
}

export function addHostChanges(host: Command, world: World): void {
  addApprove(host, world)
  for (const words of ACTIONS) addAction(host, world, words)
  addEvacuate(host, world)
  addBringHome(host, world)
  addGroup(host, world)
  for (const field of HOST_FIELD_NAMES) addField(host, world, field)
  addBoot(host, world)
  addBootOnce(host, world)
  addDoing(host, world, {
    name: 'rename <host> <name>',
    description: 'give one host another name',
    examples: [['host rename node17 db01', 'its history and guests stay with it']],
    act: async (api, [from = '', to = ''], { output }) => {
      const one = pickOneHost(from, await everyHost(api))
      const act = async ({ id: ref }: Host) => `called ${(await api.hosts.change({ ref, name: to })).name}`
      await doToEach({ items: [one], missing: [] }, 'host', nameOf, act, { world, output })
    },
  })
}

function addAction(host: Command, world: World, { action, description, example: [selector, does], question }: ActionWords): void {
  addDoing<ActionOptions>(host, world, {
    name: `${action} <selector...>`,
    description,
    examples: [[`host ${action} ${selector}`, does]],
    options: (command) => {
      if (question) command.option('--yes', 'do not ask')
      if (action === 'cordon') command.option('--reason <text>', 'why, for who asks where a guest can go')
      return action === 'fence' ? command.option('--proof <text>', 'what says that it can run nothing') : command
    },
    act: async (api, args, { output, yes, proof, reason }) => {
      if (action === 'fence' && !proof) throw new CommandFailure('what shows that they can run nothing now? Say it with --proof TEXT', 2)
      const actOn = (ref: string): Promise<Host> => {
        if (action === 'cordon') return api.hosts.cordon({ ref, ...(reason === undefined ? {} : { reason }) })
        return action === 'fence' ? api.hosts.fence({ ref, proof: proof ?? '' }) : api.hosts[action]({ ref })
      }
      const selected = await allWithin(api, pickHosts(args, await everyHost(api)))
      if (question && selected.items.length > 0) await confirm(question(namesOf(selected.items)), yes, world)
      await doToEach(selected, 'host', nameOf, async ({ id }) => stands(await actOn(id)), { world, output })
    },
  })
}

function addGroup(host: Command, world: World): void {
  const group = addDoing(host, world, {
    name: 'group <selector> <change...>',
    description: 'put hosts into groups (+NAME) and take them out (-NAME)',
    examples: [
      ["host group 'node[01-20]' +rack3 +ssd", 'twenty into two groups'],
      ['host group @rack3 +rack4 -rack3', 'a rack that has moved'],
    ],
    act: async (api, [selector = '', ...changes], { output }) => {
      const { add, remove } = groupChanges(changes)
      const act = async ({ id, groups }: Host): Promise<string> => {
        const next = [...new Set([...groups, ...add])].filter((name) => !remove.has(name))
        return (await api.hosts.change({ ref: id, groups: next })).groups.join(' ') || 'in no group'
      }
      await doToEach(await allWithin(api, pickHosts([selector], await everyHost(api))), 'host', nameOf, act, { world, output })
    },
  })
  // `-rack3` is a change here, and no option.
  group.allowUnknownOption().helpOption('--help', 'display help for command')
}

interface GroupChanges {
  readonly add: ReadonlySet<string>
  readonly remove: ReadonlySet<string>
}

export function groupChanges(changes: readonly string[]): GroupChanges {
  const [add, remove] = [new Set<string>(), new Set<string>()]
  for (const change of changes) {
    const [, sign, name = ''] = /^([+-])([^-+\s].*)$/.exec(change) ?? []
    if (sign === undefined) throw new CommandFailure(`${change} is no change of groups: say +NAME or -NAME`, 2)
    ;(sign === '+' ? add : remove).add(name)
  }
  const [both] = [...add].filter((name) => remove.has(name))
  if (both !== undefined) throw new CommandFailure(`${both} is both to be added and removed`, 2)
  return { add, remove }
}

interface BootOptions {
  readonly root?: string
  readonly force?: true
}

function addBoot(host: Command, world: World): void {
  addDoing<BootOptions>(host, world, {
    name: 'image <selector> [image]',
    description: 'say what hosts boot from their next boot on; the word default gives the choice back to their appliance',
    examples: [
      ['host image @rack3 dom0-test', 'another image'],
      ['host image node03 --root ram', 'the same image, its root wholly in memory'],
      ['host image @rack3 default --root default', 'as the config says'],
    ],
    options: (command) =>
      command.option('--root <mode>', 'nfs, ram or default').option('--force', 'also an image that no appliance is known to have'),
    act: async (api, [selector = '', image], { output, root, force }) => {
      if (image === undefined && root === undefined) throw new CommandFailure('name an image, or --root', 2)
      const wanted = bootSettings.safeParse({ ...orDefault('image', image), ...orDefault('root', root) })
      if (!wanted.success)
        throw new CommandFailure(wanted.error.issues.map(({ path, message }) => `${sayPlace(path)}: ${message}`).join('; '), 2)
      const act = async ({ id }: Host): Promise<string> => {
        await api.boots.set({ ref: id, ...wanted.data, ...(force ? { force } : {}) })
        return [...(image === undefined ? [] : [`image ${image}`]), ...(root === undefined ? [] : [`root ${root}`])].join(', ')
      }
      await doToEach(await allWithin(api, pickHosts([selector], await everyHost(api))), 'host', nameOf, act, { world, output })
    },
  })
}

function orDefault(key: string, value: string | undefined): Readonly<Record<string, string | null>> {
  return value === undefined ? {} : { [key]: value === 'default' ? null : value }
}

function addField(host: Command, world: World, field: HostFieldName): void {
  const { name, description, examples, done } = FIELDS[field]
  addDoing(host, world, {
    name: `${name} <selector> <text>`,
    description,
    examples,
    act: async (api, [selector = '', text = ''], { output }) => {
      const act = async ({ id }: Host): Promise<string> => done((await api.hosts.change({ ref: id, [field]: text }))[field])
      await doToEach(await allWithin(api, pickHosts([selector], await everyHost(api))), 'host', nameOf, act, { world, output })
    },
  })
}

const nameOf = ({ name }: Host): string => name

const stands = (host: Host): string => (host.cordon ? `${sayHost(host)}, cordoned: ${oneLine(host.cordon.reason)}` : sayHost(host))

/** `node01, node02 and 3 others`. */
function namesOf(hosts: readonly Host[]): string {
  const names = hosts.map(({ name }) => oneLine(name))
  const shown = names.slice(0, names.length > 6 ? 5 : 6)
  return names.length > shown.length ? `${shown.join(', ')} and ${names.length - shown.length} others` : shown.join(', ')
}
