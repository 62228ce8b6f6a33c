import test from 'ava'
import fc from 'fast-check'
import { parseSelector } from '../../../../../manager/cli/engine/selector/parse.ts'
import {
  type SelectableGuest,
  type SelectableHost,
  type Selection,
  selectGuests,
  selectHosts,
} from '../../../../../manager/cli/engine/selector/selector.ts'
import type { Selector } from '../../../../../manager/cli/engine/selector/syntax.ts'

function selector(text: string): Selector {
  const parsed = parseSelector(text)
  if (parsed.kind === 'refused') throw new Error(parsed.reason)
  return parsed.selector
}

const numbered = (count: number, name: (number: string) => string): readonly string[] =>
  Array.from({ length: count }, (_, index) => name(String(index + 1).padStart(2, '0')))

const HOSTS: readonly SelectableHost[] = [
  ...numbered(12, (number) => `node${number}`).map((name, index) => ({ name, groups: [index < 6 ? 'rack1' : 'rack2', 'ssd'] })),
  { name: 'host17', groups: ['rack3'] },
  { name: 'web-a', groups: [] },
]
const GUESTS: readonly SelectableGuest[] = [
  { name: 'mysql1', host: 'host17' },
  { name: 'pgsql', host: 'host17' },
  { name: 'web1', host: 'host17' },
  { name: 'web2', host: 'node01' },
  { name: 'web3', host: 'node07' },
  { name: 'asleep' },
  { name: 'web2', host: 'node02' },
]

const shown = (selection: Selection<{ readonly name: string }>): string =>
  selection.kind === 'refused' ? selection.reason : selection.items.map(({ name }) => name).join(' ')
const hosts = (text: string): string => shown(selectHosts(selector(text), HOSTS))
const guests = (text: string): string => shown(selectGuests(selector(text), HOSTS, GUESTS))

const MEANT: readonly [text: string, hosts: string][] = [
  ['node03', 'node03'],
  ['node03,host17', 'node03 host17'],
  ['host17,node03,node03', 'node03 host17'],
  ['node[01-03]', 'node01 node02 node03'],
  ['node[01,03-05]', 'node01 node03 node04 node05'],
  ['node[10-11], node01', 'node01 node10 node11'],
  ['node0?', 'node01 node02 node03 node04 node05 node06 node07 node08 node09'],
  ['*1*', 'node01 node10 node11 node12 host17'],
  ['@rack1', 'node01 node02 node03 node04 node05 node06'],
  ['@rack[2-3]', 'node07 node08 node09 node10 node11 node12 host17'],
  ['@rack1,-node0[2-6]', 'node01'],
  ['*,-@ssd', 'host17 web-a'],
  ['node01,-node01', ''],
  ['*,-node*,node05', 'host17 web-a'],
  ['web-a', 'web-a'],
]

for (const [text, expected] of MEANT) {
  test(`among hosts ${text} means ${expected || 'none'}`, (t) => {
    t.is(hosts(text), expected)
  })
}

const GUESTS_MEANT: readonly [text: string, guests: string][] = [
  ['web*', 'web1 web2 web3 web2'],
  ['host17/*sql*', 'mysql1 pgsql'],
  ['@rack1/*', 'web2 web2'],
  ['@rack2', 'web3'],
  ['node[01-02]/web2,asleep', 'web2 asleep web2'],
  ['*,-host17/*', 'web2 web3 asleep web2'],
  ['*/*', 'mysql1 pgsql web1 web2 web3 web2'],
  ['@ssd,-@rack2', 'web2 web2'],
]

for (const [text, expected] of GUESTS_MEANT) {
  test(`among guests ${text} means ${expected}`, (t) => {
    t.is(guests(text), expected)
  })
}

const WRONG_HOSTS: readonly [text: string, reason: string][] = [
  ['host17,nod03', 'no host is called nod03; did you mean node03? (at character 8)'],
  ['@rakc1', 'no group is called rakc1; did you mean rack1? (at character 1)'],
  ['webb*', 'no host is called webb*; did you mean web-a? (at character 1)'],
  ['zzz', 'no host is called zzz; there are node01, node02, node03, node04, node05 and others (at character 1)'],
  ['node*,-nodee03', 'no host is called nodee03; did you mean node03? (at character 7)'],
  ['node[21-23]', 'no host is called node[21-23]; did you mean node01? (at character 1)'],
  ['host17/web1', 'host17/web1 names guests, and hosts are asked for (at character 1)'],
]

for (const [text, reason] of WRONG_HOSTS) {
  test(`among hosts ${text} is refused: ${reason}`, (t) => {
    t.is(hosts(text), reason)
  })
}

const WRONG_GUESTS: readonly [text: string, reason: string][] = [
  ['web1,mysq1', 'no guest is called mysq1; did you mean mysql1? (at character 6)'],
  ['host17', 'no guest is called host17; for the guests on host host17 say host17/* (at character 1)'],
  ['host71/*', 'no host is called host71; did you mean host17? (at character 1)'],
  ['host17/web4', 'no guest on host17 is called web4; did you mean web1? (at character 1)'],
  ['node03/*', 'no guest on node03 is called *: there are none there (at character 1)'],
]

for (const [text, reason] of WRONG_GUESTS) {
  test(`among guests ${text} is refused: ${reason}`, (t) => {
    t.is(guests(text), reason)
  })
}

test('in a pool without hosts nothing is offered', (t) => {
  t.is(shown(selectHosts(selector('node01'), [])), 'no host is called node01: there are none (at character 1)')
})

test('a range says which of its names nobody has', (t) => {
  const selection = selectHosts(selector('node[11-14],-node[12-13]'), HOSTS)
  t.deepEqual(selection.kind === 'selected' && selection.missing, ['node13', 'node14'])
})

test('what is left out is never selected, whatever the order', (t) => {
  const name = fc.constantFrom('node01', 'node02', 'node0[3-5]', '@rack2', 'host*', '*1')
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), name), { minLength: 1, maxLength: 8 }), (terms) => {
      const text = `*,${terms.map(([leave, each]) => `${leave ? '-' : ''}${each}`).join(',')}`
      const chosen = selectHosts(selector(text), HOSTS)
      const out = terms.filter(([leave]) => leave).map(([, each]) => each)
      const left = out.length === 0 ? [] : hosts(out.join(',')).split(' ')
      return (
        chosen.kind === 'selected' &&
        chosen.items.length === HOSTS.length - left.length &&
        chosen.items.every(({ name }) => !left.includes(name))
      )
    }),
  )
  t.pass()
})

test('hostile patterns over long names are answered: matching does not go back', (t) => {
  const long: readonly SelectableHost[] = Array.from({ length: 200 }, (_, index) => ({ name: `${'a1'.repeat(125)}${index}`, groups: [] }))
  const chosen = selectHosts(selector(`${'*a'.repeat(200)}*b,${'[1-9]*'.repeat(3)}`), long)
  t.not(chosen.kind, 'selected')
})
