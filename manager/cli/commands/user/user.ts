// `hostless user list|show|add|set|role|password|remove`: who may come in.
import { type Command, Option } from 'commander'
import { ROLES, type Role, role, type User, userName } from '../../../protocol/accounts.ts'
import { sayLimit } from '../../../protocol/group-limit.ts'
import type { World } from '../../engine/answer.ts'
import { addApiOptions } from '../../engine/api/settings.ts'
import { iso, text, time, words } from '../../engine/columns.ts'
import { describedCommand } from '../../engine/described.ts'
import { CommandFailure } from '../../engine/failure.ts'
import { listReport } from '../../engine/list-report.ts'
import { newPassword } from '../../engine/new-password.ts'
import { confirm, doToEach } from '../../engine/outcomes.ts'
import { addOutputOption } from '../../engine/output/options.ts'
import type { Report, Row } from '../../engine/output/output.ts'
import { addDoing, addListing, connect, type ListOptions } from '../../engine/pool-command.ts'
import { pick, type Selected } from '../../engine/selecting.ts'
import { groupsIn } from './limit.ts'
import { localUserAdd } from './local.ts'
import { addTotpCommands } from './totp.ts'

export function addUserCommands(program: Command, world: World): void {
  const user = program.command('user').description('who may come in, and as what: viewer, operator, admin')
  addListing(user, world, {
    name: 'list [selector...]',
    description: 'the users, by name, pattern or @role: where they come in from, and on which groups of hosts and guests each acts',
    examples: [['user list @admin', 'who may do everything']],
    changes: [],
    like: () => usersReport([]),
    load: async (api, args) => {
      const { items, missing } = pickUsers(args, (await api.users.list()).users)
      const rows = items.map(({ name, role: has, groups, secondFactor, issuer, created, lastSeen }) => ({
        ...{
          user: name,
          from: hostIn(issuer),
          role: has,
          groups: sayLimit(groups),
          totp: secondFactor ?? null,
          created: iso(created),
          lastseen: iso(lastSeen),
        },
      }))
      return { report: usersReport(rows), missing }
    },
  })
  addShow(user, world)
  addAdd(user, world)
  addSet(user, world)
  addTotpCommands(user, world, pickUsers)
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
    description: 'let users in no more; their sessions and tokens end (who comes in by an issuer: remove them there, too)',
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

function addShow(user: Command, world: World): void {
  addListing(user, world, {
    name: 'show <name>',
    description: 'one user: role, groups, when it was last seen (admin)',
    examples: [['user show grace', 'on what she acts']],
    changes: [],
    load: async (api, [name = '']) => {
      const found = (await api.users.list()).users.find((one) => one.name === name)
      if (!found) throw new CommandFailure(`there is no user ${name}`, 4)
      const { role: has, groups, secondFactor, issuer, created, lastSeen } = found
      const columns = [
        ...[text('user', 'User'), text('from', 'From'), text('role', 'Role'), words('groups', 'Acts on'), text('totp', 'Second factor')],
        ...[time('created', 'Since'), time('lastseen', 'Last seen')],
      ]
      const row = {
        user: name,
        from: issuer ?? LOCAL,
        role: has,
        groups: sayLimit(groups),
        totp: secondFactor ?? 'none',
        created: iso(created),
        lastseen: iso(lastSeen),
      }
      const section = { name: 'user', item: 'user', title: name, shape: 'record', columns, rows: [row], empty: '' } as const
      return { report: { name: 'user', sections: [section] } }
    },
  })
}

interface SetOptions {
  readonly role?: Role
  readonly groups?: readonly string[]
  readonly allGroups?: true
}

function addSet(user: Command, world: World): void {
  addDoing<SetOptions>(user, world, {
    name: 'set <selector...>',
    description: 'change what users may do, and on which groups of hosts and guests (admin)',
    examples: [
      ['user set grace --groups rack3', 'she acts on hosts of rack3, and on guests with that group or tag; she still sees the pool'],
      ['user set grace --role admin --all-groups', 'everything'],
    ],
    options: (command) =>
      command
        .addOption(new Option('--role <role>', 'what they may do').choices(ROLES))
        .addOption(new Option('--groups <group...>', GROUPS).conflicts('allGroups'))
        .option('--all-groups', 'the whole pool: no limit any more'),
    act: async (api, args, { role: as, groups, allGroups, output }) => {
      if (as === undefined && groups === undefined && !allGroups)
        throw new CommandFailure('say what is to be other: --role, --groups or --all-groups', 2)
      const limit = allGroups ? null : groups && groupsIn(groups)
      const act = async ({ name }: User): Promise<string> => {
        const now = await api.users.change({ name, role: as, groups: limit })
        return `${now.role}, acts on ${sayLimit(now.groups)}`
      }
      await doToEach(pickUsers(args, (await api.users.list()).users), 'user', nameOf, act, { world, output })
    },
  })
}

const GROUPS = 'of which they act on hosts and guests alone (guests by group or tag); they see the whole pool'

type AddOptions = ListOptions & { readonly role?: Role; readonly groups?: readonly string[]; readonly local?: true }

function addAdd(user: Command, world: World): void {
  const command = describedCommand(user, {
    name: 'add <name>',
    description: 'let one more person in; asks for a password of at least 12 characters (one line of stdin when it is no terminal)',
    examples: [
      ['user add grace --role operator', 'somebody who may act on hosts'],
      ['user add alan --role operator --groups rack3', 'on hosts and guests of rack3 alone; he sees the whole pool'],
      ['user add ada --role admin --local', "the first admin, on the manager's machine; or a new password for one who lost theirs"],
    ],
  })
    .addOption(new Option('--role <role>', 'what the user may do (default: viewer)').choices(ROLES))
    .addOption(new Option('--groups <group...>', GROUPS).conflicts('local'))
    .option('--local', "straight into the database of this machine's manager, whether it runs or not")
  addApiOptions(addOutputOption(command)).action(async (name: string, options: AddOptions) => {
    if (options.local) return localUserAdd(name, options, world)
    const named = userName.safeParse(name)
    if (!named.success) throw new CommandFailure(`${name} ${problemOf(named)}`, 2)
    const api = await connect(options, world)
    const password = await newPassword(name, world.prompt)
    const groups = options.groups && groupsIn(options.groups)
    const act = async (): Promise<string> => {
      const added = await api.users.add({ name, password, role: options.role ?? 'viewer', groups })
      return `added as ${added.role}${added.groups ? `, acts on ${sayLimit(added.groups)} alone` : ''}`
    }
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

const LOCAL = 'local'

/** Of the issuer that vouches for a user: its whole URL is `user show`'s. */
function hostIn(issuer: string | undefined): string {
  if (issuer === undefined) return LOCAL
  return URL.canParse(issuer) ? new URL(issuer).host : issuer
}

function usersReport(rows: readonly Row[]): Report {
  const columns = [
    ...[text('user', 'USER'), text('role', 'ROLE'), text('groups', 'ACTS ON'), text('from', 'FROM')],
    text('totp', 'TOTP', { spare: 1 }),
    ...[time('created', 'SINCE', { spare: 2 }), time('lastseen', 'LAST SEEN')],
  ]
  return listReport('users', 'user', columns, rows, 'There is no user.')
}
