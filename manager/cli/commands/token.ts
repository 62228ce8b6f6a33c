// `hostless token list|issue|revoke`, `hostless audit`: what programs come in with, and who did what.
import { type Command, Option } from 'commander'
import { ROLES, type Role, type Token } from '../../protocol/accounts.ts'
import { sayLimit } from '../../protocol/group-limit.ts'
import type { World } from '../engine/answer.ts'
import { id, iso, number, text, time, words } from '../engine/columns.ts'
import { listReport } from '../engine/list-report.ts'
import { confirm, doToEach } from '../engine/outcomes.ts'
import { type Report, type Row, render } from '../engine/output/output.ts'
import { addDoing, addListing } from '../engine/pool-command.ts'
import { type PointInTime, pointInTime, wholeNumber } from '../engine/quantities.ts'
import { pick, type Selected } from '../engine/selecting.ts'
import { groupsIn } from './user/limit.ts'

export function addTokenCommands(program: Command, world: World): void {
  const token = program.command('token').description('what programs come in with: your tokens, and for an admin all')
  addListing(token, world, {
    name: 'list [selector...]',
    description: 'tokens, by id, label, pattern or @user; the secrets are not kept',
    examples: [['token list @ada', "one user's"]],
    changes: [],
    like: () => tokensReport([]),
    load: async (api, args) => {
      const { items, missing } = pickTokens(args, (await api.tokens.list()).tokens)
      const rows = items.map(({ label, user, role, groups, expires, lastUsed, created, id: key }) => ({
        ...{ label, user, role, groups: groups ? sayLimit(groups) : null, expires: iso(expires) },
        ...{ lastused: iso(lastUsed), created: iso(created), id: key },
      }))
      return { report: tokensReport(rows), missing }
    },
  })
  addDoing<{ readonly role?: Role; readonly groups?: readonly string[]; readonly days: number }>(token, world, {
    name: 'issue <label>',
    description: 'make a token; its secret is shown now and never again',
    examples: [
      ['token issue backup --role viewer --days 30', 'for a program that only looks'],
      ['token issue ci --groups lab', 'for one that acts on hosts and guests of lab alone'],
    ],
    options: (command) =>
      command
        .addOption(new Option('--role <role>', 'what it may do, at most what you may (default: that)').choices(ROLES))
        .option('--groups <group...>', 'of which it acts on hosts and guests alone, at most yours (default: those)')
        .option('--days <days>', 'how long it is good, at most as long as your login; it ends when you log out', wholeNumber(1, 3650), 90),
    act: async (api, [label = ''], { role, groups, days, output }) => {
      const issued = await api.tokens.issue({ label, role, groups: groups && groupsIn(groups), days })
      const columns = [
        text('label', 'Label'),
        text('user', 'User'),
        text('role', 'Role'),
        text('groups', 'Acts on'),
        time('expires', 'Good until'),
        text('id', 'Id'),
        text('secret', 'Secret'),
      ]
      const { user, id: key, secret, expires } = issued
      const row = { label: issued.label, user, role: issued.role, groups: sayLimit(issued.groups), expires: iso(expires), id: key, secret }
      const section = { name: 'token', item: 'token', title: label, shape: 'record', columns, rows: [row], empty: '' } as const
      world.out.write(render({ name: 'token', sections: [section] }, output, { ...world.out, columns: undefined }))
    },
  })
  addDoing<{ readonly yes?: true }>(token, world, {
    name: 'revoke <selector...>',
    description: 'end tokens, by id, label, pattern or @user',
    examples: [['token revoke backup', 'one that has leaked']],
    options: (command) => command.option('--yes', 'do not ask, when there are several'),
    act: async (api, args, { output, yes }) => {
      const selected = pickTokens(args, (await api.tokens.list()).tokens)
      if (selected.items.length > 1) await confirm(`End ${selected.items.length} tokens?`, yes, world)
      const act = async ({ id: key }: Token): Promise<string> => {
        await api.tokens.revoke({ id: key })
        return 'revoked'
      }
      await doToEach(selected, 'token', ({ label, id: key }) => `${label} (${key})`, act, { world, output })
    },
  })
  addAudit(program, world)
}

function pickTokens(args: readonly string[], tokens: readonly Token[]): Selected<Token> {
  return pick(args, tokens, { noun: 'token', names: ({ id: key, label }) => [key, label], groups: ({ user }) => [user] })
}

interface AuditOptions {
  readonly limit: number
  readonly before?: number
  readonly who?: string
  readonly about?: string
  readonly since?: PointInTime
  readonly until?: PointInTime
}

function addAudit(program: Command, world: World): void {
  addListing<AuditOptions>(program, world, {
    name: 'audit',
    description: 'who did what, newest first (admin); fails when the log was tampered with',
    examples: [
      ['audit --limit 20', 'the last twenty'],
      ['audit --before 981', 'those before entry 981'],
      ['audit --about node17 --since 2d', 'all that was done to a host since the day before yesterday'],
      ['audit --who ada --since 2026-11-29 --until 2026-11-30', 'what somebody did on one day'],
    ],
    options: (command) =>
      command
        .option('--limit <number>', 'at most so many', wholeNumber(1, 1000), 100)
        .option('--before <seq>', 'only entries before this one', wholeNumber(1, Number.MAX_SAFE_INTEGER))
        .option('--who <user>', 'only what this user did')
        .option('--about <name>', 'only entries with this name in them, whole: a host, its id, a guest, a user')
        .option('--since <time>', 'only from then on: 2h, 3d, 2026-11-30, 2026-11-30T08:00 (local time)', pointInTime)
        .option('--until <time>', 'only before then', pointInTime),
    changes: ['host', 'alarm-cleared'],
    like: () => auditReport([]),
    load: async (api, _args, { limit, before, who: by, about, since, until }) => {
      const chosen = { who: by, about, from: since?.(world.now()), until: until?.(world.now()) }
      const { entries, intact, broken, keyedFrom } = await api.audit.list({ limit, before, ...chosen })
      const rows = entries.map(({ seq, at, who, what, peer, hash }) => ({ seq, at: iso(at), who, what, peer, hash }))
      const alert = `the audit log was tampered with: entry ${broken ?? 'unknown'} does not follow from the one before`
      const plain = keyedFrom === undefined ? '' : ` (entries before ${keyedFrom} were written before the log had a key)`
      return { report: auditReport(rows), ...(intact ? {} : { alert: `${alert}${plain}` }) }
    },
  })
}

function tokensReport(rows: readonly Row[]): Report {
  const columns = [
    ...[text('label', 'LABEL'), text('user', 'USER'), text('role', 'ROLE'), text('groups', 'GROUPS', { spare: 1 })],
    time('expires', 'GOOD UNTIL'),
    ...[time('lastused', 'LAST USED', { spare: 1 }), time('created', 'CREATED', { spare: 2 }), id('id', 'ID', { isName: true })],
  ]
  return listReport('tokens', 'token', columns, rows, 'There is no token.')
}

function auditReport(rows: readonly Row[]): Report {
  const columns = [
    ...[number('seq', 'SEQ'), time('at', 'TIME'), text('who', 'WHO'), words('what', 'WHAT')],
    ...[text('peer', 'FROM', { spare: 2 }), id('hash', 'HASH', { isHidden: true })],
  ]
  return listReport('audit', 'entry', columns, rows, 'Nothing was done.')
}
