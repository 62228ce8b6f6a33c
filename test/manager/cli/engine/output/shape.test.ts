import test from 'ava'
import fc from 'fast-check'
import { textOf } from '../../../../../manager/cli/engine/answer.ts'
import { CommandFailure } from '../../../../../manager/cli/engine/failure.ts'
import { type Report, render, type Section } from '../../../../../manager/cli/engine/output/output.ts'
import { columnKeys, columnNames, shaped, sortKeys } from '../../../../../manager/cli/engine/output/shape.ts'

const PIPE = { columns: undefined, colour: false, write: () => undefined }

const HOSTS: Section = {
  ...{ name: 'hosts', item: 'host', title: 'Hosts', shape: 'list', empty: 'No host.' },
  columns: [
    { key: 'host', title: 'HOST' },
    { key: 'cpu', title: 'CPU%', align: 'right' },
    { key: 'image', title: 'IMAGE', spare: 1 },
    { key: 'lastSeen', title: 'SEEN', isHidden: true },
  ],
  rows: [
    { host: 'node10', cpu: 5, image: 'dom0', lastSeen: 'c' },
    { host: 'node2', cpu: null, image: 'dom0', lastSeen: 'a' },
    { host: 'node1', cpu: 50, image: 'lab', lastSeen: 'b' },
  ],
  totals: { host: '3 hosts', cpu: 55 },
}
const NICS: Section = {
  ...{ name: 'nics', item: 'nic', title: 'NICs', shape: 'list', empty: 'None.' },
  columns: [
    { key: 'host', title: 'HOST' },
    { key: 'mac', title: 'MAC', isName: true },
  ],
  rows: [{ host: 'node1', mac: '52:54:00:77:00:01' }],
}
const report = (...sections: Section[]): Report => ({ name: 'report', sections })
const sortedBy = (text: string, section = HOSTS): readonly unknown[] =>
  shaped(report(section), { sort: sortKeys(text) }).sections[0]?.rows.map(({ host }) => host) ?? []

test('columns come in the order that is asked for, also those that no table shows by itself, and in no window is one left out', (t) => {
  const narrow = { ...PIPE, columns: 12 }
  const asked = shaped(report(HOSTS), { columns: columnKeys('LASTSEEN,host,image') })
  t.is(render(asked, 'csv', PIPE), 'lastSeen,host,image\r\nc,node10,dom0\r\na,node2,dom0\r\nb,node1,lab\r\n')
  t.regex(render(asked, 'table', narrow), /^SEEN +HOST +IMAGE\n/)
  t.regex(render(report(HOSTS), 'table', narrow), /\(with -o\s+wide/)
  t.deepEqual(JSON.parse(render(shaped(report(HOSTS), { columns: ['host'] }), 'json', PIPE)), [
    { host: 'node10' },
    { host: 'node2' },
    { host: 'node1' },
  ])
})

test('a column that is not there is refused with those that are', (t) => {
  const refusal = (columns: readonly string[], ...sections: Section[]) =>
    t.throws(() => shaped(report(...sections), { columns }), { instanceOf: CommandFailure })
  t.is(refusal(['host', 'size'], HOSTS)?.message, '--columns: there is no column size; there are: host, cpu, image, lastSeen')
  t.is(
    refusal(['cpu', 'mac'], HOSTS, NICS)?.message,
    '--columns: no one list has all of cpu, mac; there are, of hosts: host, cpu, image, lastSeen; of nics: host, mac',
  )
  t.is(t.throws(() => shaped(report(HOSTS), { sort: sortKeys('-size') }), { instanceOf: CommandFailure })?.exitCode, 2)
  t.throws(() => columnKeys(','), { instanceOf: CommandFailure })
  t.deepEqual(columnNames(report(HOSTS, NICS)), ['host', 'cpu', 'image', 'lastSeen', 'mac'])
})

test('of several lists those stay that have all columns that are asked for', (t) => {
  const sections = (...columns: string[]) => shaped(report(HOSTS, NICS), { columns }).sections.map(({ name }) => name)
  t.deepEqual(sections('host'), ['hosts', 'nics'])
  t.deepEqual(sections('mac', 'host'), ['nics'])
})

test('rows are sorted by numbers as numbers, by names in their natural order, the unknown last; totals stay below', (t) => {
  t.deepEqual(sortedBy('host'), ['node1', 'node2', 'node10'])
  t.deepEqual(sortedBy('-host'), ['node10', 'node2', 'node1'])
  t.deepEqual(sortedBy('cpu'), ['node10', 'node1', 'node2'])
  t.deepEqual(sortedBy('-cpu'), ['node1', 'node10', 'node2'])
  t.deepEqual(sortedBy('image,-host'), ['node10', 'node2', 'node1'])
  t.regex(render(shaped(report(HOSTS), { sort: sortKeys('host') }), 'table', PIPE), /node10 .*\n3 hosts +55\n$/)
})

test('the digits of an id are no numbers', (t) => {
  const ids = ['600a098038303053', '60a98000486e2f34', '9f00000000000000aa']
  const rows = ids.map((host) => ({ host }))
  t.deepEqual(sortedBy('host', { ...HOSTS, rows: rows.toReversed() }), ids)
})

test('a sort loses no row, and is the same when it is done again', (t) => {
  fc.assert(
    fc.property(fc.array(fc.record({ host: fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.boolean()) })), (rows) => {
      const sort = sortKeys('host')
      const once = shaped(report({ ...HOSTS, rows }), { sort }).sections[0]?.rows ?? []
      const twice = shaped(report({ ...HOSTS, rows: once }), { sort }).sections[0]?.rows
      t.deepEqual(twice, once)
      t.is(once.length, rows.length)
    }),
  )
})

test('rows alone: no headings, no totals, no word of what is left out or that there is nothing', (t) => {
  const bare = { isBare: true } as const
  t.is(render(shaped(report(HOSTS), bare), 'table', PIPE), 'node10   5  dom0\nnode2       dom0\nnode1   50  lab\n')
  t.is(render(shaped(report(HOSTS), { ...bare, columns: ['host'] }), 'csv', PIPE), 'node10\r\nnode2\r\nnode1\r\n')
  t.is(render(shaped(report({ ...HOSTS, rows: [] }), bare), 'table', PIPE), '')
  const { totals: _, ...record } = { ...HOSTS, shape: 'record' as const, rows: HOSTS.rows.slice(0, 1) }
  t.is(render(shaped(report(record), { ...bare, columns: ['image'] }), 'table', PIPE), 'dom0\n')
})

test('names alone are what commands call the rows, whatever columns are asked for', (t) => {
  t.is(textOf({ report: report(HOSTS) }, 'name', PIPE, { columns: ['cpu'], sort: sortKeys('host') }), 'node1\nnode2\nnode10\n')
  t.is(textOf({ report: report(NICS) }, 'name', PIPE), '52:54:00:77:00:01\n')
})

test('a wide table has all its columns in a narrow window; a table of its own gives way to what is picked', (t) => {
  const narrow = { ...PIPE, columns: 12 }
  const answer = { report: report(HOSTS), table: ({ columns }: { readonly columns: number | undefined }) => `drawn in ${columns}\n` }
  t.regex(textOf({ report: report(HOSTS) }, 'wide', narrow), /^HOST +CPU% +IMAGE\n/)
  t.is(textOf(answer, 'table', narrow), 'drawn in 12\n')
  t.is(textOf(answer, 'wide', narrow), 'drawn in undefined\n')
  t.is(textOf(answer, 'table', PIPE, { columns: ['host'] }).split('\n')[0], 'HOST')
})
