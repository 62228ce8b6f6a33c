import test from 'ava'
import { execa } from 'execa'
import { parse } from 'yaml'
import {
  OUTPUT_FORMATS,
  type Report,
  render,
  type Section,
  showBytes,
  showGrowth,
} from '../../../../../manager/cli/engine/output/output.ts'
import type { Column } from '../../../../../manager/cli/engine/output/report.ts'
import { fitted } from '../../../../../manager/cli/engine/output/table.ts'
import { terminalOf } from '../../../../../manager/cli/engine/output/terminal.ts'
import { widthOf } from '../../../../../manager/cli/engine/output/text.ts'

const PIPE = { columns: undefined, colour: false }

const LIST: Section = {
  name: 'hosts',
  item: 'host',
  title: 'Hosts',
  shape: 'list',
  columns: [
    { key: 'name', title: 'NAME' },
    { key: 'size', title: 'SIZE', align: 'right', show: showBytes },
    { key: 'up', title: 'UP', tone: (value) => (value === true ? 'good' : 'bad') },
  ],
  rows: [
    { name: 'node01', size: 2048, up: true },
    { name: 'a-much-longer-name', size: null, up: false },
  ],
  empty: 'No hosts.',
}
const RECORD: Section = {
  name: 'summary',
  item: 'summary',
  title: 'Summary',
  shape: 'record',
  columns: [
    { key: 'image', title: 'Image' },
    { key: 'hosts', title: 'Hosts' },
  ],
  rows: [{ image: 'dom0', hosts: null }],
  empty: '',
}
const one = (section: Section): Report => ({ name: 'report', sections: [section] })
const withText = (text: string): Report => one({ ...LIST, rows: [{ name: text, size: 1, up: true }] })

/** Terminal escapes, line ends, direction changes, formulas, markup. */
const HOSTILE = [
  '\u001b[31mred\u001b[0m',
  'a\nb',
  'a\r\nb',
  'tab\there',
  '\u202egpj.exe',
  '\u0000nul',
  '\u009b31m',
  '\ud800',
  '\u2028',
  "=cmd|'/c calc'!A0",
  '</hosts><x>&"\'',
  'key: [value',
  '- item',
  '"quoted", too',
  'true',
  '0123',
  '\u007f',
]

test('a table has columns, no boxes, and nothing at the ends of lines', (t) => {
  t.is(
    render(one(LIST), 'table', PIPE),
    'NAME                   SIZE  UP\nnode01              2.0 KiB  yes\na-much-longer-name           no\n',
  )
})

test('a table of a record shows what is known, top to bottom', (t) => {
  t.is(render(one(RECORD), 'table', PIPE), 'Image  dom0\n')
})

test('a table of several sections gives lists their headings, and says what is empty', (t) => {
  const report = { name: 'report', sections: [RECORD, { ...LIST, rows: [] }] }
  t.is(render(report, 'table', PIPE), 'Image  dom0\n\nHosts\nNo hosts.\n')
})

test('a table fits the terminal, the widest column giving first', (t) => {
  const text = render(withText('x'.repeat(200)), 'table', { columns: 40, colour: false })
  for (const line of text.split('\n')) t.true(line.length <= 40, line)
  t.regex(text, /x…/)
  t.true(render(withText('x'.repeat(200)), 'table', PIPE).includes('x'.repeat(200)))
  t.deepEqual(fitted([100, 20, 5], 60), [31, 20, 5])
  t.deepEqual(fitted([140, 52, 13], 80), [31, 32, 13], 'two that are too wide share what there is')
  t.deepEqual(fitted([50, 50, 50], 34), [10, 10, 10])
  t.deepEqual(fitted([100, 90, 5], 20), [8, 8, 5])
  t.deepEqual(fitted([10, 10], undefined), [10, 10])
})

test('a table keeps wide characters in their columns', (t) => {
  const report = one({
    ...LIST,
    rows: [
      { name: '漢字', size: 1, up: true },
      { name: 'abcd', size: 1, up: true },
    ],
  })
  const [, wide = '', narrow = ''] = render(report, 'table', PIPE).split('\n')
  t.is(wide.length + 2, narrow.length)
})

test('a table is coloured on a terminal alone', (t) => {
  const colours = render(one(LIST), 'table', { columns: 80, colour: true })
  t.true(colours.includes('\u001b[32myes\u001b[0m') && colours.includes('\u001b[31mno\u001b[0m'))
  t.false(render(one(LIST), 'table', PIPE).includes('\u001b'))
})

test('terminalOf: colour on a tty, unless NO_COLOR is set or the terminal is dumb', (t) => {
  const stream = (isTTY: boolean) => ({ isTTY, columns: 120, write: () => true })
  t.like(terminalOf(stream(true), {}), { columns: 120, colour: true })
  t.like(terminalOf(stream(true), { NO_COLOR: '1' }), { colour: false })
  t.like(terminalOf(stream(true), { NO_COLOR: '' }), { colour: true })
  t.like(terminalOf(stream(true), { TERM: 'dumb' }), { colour: false })
  t.like(terminalOf(stream(false), {}), { columns: undefined, colour: false })
})

test('JSON and YAML give values back as they were, a list as a list', (t) => {
  const expected = [...LIST.rows]
  t.deepEqual(JSON.parse(render(one(LIST), 'json', PIPE)), expected)
  t.deepEqual(parse(render(one(LIST), 'yaml', PIPE)), expected)
  const both = { name: 'report', sections: [RECORD, LIST] }
  t.deepEqual(JSON.parse(render(both, 'json', PIPE)), { summary: { image: 'dom0', hosts: null }, hosts: expected })
  t.deepEqual(parse(render(both, 'yaml', PIPE)), { summary: { image: 'dom0', hosts: null }, hosts: expected })
  t.deepEqual(JSON.parse(render(one({ ...LIST, rows: [] }), 'json', PIPE)), [])
})

test('hostile text comes back unchanged from JSON and YAML', (t) => {
  for (const text of HOSTILE) {
    t.is(JSON.parse(render(withText(text), 'json', PIPE))[0].name, text)
    t.is(parse(render(withText(text), 'yaml', PIPE))[0].name, text)
  }
})

test('no form lets a control character, a direction change or a false line through', (t) => {
  for (const format of OUTPUT_FORMATS) {
    const lines = render(withText('harmless'), format, PIPE).split('\n').length
    for (const text of HOSTILE) {
      const shown = render(withText(text), format, PIPE)
      t.notRegex(shown.replaceAll('\r\n', '\n').replaceAll('\n', ''), /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e]/u, format)
      t.is(shown.split('\n').length, lines, `${format} ${JSON.stringify(text)}`)
    }
  }
})

test('CSV follows RFC 4180 and holds no formulas', (t) => {
  t.is(render(one(LIST), 'csv', PIPE), 'name,size,up\r\nnode01,2048,true\r\na-much-longer-name,,false\r\n')
  const field = (text: string) =>
    render(withText(text), 'csv', PIPE)
      .split('\r\n')[1]
      ?.replace(/,1,true$/, '')
  t.is(field('a "b", c'), '"a ""b"", c"')
  for (const sign of ['=', '+', '-', '@', ' =', '\uff1d']) t.regex(field(`${sign}1+1`) ?? '', /^"?'/)
  t.is(render(one({ ...LIST, rows: [{ name: 'x', size: -5, up: true }] }), 'csv', PIPE).split('\r\n')[1], 'x,-5,true')
})

test('CSV of several sections has a line for each value', (t) => {
  t.is(
    render({ name: 'report', sections: [RECORD, { ...LIST, rows: [] }] }, 'csv', PIPE),
    'section,row,field,value\r\nsummary,1,image,dom0\r\nsummary,1,hosts,\r\n',
  )
})

test('XML is well formed whatever the text', async (t) => {
  for (const text of HOSTILE) {
    const xml = render({ name: 'report', sections: [RECORD, { ...LIST, rows: [{ name: text, size: 1, up: true }] }] }, 'xml', PIPE)
    const python = await execa(
      'python3',
      ['-c', 'import sys,xml.dom.minidom as m; print(m.parseString(sys.stdin.buffer.read()).documentElement.tagName)'],
      { input: xml },
    )
    t.is(python.stdout, 'report')
  }
  t.is(
    render(one({ ...LIST, rows: [{ name: '<&>', size: null, up: true }] }), 'xml', PIPE),
    '<?xml version="1.0" encoding="UTF-8"?>\n<report>\n  <host>\n    <name>&lt;&amp;&gt;</name>\n    <up>true</up>\n  </host>\n</report>\n',
  )
})

test('showBytes and showGrowth keep three digits', (t) => {
  t.deepEqual([0, 999, 1000, 1024, 10_240, 1_048_576, 650_000_000, 1.5 * 2 ** 30, 2 ** 50].map(showBytes), [
    '0 B',
    '999 B',
    '1.0 KiB',
    '1.0 KiB',
    '10.0 KiB',
    '1.0 MiB',
    '620 MiB',
    '1.5 GiB',
    '1024 TiB',
  ])
  t.is(showBytes(-2048), '-2.0 KiB')
  t.is(showGrowth(2048), '+2.0 KiB')
  t.is(showGrowth(0), '0 B')
})

const LUN = 'LUN naa.60002ac3000000000000000000012345'

test('names are whole where other columns can go for them, and are cut only where the window has no room for a name', (t) => {
  const columns: readonly Column[] = [
    { key: 'no', title: '' },
    { key: 'name', title: 'THING', cut: 'middle' },
    { key: 'size', title: 'SIZE', align: 'right', spare: 1 },
    { key: 'detail', title: 'DETAIL', spare: 2 },
    { key: 'key', title: 'KEY', cut: 'middle', spare: 4 },
  ]
  const rows = [{ no: 'L1', name: LUN, size: '5.0 TiB', detail: '3PARdata VV', key: LUN.replace('LUN ', 'lun:') }]
  const section = { name: 'things', item: 'thing', title: 'Things', shape: 'list', columns, rows, empty: '' } as const
  const shown = (width: number) => render({ name: 'things', sections: [section] }, 'table', { ...PIPE, columns: width })
  for (const [width, left] of [
    [80, /\(with [^)]*:\s+key\)/],
    [60, /:\s+detail,\s+key\)/],
    [50, /:\s+size,\s+detail,\s+key\)/],
  ] as const) {
    t.true(shown(width).includes(LUN), `at ${width}: ${shown(width)}`)
    t.regex(shown(width), left)
  }
  t.regex(shown(30), /LUN naa\.\w+…\w+/)
  for (const line of shown(30).split('\n')) t.true(widthOf(line) <= 30, line)
})

test('a word of a sentence that is wider than its column goes on below, and nothing of it is lost', (t) => {
  const columns: readonly Column[] = [{ key: 'what', title: 'WHAT', cut: 'wrap' }]
  const what = `see to it (hostless storage show ${'nfs:10.64.0.1:/dom0/00eca195fa3b047e'.repeat(2)}) soon`
  const section = { name: 'alarms', item: 'alarm', title: 'Alarms', shape: 'list', columns, rows: [{ what }], empty: '' } as const
  const [, ...lines] = render({ name: 'alarms', sections: [section] }, 'table', { ...PIPE, columns: 24 })
    .trimEnd()
    .split('\n')
  t.is(lines.join('').replaceAll(' ', ''), what.replaceAll(' ', ''))
  for (const line of lines) t.true(widthOf(line) <= 24, line)
})
