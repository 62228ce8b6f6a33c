// CPU levels, groups and explanations as reports, and the level as text for a person. Pure.
import type { CpuExplanation, CpuPool } from '../../../contract/cpu.ts'
import { number, text, words } from '../../engine/columns.ts'
import { listSection } from '../../engine/list-report.ts'
import type { Column, Report, Terminal } from '../../engine/output/output.ts'
import { oneLine, wrapped } from '../../engine/output/text.ts'
import { hostColumn } from '../host/reports/host.ts'

export function cpuLevelReport({ levels }: CpuPool): Report {
  const vendor = text('vendor', 'VENDOR')
  return {
    name: 'cpu',
    sections: [
      listSection(
        'levels',
        'level',
        'Levels',
        [vendor, text('hosts', 'HOSTS'), text('features', 'FEATURES')],
        levels.map(({ vendor: of, hosts, features }) => ({ vendor: of, hosts, features })),
      ),
      listSection(
        'hindrances',
        'hindrance',
        'What holds it down',
        [vendor, text('hosts', 'HOSTS'), text('features', 'FEATURES'), text('text', 'WHAT')],
        levels.flatMap(({ vendor: of, hindrances }) =>
          hindrances.map(({ hosts, features, text: said }) => ({ vendor: of, hosts, features, text: said })),
        ),
      ),
      listSection(
        'without',
        'host',
        'Left out',
        [vendor, hostColumn, words('reason', 'WHY')],
        levels.flatMap(({ vendor: of, without }) => without.map(({ host, reason }) => ({ vendor: of, host, reason }))),
      ),
    ],
  }
}

/** A level has some two hundred features: words in lines, not in a column. */
export function cpuLevelText({ levels }: CpuPool, { columns, colour }: Pick<Terminal, 'columns' | 'colour'>): string {
  if (levels.length === 0) return 'No host has told of its CPU yet.\n'
  const bold = (shown: string): string => (colour ? `\u001b[1m${shown}\u001b[0m` : shown)
  const width = Math.min(columns ?? 100, 100)
  return levels
    .map(({ vendor, features, hosts, hindrances, without }) =>
      [
        bold(oneLine(`${vendor}: ${features.length} features on all of ${hosts.length === 1 ? '1 host' : `${hosts.length} hosts`}`)),
        ...wrapped(features.map(oneLine), width, '  '),
        `on ${hosts.map(oneLine).join(' ')}`,
        ...hindrances.flatMap(({ text: said }, at) => [
          ...(at === 0 ? [bold('What holds the level down')] : []),
          ...wrapped(oneLine(said).split(' '), width, '  '),
        ]),
        ...without.flatMap(({ host, reason }, at) => [
          ...(at === 0 ? [bold('Left out')] : []),
          ...wrapped(oneLine(`${host}: ${reason}`).split(' '), width, '  '),
        ]),
      ]
        .map((line) => `${line}\n`)
        .join(''),
    )
    .join('\n')
}

/** `hosts`: ids of those that are asked for. */
export function cpuGroupsReport({ groups, unknown }: CpuPool, hosts: ReadonlySet<string>): Report {
  const among = groups.flatMap(({ number: group, vendor, hosts: all }) => {
    const names = all.filter(({ id }) => hosts.has(id)).map(({ name }) => name)
    return names.length > 0 ? [{ group, vendor, count: names.length, hosts: names }] : []
  })
  const columns = [number('group', 'GROUP'), text('vendor', 'VENDOR'), number('count', 'HOSTS'), text('hosts', 'WHICH', { cut: 'count' })]
  const lost = unknown.filter(({ host }) => hosts.has(host)).map(({ name, reason }) => ({ host: name, reason }))
  return {
    name: 'cpu',
    sections: [
      listSection('groups', 'group', 'Hosts that can exchange guests live', columns, among),
      listSection('unknown', 'host', 'Hosts whose CPU is not known', [hostColumn, words('reason', 'WHY')], lost),
    ],
  }
}

export function cpuExplanationReport({ from, to, type, compatible, reasons, missing }: CpuExplanation): Report {
  const facts: readonly Column[] = [
    ...[text('from', 'From'), text('to', 'To'), text('type', 'Guest type')],
    text('compatible', 'Can move live', { tone: (value) => (value === true ? 'good' : 'bad') }),
  ]
  return {
    name: 'explanation',
    sections: [
      { ...listSection('move', 'move', `${from} to ${to}`, facts, [{ from, to, type, compatible }]), shape: 'record' },
      listSection(
        'reasons',
        'reason',
        'Why',
        [words('text', 'REASON')],
        reasons.map((reason) => ({ text: reason })),
      ),
      listSection(
        'missing',
        'feature',
        'Features that are missing',
        [text('name', 'FEATURE'), text('word', 'CPUID WORD'), number('bit', 'BIT')],
        missing.map(({ name, word, bit }) => ({ name, word, bit })),
      ),
    ],
  }
}

/** For people: without what is empty. */
export function withoutEmpty({ name, sections }: Report): Report {
  return { name, sections: sections.filter(({ rows }, at) => at === 0 || rows.length > 0) }
}
