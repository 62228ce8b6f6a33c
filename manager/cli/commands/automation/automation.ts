// `hostless automation list|show|watch|abort|resume|pace|retry-undo`: what takes more than one step, and how far it is.
import type { Command } from 'commander'
import type { Automation, StartedAutomation } from '../../../contract/automations.ts'
import type { World } from '../../engine/answer.ts'
import type { PoolApi } from '../../engine/api/calls.ts'
import { confirm, doToEach } from '../../engine/outcomes.ts'
import { addDoing, addListing } from '../../engine/pool-command.ts'
import { rateOrUnlimited } from '../../engine/quantities.ts'
import { type ById, pickById, wholeId } from '../../engine/selecting-by-id.ts'
import { automationReport, automationsReport } from './report.ts'
import { watchAutomation } from './watching.ts'

export function addAutomationCommands(program: Command, world: World): void {
  const automation = program.command('automation').description('what takes more than one step: how far it is, and a say in it')
  addListing<{ readonly open?: true; readonly limit: string; readonly guest?: string }>(automation, world, {
    name: 'list',
    description: 'automations, the newest first',
    examples: [
      ['automation list --open', 'those that have not ended'],
      ['automation list --guest web1', 'all that was done to a guest'],
      ['automation list --watch', 'as they go on'],
    ],
    changes: ['automation'],
    options: (command) =>
      command
        .option('--open', 'only what has not ended')
        .option('--guest <guest>', 'what was done to this guest')
        .option('--limit <count>', 'at most so many', '100'),
    like: () => automationsReport([]),
    load: async (api, _args, { open, limit, guest }) => {
      const about = guest === undefined ? {} : { about: (await api.vms.show({ ref: guest })).uuid }
      return { report: automationsReport((await api.automations.list({ which: open ? 'open' : 'all', limit, ...about })).automations) }
    },
  })
  addListing(automation, world, {
    name: 'show <automation>',
    description: 'one, by its id or the beginning of that: its steps, and what would be taken back',
    examples: [['automation show k3tq --output json', 'for a program']],
    changes: ['automation'],
    load: async (api, [given = '']) => ({ report: automationReport(await api.automations.show({ id: await oneId(api, given) })) }),
  })
  addDoing(automation, world, {
    name: 'watch <automation>',
    description: 'one as it goes on, until it has ended or waits for an operator',
    examples: [['automation watch k3tq', 'its steps, live']],
    act: async (api, [given = ''], { output }) => watchAutomation(api, await oneId(api, given), world, output),
  })
  addSay(automation, world, {
    name: 'abort <automation...>',
    description: 'end it, and take back what it has done; not from its point of no return on',
    example: ['automation abort k3tq', 'one'],
    question: 'End',
    say: (api, id) => api.automations.abort({ id }),
  })
  addSay(automation, world, {
    name: 'resume <automation...>',
    description: 'go on with one that needs an operator: with the recipe of this hostless, or with the undo that has failed',
    example: ['automation resume k3tq', 'after an upgrade, say'],
    say: (api, id) => api.automations.resume({ id }),
  })
  addSay<{ readonly rate: number | 'unlimited' }>(automation, world, {
    name: 'pace <automation...>',
    description: 'how fast a move goes from now on, while it runs',
    example: [
      'automation pace k3tq --rate 40M',
      'at most 40 MiB a second of its memory, and of each disk; unlimited: all that the network carries',
    ],
    options: (command) => command.requiredOption('--rate <rate>', 'a second: 40M, 50MB/s, unlimited', rateOrUnlimited),
    say: (api, id, { rate }) => api.automations.pace({ id, rateBytes: rate === 'unlimited' ? null : rate }),
  })
  addSay<{ readonly byHand?: true }>(automation, world, {
    name: 'retry-undo <automation...>',
    description: 'try the undo again that has failed',
    example: ['automation retry-undo k3tq --by-hand', 'a person has done it: it is not tried again'],
    options: (command) => command.option('--by-hand', 'it was done by hand, and is not tried again'),
    say: (api, id, { byHand }) => api.automations.retryUndo({ id, how: byHand ? 'by-hand' : 'retry' }),
  })
}

interface Say<Options> {
  readonly name: string
  readonly description: string
  readonly example: readonly [command: string, does: string]
  /** Asked before it is said to more than one. */
  readonly question?: string
  readonly options?: (command: Command) => Command
  readonly say: (api: PoolApi, id: string, options: Options) => Promise<StartedAutomation>
}

function addSay<Options extends object>(parent: Command, world: World, words: Say<Options>): void {
  const { name, description, example, question, say } = words
  addDoing<Options & { readonly yes?: true }>(parent, world, {
    ...{ name, description, examples: [example] },
    options: (command) => {
      words.options?.(command)
      return question === undefined ? command : command.option('--yes', 'also more than one, without being asked')
    },
    act: async (api, args, options) => {
      const known = await those(api)
      const selected = await pickById(args, known)
      if (question !== undefined && selected.items.length > 1) {
        await confirm(`${question} ${selected.items.map(({ title }) => title).join('; ')}?`, options.yes, world)
      }
      const act = async ({ id }: Automation): Promise<string> => {
        const { automation } = await say(api, id, options)
        return `${automation.state}: hostless automation watch ${automation.id}`
      }
      await doToEach(selected, known.noun, ({ id }) => id, act, { world, output: options.output })
    },
  })
}

/** Whatever is open, and the newest of what has ended. */
async function those(api: PoolApi): Promise<ById<Automation>> {
  const [open, newest] = [await api.automations.list({ which: 'open', limit: 1000 }), await api.automations.list({ limit: 1000 })]
  return { all: [...newest.automations, ...open.automations], noun: 'automation', show: (id) => api.automations.show({ id }) }
}

async function oneId(api: PoolApi, given: string): Promise<string> {
  const { all, noun } = await those(api)
  return wholeId(
    all.map(({ id }) => id),
    given,
    noun,
  )
}
