// All guests on their page: what stands there, and what is done to several at once.
import test from 'ava'
import { unmasked } from '../../../../manager/doors/csrf-mask.ts'
import { fakeGuest, uuidOfGuest } from './fake-guests.ts'
import { fakePool } from './fake-pool.ts'
import { ask, post, startPages } from './page-server.ts'

async function site(t: { teardown(end: () => Promise<void>): void }) {
  const pool = fakePool(4)
  pool.vms.push(
    fakeGuest(1, { notes: 'for <all>' }),
    fakeGuest(2, { state: 'stopped', automation: { id: 'auto9', title: 'start guest web2', recipe: 'start-guest' } }),
    fakeGuest(3, { state: 'lost', why: 'node0004 is lost, and may run it' }),
    fakeGuest(4, { state: 'unmanaged', name: 'by<hand>' }),
  )
  const server = await startPages(pool)
  t.teardown(() => server.close())
  const get = async (path: string, role: 'viewer' | 'operator') =>
    (await ask(server, path, { headers: { cookie: (await server.session(role)).cookie } })).text
  return { pool, server, get }
}

const listed = (text: string) => [...text.matchAll(/<td class="name"><a href="\/guests\/(\d+)/g)].map(([, number]) => Number(number))
/** As a form with several boxes of one name. */
const boxes = (...guests: readonly number[]) => `&${guests.map((index) => `guest=${uuidOfGuest(index)}`).join('&')}`

test('the list has state, host, size, image, notes and the automation of each, and the command that says the same', async (t) => {
  const { get } = await site(t)
  const text = await get('/guests', 'viewer')
  t.deepEqual(listed(text), [1, 2, 3, 4])
  for (const part of [
    'for &lt;all&gt;',
    'by&lt;hand&gt;',
    'href="/automations/auto9"',
    'node0004 is lost, and may run it',
    'href="/hosts/node0002"',
    '1 GiB',
    '8 GiB',
    'debian13',
    '<code>hostless vm list</code>',
  ]) {
    t.true(text.includes(part), part)
  }
  t.notRegex(text, /type="checkbox"|action="\/guests\//, 'a viewer finds nothing to act with')
})

test('a row has the first address and how many more, and says where another uses it', async (t) => {
  const { pool, get } = await site(t)
  const at = (address: string) => ({ address, mac: '00:16:3e:00:00:05', how: 'seen', since: 0, last: 0 }) as const
  pool.vms.push(
    fakeGuest(5, { addresses: [at('10.0.0.5'), at('10.0.0.6')], clashes: ['web6 uses its address 10.0.0.5 on network lan, too'] }),
  )
  const text = await get('/guests?q=10.0.0.6', 'viewer')
  t.deepEqual(listed(text), [5], 'found by its address')
  t.regex(text, /title="10\.0\.0\.5, 10\.0\.0\.6"><bdi>10\.0\.0\.5<\/bdi> <small>\+1<\/small>/)
  t.true(text.includes('web6 uses its address'))
})

test('filter and order are those of the address, the list is fetched alone, and a filter that means nothing leaves it', async (t) => {
  const { get, server } = await site(t)
  t.deepEqual(listed(await get('/guests?q=web[1-3]&sort=state', 'viewer')), [3, 1, 2])
  t.true((await get('/guests?q=web*,-web1', 'viewer')).includes('<code>hostless vm list &#x27;web*,-web1&#x27;</code>'))
  const { cookie } = await server.session('viewer')
  const alone = await ask(server, '/guests/list?q=web1', { headers: { cookie } })
  t.is(alone.headers['hx-replace-url'], '/guests?q=web1')
  t.true(alone.text.includes('hx-get="/guests/list?q&#x3D;web1"') && !alone.text.includes('<html'))
  const nothing = await ask(server, '/guests/list?q=wob1', { headers: { cookie } })
  t.is(nothing.headers['hx-reswap'], 'none')
  t.regex(nothing.text, /did you mean web1/)
  t.deepEqual(listed(nothing.text), [])
})

test('what is chosen is named before it is done, without those that hostless did not make; nothing is done yet', async (t) => {
  const { pool, server } = await site(t)
  const session = await server.session('operator')
  const chosen = await post(server, '/guests/choose', { ...session, csrf: `${session.csrf}` }, { verb: 'destroy' })
  t.is(chosen.status, 400)
  t.regex(chosen.text, /Choose guests first/)
  const asked = await postForm(server, '/guests/choose', session, `verb=destroy${boxes(1, 2, 4)}`)
  t.is(asked.status, 200)
  t.regex(asked.text, /Destroy these 2 guests\?/)
  t.regex(asked.text, />web1<.*\n.*>web2</)
  t.regex(asked.text, /by&lt;hand&gt;<\/bdi>: hostless did not make it/)
  t.true(asked.text.includes('<code>hostless vm destroy web1 web2</code>'))
  t.deepEqual(
    [...asked.text.matchAll(/name="guest" value="0*(\d)-/g)].map(([, number]) => number),
    ['1', '2'],
  )
  t.true(asked.text.includes('<html'), 'a whole page without scripts')
  const fragment = await postForm(server, '/guests/choose', session, `verb=stop${boxes(1)}`, { 'hx-request': 'true' })
  t.false(fragment.text.includes('<html'))
  const [, token = ''] = /name="csrf" value="([\w-]+)"/.exec(fragment.text) ?? []
  t.is(unmasked(token), session.csrf)
  t.true(fragment.text.includes('Stop web1'))
  t.is((await postForm(server, '/guests/choose', session, `verb=approve${boxes(1)}`)).status, 400)
  t.deepEqual(pool.calls, [])
})

test('several are stopped or destroyed at once, each with its own automation, audit and answer', async (t) => {
  const { pool, server } = await site(t)
  const session = await server.session('operator')
  const stopped = await postForm(server, '/guests/stop', session, `how=clean%2C+then+hard&seconds=60${boxes(1, 2)}`)
  t.deepEqual(pool.calls.splice(0), [
    'stop web1 {"how":"clean, then hard","seconds":60}',
    'stop web2 {"how":"clean, then hard","seconds":60}',
  ])
  t.regex(stopped.text, /Stop: 2 begun/)
  t.regex(stopped.text, /href="\/automations\/auto1">stop web1</)
  const wrong = await postForm(server, '/guests/stop', session, `how=clean&seconds=0${boxes(1)}`)
  t.regex(wrong.text, /Stop: 0 of 1 begun[\s\S]*class="refused">Seconds: /)
  await postForm(server, '/guests/destroy', session, `disks=keep${boxes(3)}`)
  t.deepEqual(pool.calls, ['destroy web3 {"disks":"keep"}'])
  const told = (await server.access.auditTrail(100)).entries.map(({ who, what }) => `${who}: ${what}`)
  t.true(told.includes(`otto: stop guest ${uuidOfGuest(1)}, clean, then hard`), told.join('\n'))
  t.true(told.includes(`otto: destroy guest ${uuidOfGuest(3)}, but keep its disks`))
  t.regex((await postForm(server, '/guests/start', session, boxes(77))).text, /None of these guests is there/)
})

function postForm(
  server: Parameters<typeof ask>[0] & { readonly origin: string },
  path: string,
  { cookie, csrf }: { readonly cookie: string; readonly csrf: string },
  fields: string,
  headers: Readonly<Record<string, string>> = {},
) {
  return ask(server, path, {
    method: 'POST',
    headers: { cookie, origin: server.origin, 'sec-fetch-site': 'same-origin', ...headers },
    body: `csrf=${encodeURIComponent(csrf)}&${fields}`,
  })
}
