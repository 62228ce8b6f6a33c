// What an admin wants on every host, by forms: iSCSI connections and the file of properties.
import test from 'ava'
import { PROPERTIES } from './fake-connections.ts'
import { idOf } from './fake-hosts.ts'
import { fakePool } from './fake-pool.ts'
import { ask, post, startPages } from './page-server.ts'

async function start(t: { teardown(end: () => Promise<void>): void }) {
  const pool = fakePool(4)
  const { calls } = pool
  const server = await startPages(pool)
  t.teardown(() => server.close())
  const audited = async () => (await server.access.auditTrail(100)).entries.map(({ who, what }) => `${who}: ${what}`)
  return { calls, server, audited }
}

const versionIn = (text: string): string => /name="version" value="([\w-]+)"/.exec(text)?.[1] ?? ''

test('connections are shown with how far hosts are, those that failed first', async (t) => {
  const { server } = await start(t)
  const { cookie } = await server.session('viewer')
  const page = await ask(server, '/site', { headers: { cookie } })
  t.regex(page.text, /iqn\.2020-01\.example:array0/)
  t.regex(page.text, /class="told bad">1 failed<\/span>.*3 waiting.*36 connected/)
  t.notRegex(page.text, /action="\/site/, 'a viewer finds no form')
  const { text } = await ask(server, '/site/hosts?id=c1', { headers: { cookie } })
  t.regex(text, /failed: the login was refused.*waiting: its agent.*connected: it has a session/s)
  t.is(text.match(/<li/g)?.length, 3, 'hosts of which the same is said are one line')
  t.is((await ask(server, '/site/hosts?id=none', { headers: { cookie } })).status, 404)
})

test('an operator connects and takes away; the CHAP password is in no log', async (t) => {
  const { calls, server, audited } = await start(t)
  const session = await server.session('operator')
  const fields = { portal: ' 10.77.0.2 ', target: '', groups: '@rack1, db', 'chap-user': 'rack', 'chap-password': 'very secret' }
  t.is((await post(server, '/site/connect', session, fields)).headers.location, '/site')
  t.is((await post(server, '/site/disconnect', session, { id: 'c2' })).status, 303)
  t.deepEqual(calls, ['connect 10.77.0.2 * rack1,db rack:very secret by otto', 'disconnect c2'])
  t.deepEqual(await audited(), ['otto: take away connection c2', 'otto: connect to all targets at 10.77.0.2 as rack on hosts of rack1 db'])
  t.false(JSON.stringify(server.lines).includes('very secret'))
})

test('half a CHAP login, a portal that is none and a connection that is not there are refused with a reason', async (t) => {
  const { server } = await start(t)
  const session = await server.session('operator')
  const connect = { portal: '10.77.0.2', target: '', groups: '', 'chap-user': '', 'chap-password': '' }
  const half = await post(server, '/site/connect', session, { ...connect, 'chap-user': 'rack' })
  t.is(half.status, 400)
  t.regex(half.text, /a user and a password, or neither/)
  t.is((await post(server, '/site/connect', session, { ...connect, portal: 'x'.repeat(65) })).status, 400)
  t.is((await post(server, '/site/connect', session, { ...connect, portal: 'nowhere' })).status, 409)
  t.is((await post(server, '/site/connect', session, {})).status, 409)
  t.is((await post(server, '/site/disconnect', session, { id: '../c1' })).status, 400)
  t.is((await post(server, '/site/disconnect', session, { id: 'c9' })).status, 404)
})

test('an admin edits the file of properties; what it was is not overwritten unseen', async (t) => {
  const { calls, server, audited } = await start(t)
  const session = await server.session('admin')
  const see = async () => (await ask(server, '/site', { headers: { cookie: session.cookie } })).text
  const version = versionIn(await see())
  const text = `${PROPERTIES}[kernel]\r\ncommand=/bin/uname\r\n`
  t.is((await post(server, '/site/properties', session, { version, text })).status, 303)
  t.deepEqual(calls, [`properties ${JSON.stringify(text.replaceAll('\r\n', '\n'))}`])
  t.regex((await audited())[0] ?? '', /^alice: set the file of properties "\[ram_free\]\\ncommand/)
  t.is((await post(server, '/site/properties', session, { version, text: '[a]' })).status, 409, 'an old version')
  t.is(calls.length, 1)
  const wrong = await post(server, '/site/properties', session, { version: versionIn(await see()), text: 'command=x' })
  t.is(wrong.status, 409)
  t.regex(wrong.text, /Line 1: there is no \[section\]/)
})

test('a file of properties may be longer than other forms, and has an end too', async (t) => {
  const { calls, server } = await start(t)
  const session = await server.session('admin')
  const version = versionIn((await ask(server, '/site', { headers: { cookie: session.cookie } })).text)
  t.is((await post(server, '/site/properties', session, { version, text: `[${'='.repeat(40_000)}` })).status, 303)
  t.is((await post(server, '/site/properties', session, { version, text: '='.repeat(100_000) })).status, 413)
  t.is((await post(server, '/site/properties', session, { version, text: 'x'.repeat(70_000) })).status, 400)
  t.is(calls.length, 1)
})

test('an operator says what a host boots, and gives it back to the default', async (t) => {
  const pool = fakePool(4)
  const server = await startPages(pool)
  t.teardown(() => server.close())
  const session = await server.session('operator')
  const path = `/hosts/${idOf(3)}`
  const set = (fields: Readonly<Record<string, string>>) => post(server, `${path}/boot`, session, fields)
  const see = async () => (await ask(server, path, { headers: { cookie: session.cookie } })).text
  t.is((await set({ image: ' debian12 ', root: 'ram' })).status, 303)
  t.regex(await see(), /name="image" value="debian12".*<option selected>ram/s)
  t.is((await set({ image: '', root: '' })).status, 303)
  t.regex(await see(), /name="image" value=""/)
  t.is((await set({ image: '../etc', root: '' })).status, 400)
  t.is((await set({ image: 'dom0', root: 'disk' })).status, 400)
  t.deepEqual(pool.calls, [
    `${idOf(3)} boots {"image":"debian12","root":"ram"} by otto`,
    `${idOf(3)} boots {"image":null,"root":null} by otto`,
  ])
  const { entries } = await server.access.auditTrail(10)
  const refused = entries.filter(({ what }) => /: refused \(400\): /.test(what))
  t.is(refused.length, 2)
  const did = entries.filter((entry) => !refused.includes(entry))
  t.is(did.length, 2)
  t.is(did[1]?.what, `boot host node0004 (${idOf(3)}) from {"image":"debian12","root":"ram"}`)
})

test('an operator orders something else for the next boot of a host, sees it on its page, and takes it back', async (t) => {
  const pool = fakePool(4)
  const server = await startPages(pool)
  t.teardown(() => server.close())
  const session = await server.session('operator')
  const path = `/hosts/${idOf(3)}`
  const order = (what: string) => post(server, `${path}/once`, session, { what })
  const see = async (as = session) => (await ask(server, path, { headers: { cookie: as.cookie } })).text
  t.regex(await see(), /<option value="memtest">memtest86\+<\/option>/)
  t.is((await order('memtest')).status, 303)
  t.regex(await see(), /At its next boot: memtest86\+, once <small>by <bdi>user otto<\/bdi>.*Take back/s)
  const viewer = await see(await server.session('viewer'))
  t.regex(viewer, /At its next boot: memtest86\+, once/)
  t.notRegex(viewer, /Take back|value="memtest"/)
  t.is((await order('none')).status, 303)
  t.notRegex(await see(), /At its next boot: /)
  t.is((await order('floppy')).status, 400)
  t.deepEqual(pool.calls, [`${idOf(3)} boots memtest once by otto`, `${idOf(3)} boots none once by otto`])
  const said = (await server.access.auditTrail(10)).entries.map(({ what }) => what)
  t.true(said.includes(`order host node0004 (${idOf(3)}) to boot memtest86+ once`))
  t.true(said.includes(`take back what host node0004 (${idOf(3)}) was to boot once`))
})
