// Alarms: the page with its filter, and those of one host.
import { type Alarm, type AlarmFilter, alarmFilter } from '../../../contract/alarms.ts'
import { SEVERITIES } from '../../../protocol/notifications.ts'
import { hostPath, moment, sayCount, sayMany } from './words.ts'

/** Names of an alarm that are there at once; the others unfold. */
const MOST_NAMED = 12

const WHICH: Readonly<Record<AlarmFilter['which'], string>> = {
  open: 'that are open',
  acknowledged: 'that somebody sees to',
  all: 'of both kinds',
}

/** What means nothing is left out: an address may be old. */
export function alarmQuery(query: URLSearchParams): AlarmFilter {
  const given = { which: query.get('which'), severity: query.get('severity'), kind: query.get('kind'), sort: query.get('sort') }
  const entries = Object.entries({ ...given, host: query.get('host')?.trim().toLowerCase() })
  const good = entries.filter(([name, value]) => value && alarmFilter.shape[name as keyof AlarmFilter].safeParse(value).success)
  return alarmFilter.parse(Object.fromEntries(good))
}

export function alarmsPath({ which, severity, kind, host, sort }: AlarmFilter, path = '/alarms'): string {
  const given = { which: which === 'open' ? '' : which, severity, kind, host, sort: sort === 'severity' ? '' : sort }
  const said = Object.entries(given).flatMap(([name, value]): [string, string][] => (value ? [[name, value]] : []))
  return said.length > 0 ? `${path}?${new URLSearchParams(said)}` : path
}

/** `kinds`: of all that are there, whatever is asked for. `mayAct`: on one of them. */
export function alarmsView(alarms: readonly Alarm[], wanted: AlarmFilter, kinds: readonly string[], mayAct: (alarm: Alarm) => boolean) {
  const choose = (values: readonly string[], chosen: string | undefined) =>
    values.map((value) => ({ value, name: value.replaceAll('-', ' '), isChosen: value === chosen }))
  return {
    count: alarms.length,
    said: sayMany(alarms.length, 'alarm'),
    mayAct: alarms.some(mayAct),
    refreshPath: alarmsPath(wanted, '/alarms/list'),
    severities: choose(SEVERITIES.toReversed(), wanted.severity),
    kinds: choose([...new Set([...kinds, ...(wanted.kind === undefined ? [] : [wanted.kind])])].sort(), wanted.kind),
    whiches: Object.entries(WHICH).map(([value, name]) => ({ value, name, isChosen: value === wanted.which })),
    sorts: [
      { value: 'severity', name: 'the gravest first', isChosen: wanted.sort === 'severity' },
      { value: 'newest', name: 'the newest first', isChosen: wanted.sort === 'newest' },
    ],
    host: wanted.host ?? '',
    isFiltered: alarmsPath(wanted) !== '/alarms',
    command: `hostless alarm list${commandFor(wanted)}`,
    alarms: alarms.map((alarm) => ({ ...alarmView(alarm), mayTick: alarm.acknowledged === undefined && mayAct(alarm) })),
  }
}

function commandFor({ which, severity, kind, host }: AlarmFilter): string {
  const options = [severity && `--severity ${severity}`, kind && `--kind ${kind}`, which === 'open' ? '' : `--${which}`]
  return [host, ...options].flatMap((word) => (word ? [` ${word}`] : [])).join('')
}

function alarmView({ key, kind, severity, dataAtRisk, hosts, text, raised, last, times, acknowledged }: Alarm) {
  const named = hosts.map((host) => ({ name: host.name, path: hostPath(host) }))
  return {
    key,
    /** Of a box that stays ticked while the list is fetched anew. */
    box: `a-${Buffer.from(key).toString('base64url')}`,
    kind: kind.replaceAll('-', ' '),
    severity,
    risk: dataAtRisk ? 'data at risk' : '',
    hosts: named.slice(0, MOST_NAMED),
    others: named.slice(MOST_NAMED),
    othersSaid: named.length > MOST_NAMED ? `and ${sayCount(named.length - MOST_NAMED)} more` : '',
    concerned: named.length > 1 ? sayMany(named.length, 'host') : '',
    text,
    raised: moment(raised),
    last: moment(last),
    times: times === 1 ? '' : `${sayCount(times)} times`,
    acknowledged: acknowledged
      ? { who: acknowledged.who.replace(/^user /, ''), at: moment(acknowledged.at), comment: acknowledged.comment ?? '' }
      : undefined,
  }
}

/** On a host's own page: also those that it shares with others. */
export function alarmsOf(alarms: readonly Alarm[], host: string) {
  return alarms
    .filter(({ hosts }) => hosts.some(({ id }) => id === host))
    .map(({ text, severity, hosts, kind }) => ({
      text,
      severity,
      others: hosts.length > 1 ? `with ${sayMany(hosts.length - 1, 'other host')}` : '',
      path: `/alarms?${new URLSearchParams({ kind })}`,
    }))
}
