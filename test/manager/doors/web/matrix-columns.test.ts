import test from 'ava'
import { cellsOf } from '../../../../manager/doors/web/matrix-cells.ts'
import { chooseColumns, columnQuery, columnWords } from '../../../../manager/doors/web/views/matrix-columns.ts'
import { matrixPath, matrixQuery } from '../../../../manager/doors/web/views/matrix-query.ts'
import { idOf, THINGS } from './fake-hosts.ts'
import { fakePool } from './fake-pool.ts'
import { ask, startPages } from './page-server.ts'

const keys = (query: string): readonly (string | undefined)[] =>
  chooseColumns(THINGS, columnQuery(new URLSearchParams(query))).places.map((place) => THINGS[place]?.key)

test('columns are chosen by key, pattern and kind; other text is looked for in names and arrays', (t) => {
  t.is(keys('').length, THINGS.length)
  t.deepEqual(keys('cols=vlan:10[0-2]'), ['vlan:100', 'vlan:101', 'vlan:102'])
  t.is(keys('cols=@lun').length, 18)
  t.true(keys('cols=@storage,-@lun').every((key) => !/^(lun|vlan|segment)/.test(String(key))))
  t.is(keys('cols=lio-org').length, 18)
  t.deepEqual(keys('cols=filer:/export/iso'), ['nfs:filer:/export/iso'])
  const refused = chooseColumns(THINGS, columnQuery(new URLSearchParams('cols=nothing-like-it')))
  t.true(refused.isRefused)
  t.regex(refused.said, /^columns: /)
})

test('what is pinned comes first, whatever the filter; what is hidden is not there; others are in the order that is asked for', (t) => {
  t.deepEqual(keys('cols=vlan:10[0-2]&pin=vg:shared1&hide=vlan:101'), ['vg:shared1', 'vlan:100', 'vlan:102'])
  const sized = THINGS.map((thing, at) => ({ ...thing, hosts: at === 5 ? 9 : 0 }))
  const first = (query: string) => sized[chooseColumns(sized, columnQuery(new URLSearchParams(query))).places[0] ?? 0]?.key
  t.is(first('by=hosts'), sized[5]?.key)
  t.is(first('by=size'), 'vg:shared0')
  t.deepEqual(keys('by=name&cols=@vlan').slice(0, 2), ['vlan:100', 'vlan:101'])
})

test('an address has what was asked for, is read back, and has an end', (t) => {
  const path = matrixPath(matrixQuery(new URLSearchParams('q=a&cols=@lun&by=size&pin=a:1&pin=b:2&hide=c,d')))
  t.is(matrixPath(matrixQuery(new URL(path, 'https://x').searchParams)), path)
  t.is(
    columnWords(columnQuery(new URLSearchParams(Array.from({ length: 500 }, (_, at): [string, string] => ['pin', `k${at}`])))).length,
    50,
  )
})

test('cells that are picked stand under their heads', async (t) => {
  const whole = cellsOf(await fakePool(40).reaches())
  const row = whole.of(idOf(7)).split('<td').slice(1)
  const places = [3, 0, 12]
  const picked = whole.picked(places)
  t.deepEqual(
    picked.of(idOf(7)).split('<td').slice(1),
    places.map((place) => row[place]),
  )
  t.deepEqual(
    picked.columns.map(({ key }) => key),
    places.map((place) => whole.columns[place]?.key),
  )
  t.is(picked.unknown, picked.of('nobody'))
  t.not(picked.version, whole.version)
  t.is(whole.picked(row.map((_, at) => at)), whole, 'all of them cost nothing')
})

test('rows that are fetched anew have the columns of the table that they go into', async (t) => {
  const server = await startPages(fakePool(40))
  t.teardown(() => server.close())
  const { cookie } = await server.session('viewer')
  const page = (await ask(server, '/?cols=@vlan&hide=vlan:100', { headers: { cookie } })).text
  t.is(page.match(/data-key="/g)?.length, 11)
  t.regex(page, /1 hidden: <a href="\/" data-all-columns>/)
  t.regex(page, /11 of \d+ columns/)
  const [, asked = ''] = /data-asked="([^"]*)"/.exec(page) ?? []
  const rows = await ask(server, `/rows?id=${idOf(7)}&${asked.replaceAll('&amp;', '&').replaceAll('&#x3D;', '=')}`, {
    headers: { cookie, 'hx-request': 'true' },
  })
  t.is(rows.headers['x-columns'], /data-columns="([^"]*)"/.exec(page)?.[1])
  t.is(rows.text.match(/<td/g)?.length, 6 + 11)
})
