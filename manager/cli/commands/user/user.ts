// `hostless user list|add|role|password|remove`: who may come in.
import { type Command, Option } from 'commander'
import { ROLES, type Role, role, type User, userName } from '../../../protocol/accounts.ts'
import type { World } from '../../engine/answer.ts'
import { addApiOptions } from '../../engine/api/settings.ts'
import { iso, text, time } from '../../engine/columns.ts'
import { describedCommand } from '../../engine/described.ts'
import { CommandFailure } from '../../engine/failure.ts'
import { listReport } from '../../engine/list-report.ts'
import { newPassword } from '../../engine/new-password.ts'
import { confirm, doToEach } from '../../engine/outcomes.ts'
import { addDoing, addListing, connect, type ListOptions } from '../../engine/pool-command.ts'
import { pick, type Selected } from '../../engine/selecting.ts'
import { addOutputOption } from '../image/options.ts'
import { localUserAdd } from './local.ts'

export function addUserCommands(program: Command, world: World): void {
  const user = program.command('user').description('who may come in, and as what: viewer, operator, admin')
  addListing(user, world, {
    name: 'list [selector...]',
    description: 'the users, by name, pattern or @role',
    examples: [['user list @admin', 'who may do everything']],
    changes: [],
    load: async (api, args) => {
      const { items, missing } = pickUsers(args, (await api.users.list()).users)
      const columns = [text('user', 'USER'), text('role', 'ROLE'), time('created', 'SINCE'), time('lastseen', 'LAST SEEN')]
      const rows = items.map(({ name, role: has, created, lastSeen }) => ({
        ...{ user: name, role: has, created: iso(created), lastseen: iso(lastSeen) },
      }))
      return { report: listReport('users', 'user', columns, rows, 'There is no user.'), missing }
    },
  })
  addAdd(user, world)
  addDoing(user, world, {
    name: 'role <role> <selector...>',
    description: `let users be ${ROLES.join(', ')}`,
    examples: [["user role viewer 'guest*'", 'they may look only']],
    act: async (api, [as = '', ...args], { output }) => {
      const wanted = role.safeParse(as)
      if (!wanted.success) throw new CommandFailure(`${as} is no role: say ${ROLES.join(', ')}`, 2)
      const act = async ({ name }: User) => (await api.users.change({ name, role: wanted.data })).role
      await doToEach(pickUsers(args, (await api.users.list()).users), 'user', nameOf, act, { world, output })
    },
  })
  addDoing(user, world, {
    name: 'password [name]',
    description: "change your own password, or another's; it ends that user's sessions and tokens",
    examples: [
      ['user password', 'your own'],
      ['user password grace', 'that of another (admin)'],
    ],
    act: async (api, [named], { output }) => {
      const name = named ?? (await api.access.whoami()).user
      const password = await newPassword(name, world.prompt)
      const act = async (): Promise<string> => {
        await api.users.change({ name, password })
        return 'changed: log in again'
      }
      await doToEach({ items: [name], missing: [] }, 'user', (each) => each, act, { world, output })
    },
  })
  addDoing<{ readonly yes?: true }>(user, world, {
    name: 'remove <selector...>',
    description: 'let users in no more; their sessions and tokens end',
    examples: [['user remove grace --yes', 'without being asked']],
    options: (command) => command.option('--yes', 'do not ask'),
    act: async (api, args, { output, yes }) => {
      const selected = pickUsers(args, (await api.users.list()).users)
      if (selected.items.length > 0) await confirm(`Remove ${selected.items.map(nameOf).join(', ')}?`, yes, world)
      const act = async ({ name }: User): Promise<string> => {
        await api.users.remove({ name })
        return 'removed'
      }
      await doToEach(selected, 'user', nameOf, act, { world, output })
    },
  })
}

type AddOptions = ListOptions & { readonly role?: Role; readonly local?: true }

function addAdd(user: Command, world: World): void {
  const command = describedCommand(user, {
    name: 'add <name>',
    description: 'let one more person in; asks for a password of at least 12 characters (one line of stdin when it is no terminal)',
    examples: [
      ['user add grace --role operator', 'somebody who may act on hosts'],
      ['user add ada --role admin --local', "the first admin, on the manager's machine; or a new password for one who lost theirs"],
    ],
  })
    .addOption(new Option('--role <role>', 'what the user may do (default: viewer)').choices(ROLES))
    .option('--local', "straight into the database of this machine's manager, whether it runs or not")
  addApiOptions(addOutputOption(command)).action(async (name: string, options: AddOptions) => {
    if (options.local) return localUserAdd(name, options, world)
    const named = userName.safeParse(name)
    if (!named.success) throw new CommandFailure(`${name} ${problemOf(named)}`, 2)
    const api = await connect(options, world)
    const password = await newPassword(name, world.prompt)
    const act = async () => `added as ${(await api.users.add({ name, password, role: options.role ?? 'viewer' })).role}`
    await doToEach({ items: [name], missing: [] }, 'user', (each) => each, act, { world, output: options.output })
  })
}

const nameOf = ({ name }: User): string => name

function pickUsers(args: readonly string[], users: readonly User[]): Selected<User> {
  return pick(args, users, { noun: 'user', names: ({ name }) => [name], groups: ({ role: has }) => [has] })
}

function problemOf({ error }: { readonly error?: { readonly issues: readonly { readonly message: string }[] } | undefined }): string {
  return error?.issues[0]?.message ?? 'is not right'
}
