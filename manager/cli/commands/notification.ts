// `hostless notification list|show|set|remove|test`: who is told of what happens without looking.
import { readFile } from 'node:fs/promises'
import { type Command, Option } from 'commander'
import type { NotificationTarget, WantedTarget } from '../../contract/notifications.ts'
import { MAIL_TLS, type MailTls, SEVERITIES, type Severity, TOPICS, type Topic } from '../../protocol/notifications.ts'
import type { World } from '../engine/answer.ts'
import { iso, number, text, time, words } from '../engine/columns.ts'
import { CommandFailure } from '../engine/failure.ts'
import { listReport } from '../engine/list-report.ts'
import { doToEach } from '../engine/outcomes.ts'
import type { Report, Row, Value } from '../engine/output/output.ts'
import { addDoing, addListing } from '../engine/pool-command.ts'
import { pick } from '../engine/selecting.ts'

interface SetOptions {
  readonly mail?: string
  readonly webhook?: string | true
  readonly tls?: MailTls
  readonly user?: string
  readonly password?: true
  readonly from?: string
  readonly to?: readonly string[]
  readonly sign?: true
  readonly unsigned?: true
  readonly authority?: string
  readonly severity?: Severity
  readonly topics?: readonly Topic[]
  readonly on?: true
  readonly off?: true
}

export function addNotificationCommands(program: Command, world: World): void {
  const notification = program
    .command('notification')
    .description('who is told of alarms, failed automations and boots that hang, by e-mail or webhook')
  addListing(notification, world, {
    name: 'list [selector...]',
    description: 'who is told of what, and whether it arrives',
    examples: [['notification list', 'all']],
    changes: ['alarm', 'alarm-cleared'],
    like: () => targetsReport([]),
    load: async (api, args) => {
      const { targets } = await api.notifications.list()
      if (args.length === 0) return { report: targetsReport(targets) }
      const { items, missing } = pick(args, targets, NAMING)
      return { report: targetsReport(items), missing }
    },
  })
  addListing(notification, world, {
    name: 'show <name>',
    description: 'one of them, with all that is set; what is secret of it is shown to nobody',
    examples: [['notification show ops', 'why nothing arrives']],
    changes: ['alarm', 'alarm-cleared'],
    load: async (api, [name = '']) => ({ report: targetReport(await api.notifications.show({ name })) }),
  })
  addDoing<SetOptions>(notification, world, {
    name: 'set <name>',
    description:
      'tell somebody, or change how (admin): what is not said stays. Passwords and secrets are asked for, or the first line of stdin',
    examples: [
      ['notification set ops --mail mail.example.com --user rack --from rack@example.com --to ops@example.com', 'by e-mail, over STARTTLS'],
      ['notification set chat --webhook https://hooks.example.com/T0/B0 --sign --severity critical', 'by webhook, the worst alone'],
      ['notification set ops --off', 'not now: what happens meanwhile is not told later'],
    ],
    options: (command) =>
      command
        .option('--mail <host[:port]>', 'a mail server')
        .option('--webhook [url]', 'what is posted to; without a URL it is asked for: where it is a secret, others see the command line')
        .addOption(new Option('--tls <how>', 'of a mail server, starttls unless said').choices(MAIL_TLS))
        .option('--user <user>', 'to log in to the mail server as; the password is asked for')
        .option('--password', 'ask for another password')
        .option('--from <address>', 'who mails are from')
        .option('--to <address...>', 'who they go to')
        .option('--sign', 'ask for a secret, and sign what is posted with it')
        .addOption(new Option('--unsigned', 'sign it no more').conflicts('sign'))
        .option('--authority <file>', 'PEM of the authority that signed its certificate, where that is one of your own')
        .addOption(new Option('--severity <least>', 'what is less is not told; warning unless said').choices(SEVERITIES))
        .addOption(new Option('--topics <topic...>', 'all unless said').choices(TOPICS))
        .option('--on', 'from now on')
        .addOption(new Option('--off', 'nothing more').conflicts('on')),
    act: async (api, [name = ''], { output, ...options }) => {
      const wish = { name, ...(await wishOf(options, world)) }
      const act = async (): Promise<string> => sayTarget(await api.notifications.set(wish))
      await doToEach({ items: [name], missing: [] }, 'target', (one) => one, act, { world, output })
    },
  })
  addDoing(notification, world, {
    name: 'remove <name...>',
    description: 'tell them nothing more (admin)',
    examples: [['notification remove ops', 'one']],
    act: async (api, args, { output }) => {
      const act = async ({ name }: NotificationTarget): Promise<string> => {
        await api.notifications.remove({ name })
        return 'is told nothing more'
      }
      await doToEach(pick(args, (await api.notifications.list()).targets, NAMING), 'target', nameOf, act, { world, output })
    },
  })
  addDoing(notification, world, {
    name: 'test <name...>',
    description: 'send a test message, and say whether the receiver took it; one that was stopped goes on when it did',
    examples: [['notification test ops', 'one']],
    act: async (api, args, { output }) => {
      const act = async ({ name }: NotificationTarget): Promise<string> => {
        const { error } = await api.notifications.test({ name })
        return `the receiver took it${error === undefined ? '' : `, but ${error}`}`
      }
      await doToEach(pick(args, (await api.notifications.list()).targets, NAMING), 'target', nameOf, act, { world, output })
    },
  })
}

const nameOf = ({ name }: NotificationTarget): string => name
const NAMING = { noun: 'target', names: (target: NotificationTarget) => [target.name], groups: ({ kind }: NotificationTarget) => [kind] }

async function wishOf(options: Omit<SetOptions, 'output'>, { prompt }: World): Promise<Omit<WantedTarget, 'name'>> {
  const { mail, webhook, tls, user, password, from, to, sign, unsigned, authority, severity, topics, on, off } = options
  if (mail !== undefined && webhook !== undefined) throw new CommandFailure('say --mail or --webhook: a target is told by one of them', 2)
  const url = webhook === true ? await prompt.secret('URL: ') : webhook
  const asksPassword = password || (user !== undefined && user !== '')
  return {
    ...(mail === undefined ? {} : { kind: 'smtp', ...hostOf(mail) }),
    ...(url === undefined ? {} : { kind: 'webhook', url }),
    ...(sign ? { secret: await prompt.secret('Secret of signatures: ') } : unsigned ? { secret: '' } : {}),
    ...(user === undefined ? {} : { user }),
    ...(asksPassword ? { password: await prompt.secret('Password: ') } : {}),
    ...(authority === undefined ? {} : { authority: authority === '' ? '' : await readPem(authority) }),
    ...given({ tls, from, to: to && [...to], severity, topics: topics && [...topics] }),
    ...(on ? { state: 'on' } : off ? { state: 'off' } : {}),
  }
}

function given<Wish extends object>(wish: Wish): { [Name in keyof Wish]?: Exclude<Wish[Name], undefined> } {
  return Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== undefined)) as ReturnType<typeof given<Wish>>
}

/** `mail.example.com`, `10.0.0.1:25`, `[fd00::1]:465`. */
function hostOf(mail: string): Pick<WantedTarget, 'host' | 'port'> {
  const [, bracketed, bare, port] = /^(?:\[([^\]]*)\]|([^:]*|.*:.*:.*?))(?::(\d{1,5}))?$/.exec(mail) ?? []
  const host = bracketed ?? bare
  if (!host) throw new CommandFailure(`--mail ${mail}: say HOST or HOST:PORT`, 2)
  return { host, ...(port === undefined ? {} : { port: Number(port) }) }
}

async function readPem(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new CommandFailure(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`, 2)
  }
}

function sayTarget({ state, severity, topics }: NotificationTarget): string {
  return state === 'off' ? 'off: is told nothing' : `is told of ${topics.join(', ')}, from ${severity} on`
}

function whereOf({ kind, url, host, port, to = [] }: NotificationTarget): string {
  return kind === 'webhook' ? (url ?? '') : `${to.join(', ')} by ${host} port ${port}`
}

const tone = (value: Value): 'good' | 'bad' | 'plain' =>
  value === 'working' ? 'good' : value === 'failing' || value === 'stopped' ? 'bad' : 'plain'

function targetsReport(targets: readonly NotificationTarget[]): Report {
  const columns = [
    ...[
      text('name', 'NAME'),
      text('kind', 'KIND', { spare: 2 }),
      text('state', 'STATE', { tone }),
      text('where', 'WHERE', { cut: 'middle' }),
    ],
    ...[text('severity', 'FROM', { spare: 1 }), words('topics', 'TOPICS', { spare: 3 }), number('waiting', 'WAITING', { spare: 2 })],
    ...[time('sent', 'LAST SENT', { spare: 1 }), words('error', 'ERROR')],
  ]
  return listReport('notifications', 'target', columns, targets.map(rowOf), 'Nobody is told: hostless notification set NAME begins.')
}

function targetReport(target: NotificationTarget): Report {
  const { from = null, tls = null, user = null, signed, ownAuthority, created, by, failed, next } = target
  const columns = [
    ...[text('name', 'name'), text('kind', 'kind'), text('state', 'state', { tone }), text('where', 'where'), text('from', 'from')],
    ...[text('tls', 'tls'), text('user', 'user'), text('signed', 'signed'), text('ownAuthority', 'authority of its own')],
    ...[text('severity', 'least severity'), text('topics', 'topics'), number('waiting', 'events waiting'), time('sent', 'last sent')],
    ...[time('failed', 'last failed'), words('error', 'error'), time('next', 'tried next'), time('created', 'since'), text('by', 'by')],
  ]
  const more = { from, tls, user, signed: signed === undefined ? null : sayIs(signed), ownAuthority: sayIs(ownAuthority) }
  const row: Row = { ...rowOf(target), ...more, failed: iso(failed), next: iso(next), created: iso(created), by }
  return {
    name: 'notification',
    sections: [{ name: 'target', item: 'target', title: 'Target', shape: 'record', empty: '', columns, rows: [row] }],
  }
}

const sayIs = (is: boolean): string => (is ? 'yes' : 'no')

function rowOf(target: NotificationTarget): Row {
  const { name, kind, state, severity, topics, waiting, sent, error = null } = target
  return { name, kind, state, where: whereOf(target), severity, topics: topics.join(', '), waiting, sent: iso(sent), error }
}
