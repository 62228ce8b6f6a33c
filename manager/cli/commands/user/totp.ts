// `hostless user totp show|enable|confirm|disable|reset`: the codes of an authenticator app beside a password.
import type { Command } from 'commander'
import type { SecondFactor } from '../../../contract/second-factor.ts'
import type { User } from '../../../protocol/accounts.ts'
import type { World } from '../../engine/answer.ts'
import type { PoolApi } from '../../engine/api/calls.ts'
import { addApiOptions } from '../../engine/api/settings.ts'
import { number, text } from '../../engine/columns.ts'
import { describedCommand } from '../../engine/described.ts'
import { CommandFailure } from '../../engine/failure.ts'
import { confirm, doToEach } from '../../engine/outcomes.ts'
import { addOutputOption } from '../../engine/output/options.ts'
import { type OutputFormat, type Report, render } from '../../engine/output/output.ts'
import { addDoing, addListing, connect, type ListOptions } from '../../engine/pool-command.ts'
import type { Selected } from '../../engine/selecting.ts'
import { localTotpReset } from './local.ts'

export function addTotpCommands(
  user: Command,
  world: World,
  pick: (args: readonly string[], users: readonly User[]) => Selected<User>,
): void {
  const totp = user.command('totp').description('a second factor beside your password: codes of an authenticator app, asked for at sign-in')
  addListing(totp, world, {
    name: 'show',
    description: 'whether you have one, and how many recovery codes are left',
    examples: [['user totp show', 'your own']],
    changes: [],
    load: async (api) => ({ report: stateReport(await api.secondFactor.show()) }),
  })
  addDoing(totp, world, {
    name: 'enable',
    description: 'begin one: shows its secret once, for the app, and asks for the first code',
    examples: [['user totp enable', 'asks for your password; tokens, and this login, go on without a code']],
    act: async (api, _args, { output }) => {
      const password = await passwordOf(world)
      const { secret, uri } = await api.secondFactor.begin({ password })
      world.out.write(render(record('factor', 'Second factor', { secret, uri }), output, { ...world.out, columns: undefined }))
      const code = await world.prompt.ask('Put it into the app, and type the code that it shows: ')
      if (code === undefined) return world.err.write('it counts when hostless user totp confirm CODE has confirmed it\n')
      await confirmed(api, code, output, world)
    },
  })
  addDoing(totp, world, {
    name: 'confirm <code>',
    description: 'confirm one that was begun: it counts from then on; shows ten recovery codes, once',
    examples: [['user totp confirm 492039', 'the code that the app shows']],
    act: (api, [code = ''], { output }) => confirmed(api, code, output, world),
  })
  addDoing<{ readonly code?: string }>(totp, world, {
    name: 'disable',
    description: 'end yours, by your password and a code',
    examples: [['user totp disable', 'asks for both']],
    options: (command) => command.option('--code <code>', 'of the app, or a recovery code'),
    act: async (api, _args, { code: said, output }) => {
      const password = await passwordOf(world)
      const code = said ?? (await world.prompt.ask('Code of your app, or a recovery code: '))
      if (code === undefined) throw new CommandFailure('a code is needed, too: --code', 2)
      world.out.write(render(stateReport(await api.secondFactor.end({ password, code })), output, world.out))
    },
  })
  addReset(totp, world, pick)
}

type ResetOptions = ListOptions & { readonly yes?: true; readonly local?: true }

function addReset(totp: Command, world: World, pick: (args: readonly string[], users: readonly User[]) => Selected<User>): void {
  const command = describedCommand(totp, {
    name: 'reset <selector...>',
    description: 'take it away from users who have lost it: their password alone signs them in (admin)',
    examples: [
      ['user totp reset grace', 'her phone is gone, and her recovery codes, too'],
      ['user totp reset ada --local', "on the manager's machine, of the last admin"],
    ],
  })
    .option('--yes', 'do not ask')
    .option('--local', "of one user, straight in the database of this machine's manager, whether it runs or not")
  addApiOptions(addOutputOption(command)).action(async (args: readonly string[], options: ResetOptions) => {
    if (options.local) return localTotpReset(args, options, world)
    const api = await connect(options, world)
    const selected = pick(args, (await api.users.list()).users)
    const names = selected.items.map(({ name }) => name).join(', ')
    if (selected.items.length > 0) await confirm(`Let ${names} sign in by the password alone?`, options.yes, world)
    const act = async ({ name }: User): Promise<string> => {
      await api.secondFactor.reset({ name })
      return 'reset'
    }
    await doToEach(selected, 'user', ({ name }) => name, act, { world, output: options.output })
  })
}

async function passwordOf({ prompt }: World): Promise<string> {
  const password = await prompt.secret('Your password: ')
  if (password === '') throw new CommandFailure('no password was given: type it, or give it on the first line of stdin', 2)
  return password
}

async function confirmed(api: PoolApi, code: string, output: OutputFormat, world: World): Promise<void> {
  const { recoveryCodes } = await api.secondFactor.confirm({ code: code.trim() })
  const rows = recoveryCodes.map((one) => ({ code: one }))
  const section = {
    name: 'recoverycodes',
    item: 'code',
    title: 'Recovery codes',
    shape: 'list',
    columns: [text('code', 'RECOVERY CODE')],
    rows,
    empty: '',
  } as const
  world.out.write(render({ name: 'recoverycodes', sections: [section] }, output, { ...world.out, columns: undefined }))
  world.err.write('A code is asked for from now on. Each of these signs you in once when the app is lost: they are shown this once.\n')
}

function stateReport({ state, recoveryCodes }: SecondFactor): Report {
  const columns = [text('state', 'Second factor'), number('recoverycodes', 'Recovery codes left')]
  const rows = [{ state, recoverycodes: recoveryCodes }]
  const section = { name: 'factor', item: 'factor', title: 'Second factor', shape: 'record', columns, rows, empty: '' } as const
  return { name: 'factor', sections: [section] }
}

function record(name: string, title: string, row: { readonly secret: string; readonly uri: string }): Report {
  const columns = [text('secret', 'Secret'), text('uri', 'URI')]
  const section = { name, item: name, title, shape: 'record', columns, rows: [row], empty: '' } as const
  return { name, sections: [section] }
}
