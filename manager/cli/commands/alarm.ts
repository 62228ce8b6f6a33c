// `hostless alarm list|acknowledge|clear`: what a person should look at, the gravest first.

import { type Command, Option } from 'commander'
import { type Alarm, MOST_ALARMS } from '../../contract/alarms.ts'
import { SEVERITIES, type Severity } from '../../protocol/notifications.ts'
import type { World } from '../engine/answer.ts'
import type { PoolApi } from '../engine/api/calls.ts'
import { everyHost } from '../engine/api/every-host.ts'
import { id, iso, number, text, time, words } from '../engine/columns.ts'
import { CommandFailure } from '../engine/failure.ts'
import { listReport } from '../engine/list-report.ts'
import { type Outcome, tellOutcomes } from '../engine/outcomes.ts'
import type { Report, Value } from '../engine/output/output.ts'
import { addDoing, addListing } from '../engine/pool-command.ts'
import { pick, pickHosts } from '../engine/selecting.ts'

interface Wanted {
  readonly severity?: Severity
  readonly kind?: string
}

interface ListOptions extends Wanted {
  readonly acknowledged?: true
  readonly all?: true
}

interface AcknowledgeOptions extends Wanted {
  readonly comment?: string
  readonly host?: readonly string[]
  readonly all?: true
}

export function addAlarmCommands(program: Command, world: World): void {
  const alarm = program
    .command('alarm')
    .description('what a person should look at: duplicate identities, hosts that differ, refused agents')
  addListing<ListOptions>(alarm, world, {
    name: 'list [selector...]',
    description: 'the open alarms, of all or of selected hosts, the gravest first: data at risk, critical, warning, info',
    examples: [
      ['alarm list', 'all'],
      ['alarm list @rack3 --watch', 'of the hosts of a group, also those that they share with others, as they come'],
      ['alarm list --severity warning --kind path-failed', 'some'],
      ['alarm list --acknowledged', 'what somebody sees to, who, and what they said'],
    ],
    options: (command) =>
      withWanted(command)
        .addOption(new Option('--acknowledged', 'only those that somebody has acknowledged').conflicts('all'))
        .option('--all', 'those, too'),
    changes: ['alarm', 'alarm-cleared'],
    like: () => alarmsReport([]),
    load: async (api, args, { severity, kind, acknowledged, all }) => {
      const which = acknowledged ? ({ which: 'acknowledged' } as const) : all ? ({ which: 'all' } as const) : {}
      const { alarms } = await api.alarms.list({ ...which, ...(severity ? { severity } : {}), ...(kind === undefined ? {} : { kind }) })
      const { alarms: chosen, missing } = await ofHosts(api, alarms, args)
      return { report: alarmsReport(chosen), missing }
    },
  })
  const acknowledging = {
    options: (command: Command) =>
      withWanted(command)
        .option('--host <selector...>', 'only those of these hosts; with it no key need be said')
        .option('--all', 'all that are open, as far as --severity, --kind and --host leave them')
        .option('--comment <text>', 'what is done about it: everybody sees it, with your name'),
    act: (
      api: PoolApi,
      keys: readonly string[],
      options: AcknowledgeOptions & { readonly output: Parameters<typeof tellOutcomes>[2]['output'] },
    ) => acknowledge(api, keys, options, world),
  }
  addDoing<AcknowledgeOptions>(alarm, world, {
    name: 'acknowledge [key...]',
    description:
      'say that somebody sees to alarms, by key, pattern, @kind, or of hosts: they are no open alarms until they end and are so again',
    examples: [
      ["alarm acknowledge 'path-failed *' --comment 'switch 2 is changed on Friday'", 'all of one sort'],
      ['alarm acknowledge --host @rack3 --severity info', 'all of the hosts of a group that are no more than information'],
    ],
    ...acknowledging,
  })
  addDoing<AcknowledgeOptions>(alarm, world, {
    name: 'clear [key...]',
    description: 'the same as acknowledge; what happens again is raised again',
    examples: [["alarm clear 'duplicate-uuid:*'", 'all of one sort']],
    ...acknowledging,
  })
}

function withWanted(command: Command): Command {
  return command
    .addOption(new Option('--severity <severity>', 'at least so grave').choices(SEVERITIES))
    .option('--kind <kind>', 'only of this kind: path-failed, host-state, …')
}

/** Those that are about one of the hosts at least. */
async function ofHosts(api: PoolApi, alarms: readonly Alarm[], selectors: readonly string[]) {
  if (selectors.length === 0) return { alarms, missing: [] }
  const { items, missing } = pickHosts(selectors, await everyHost(api))
  const wanted = new Set(items.map(({ id: host }) => host))
  return { alarms: alarms.filter(({ hosts }) => hosts.some(({ id: host }) => wanted.has(host))), missing }
}

async function acknowledge(
  api: PoolApi,
  args: readonly string[],
  {
    severity,
    kind,
    host = [],
    all,
    comment = '',
    output,
  }: AcknowledgeOptions & { readonly output: Parameters<typeof tellOutcomes>[2]['output'] },
  world: Pick<World, 'out'>,
): Promise<void> {
  if (args.length === 0 && host.length === 0 && !all && kind === undefined) {
    throw new CommandFailure('which alarms? Keys, patterns or @kinds, --kind, --host SELECTOR, or --all', 2)
  }
  const { alarms } = await api.alarms.list({ ...(severity ? { severity } : {}), ...(kind === undefined ? {} : { kind }) })
  const ofThese = await ofHosts(api, alarms, host)
  const naming = { noun: 'alarm', names: ({ key }: Alarm) => [key], groups: ({ kind: of }: Alarm) => [of] }
  const { items, missing } = pick(args, ofThese.alarms, naming)
  if (items.length === 0 && missing.length === 0 && ofThese.missing.length === 0) throw new CommandFailure('no open alarm is meant', 4)
  const outcomes: Outcome[] = []
  for (let at = 0; at < items.length; at += MOST_ALARMS) {
    const keys = items.slice(at, at + MOST_ALARMS).map(({ key }) => key)
    const answer = await api.alarms.acknowledge({ keys, comment })
    for (const name of answer.acknowledged) outcomes.push({ name, result: 'done', detail: 'acknowledged' })
    for (const name of answer.missing) outcomes.push({ name, result: 'missing', detail: 'it is not open any more' })
  }
  for (const name of missing) outcomes.push({ name, result: 'missing', detail: 'no alarm is called so' })
  for (const name of ofThese.missing) outcomes.push({ name, result: 'missing', detail: 'no host is called so' })
  tellOutcomes(outcomes, 'alarm', { world, output })
}

const tone = (value: Value): 'bad' | 'plain' => (value === 'critical' ? 'bad' : 'plain')

function alarmsReport(alarms: readonly Alarm[]): Report {
  const isAnySeenTo = alarms.some(({ acknowledged }) => acknowledged !== undefined)
  const seenTo = isAnySeenTo ? {} : ({ isHidden: true } as const)
  const columns = [
    text('severity', 'SEVERITY', { tone }),
    text('dataatrisk', 'DATA', { show: (value) => (value === true ? 'at risk' : ''), tone: (value) => (value === true ? 'bad' : 'plain') }),
    text('hosts', 'HOSTS', { cut: 'count' }),
    text('kind', 'KIND', { spare: 6 }),
    words('text', 'WHAT'),
    text('who', 'SEEN TO BY', seenTo),
    words('comment', 'COMMENT', seenTo),
    number('times', 'TIMES', { spare: 3 }),
    time('last', 'LAST', { spare: 2 }),
    time('raised', 'FIRST', { spare: 4 }),
    id('key', 'KEY', { spare: 5, isName: true }),
    text('host', 'HOST', { isHidden: true }),
  ]
  const rows = alarms.map(({ severity, dataAtRisk, hosts, hostName, kind, text: said, times, last, raised, key, acknowledged }) => ({
    severity,
    dataatrisk: dataAtRisk,
    hosts: hosts.map(({ name }) => name),
    ...{ kind, text: said, times, last: iso(last), raised: iso(raised), key, host: hostName ?? null },
    who: acknowledged?.who ?? null,
    comment: acknowledged?.comment ?? null,
  }))
  return listReport('alarms', 'alarm', columns, rows, 'No alarm is open.')
}
