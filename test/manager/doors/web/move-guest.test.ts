// A guest's move: its plan, with all that is in the way and where else it could go, what is begun, and the command that does the same.
import test from 'ava'
import { fakeGuest, uuidOfGuest } from './fake-guests.ts'
import { idOf } from './fake-hosts.ts'
import { fakePool } from './fake-pool.ts'
import { ask, post, startPages } from './page-server.ts'

const PATH = `/guests/${uuidOfGuest(1)}/move`

async function site(t: { teardown(end: () => Promise<void>): void }) {
  const pool = fakePool(4)
  pool.vms.push(fakeGuest(1), fakeGuest(2, { state: 'unmanaged' }), fakeGuest(3, { state: 'crashed' }))
  Object.assign(pool.plan, {
    ...{ way: 'live', from: { host: idOf(1), name: 'node0002' }, to: { host: idOf(2), name: 'node0003' } },
    ...{ network: '10.77.0.0/24', megabits: 10_000, takesMs: 9200 },
    steps: [
      { what: 'mirror xvda over 10.77.0.0/24', undo: 'take the mirror down' },
      { what: 'hand over: from here on there is no way back' },
    ],
    others: {
      fits: [{ host: idOf(2), name: 'node0003' }],
      refused: [{ host: idOf(3), name: 'node0004', why: [{ code: 'no-vg', reason: 'it has no VG <data>' }] }],
    },
  })
  const server = await startPages(pool)
  t.teardown(() => server.close())
  const session = await server.session('operator')
  const get = (path: string) => ask(server, path, { headers: { cookie: session.cookie } })
  return { pool, server, session, get }
}

test('the plan is shown before anything is done: way, ends, network, amounts, steps with their undo, and the command', async (t) => {
  const { pool, get } = await site(t)
  const { status, text } = await get(PATH)
  t.is(status, 200)
  for (const said of [
    'web1 would go to node0003, live: it runs on meanwhile.',
    '<dt>From</dt><dd>node0002</dd>',
    '<dt>Network</dt><dd>10.77.0.0/24 (10000 Mbit/s)</dd>',
    '<dt>Disks</dt><dd>8 GiB</dd>',
    '<dt>Memory</dt><dd>1 GiB</dd>',
    '<dt>Takes</dt><dd>about 9.2 s</dd>',
    '<dt>Stands still for</dt><dd>2.0 s at most</dd>',
    'mirror xvda over 10.77.0.0/24 <small>taken back: take the mirror down</small>',
    '<code>hostless migrate web1 --to node0003</code>',
    '<button id="move-now" class="main">',
    `<input type="hidden" name="host" value="${idOf(2)}">`,
    'it has no VG &lt;data&gt; (no-vg)',
  ])
    t.true(text.includes(said), said)
  const href = `${PATH}?host=${idOf(2)}&amp;max-pause=2s&amp;keep=1h`.replaceAll('=', '&#x3D;')
  t.true(text.includes(`<a href="${href}" aria-current="true"><bdi>node0003`))
  t.false(text.includes(`<option value="${idOf(1)}"`), 'where it is, it is already')
  t.deepEqual(pool.calls, [])
})

test('of disks that stay on a LUN of both hosts it is said that nothing is copied', async (t) => {
  const { pool, get } = await site(t)
  const stays = { vdev: 'xvdb', sizeBytes: 2 ** 30, how: 'stays' as const, vg: 'san', luns: ['naa.600'] }
  const copied = { vdev: 'xvda', sizeBytes: 2 ** 33, how: 'copied' as const, vg: 'data', luns: [] }
  Object.assign(pool.plan, { disks: [copied, stays] })
  const said = '<dt>Stays on its LUN</dt><dd>xvdb, in VG san on naa.600: nothing of it is copied or mirrored</dd>'
  const both = (await get(PATH)).text
  t.true(both.includes(said) && both.includes('<dt>Disks</dt><dd>8 GiB</dd>'))
  Object.assign(pool.plan, { disks: [stays], diskBytes: 0 })
  const alone = (await get(PATH)).text
  t.true(alone.includes(said) && alone.includes('<dt>Disks</dt><dd>none is copied</dd>'))
})

test('all that is in the way is named with its code, and then it cannot be begun; what is half typed is said, and no failure', async (t) => {
  const { pool, get } = await site(t)
  Object.assign(pool.plan, {
    refusals: [
      { code: 'no-network', reason: 'node0002 and node0003 have no IPv4 network in common' },
      { code: 'nomigrate', reason: 'its spec has nomigrate=1' },
    ],
    steps: [],
  })
  const { text } = await get(`${PATH}/plan?host=${idOf(2)}&max-pause=500ms`)
  t.true(text.startsWith('<div id="plan">'))
  t.regex(text, /web1 cannot be moved to node0003 as it stands\./)
  t.regex(text, /no IPv4 network in common <span class="code">no-network</)
  t.regex(text, /nomigrate(?:=|&#x3D;)1 <span class="code">nomigrate</)
  t.regex(text, /<button id="move-now" class="main" disabled>/)
  t.regex(text, /<dd>0\.5 s at most<\/dd>/)
  const wrong = await get(`${PATH}/plan?max-pause=soon`)
  t.is(wrong.status, 200)
  t.true(wrong.text.includes('<p class="refused">“soon” is no span of time: 500ms, 2s, 1h</p>'))
  t.regex(wrong.text, /<button id="move-now" class="main" disabled>/)
})

test('what the plan shows is begun, is audited, and leads to its automation', async (t) => {
  const { pool, server, session, get } = await site(t)
  const choices = { host: idOf(2), 'max-pause': '500ms', rate: '40M', network: '10.77.0.0/24', keep: '2h' }
  const { text } = await get(`${PATH}?${new URLSearchParams(choices)}`)
  t.true(text.includes('hostless migrate web1 --to node0003 --max-pause 500ms --rate 40M --network 10.77.0.0/24 --keep 2h'))
  t.true(text.includes(`<option value="${idOf(2)}" selected>`))
  const fields = Object.fromEntries([...text.matchAll(/<input type="hidden" name="([a-z-]+)" value="([^"]*)">/g)].map(([, a, b]) => [a, b]))
  t.like(fields, choices)
  const begun = await post(server, PATH, session, choices, { 'hx-request': 'true' })
  t.is(begun.headers['hx-redirect'], '/automations/auto1')
  const input = { host: idOf(2), maxPauseMs: 500, rateBytes: 40 * 2 ** 20, network: '10.77.0.0/24', keepMs: 7_200_000 }
  t.deepEqual(
    pool.calls.map((call) => [call.slice(0, 13), JSON.parse(call.slice(13))]),
    [['migrate web1 ', input]],
  )
  t.is((await post(server, PATH, session, { keep: 'long' })).status, 400)
  t.is((await post(server, PATH, { ...session, csrf: 'no' }, choices)).status, 403)
  t.is(pool.calls.length, 1)
  const told = (await server.access.auditTrail(100)).entries.map(({ what }) => what)
  t.true(told.includes(`migrate guest ${uuidOfGuest(1)} to ${idOf(2)}`), told.join('\n'))
})

test('a row and a guest lead there where it may be moved, and only whom may move it', async (t) => {
  const { server, get } = await site(t)
  for (const path of ['/guests', `/guests/${uuidOfGuest(1)}`]) t.true((await get(path)).text.includes(`href="${PATH}"`), path)
  const { text } = await get('/guests')
  for (const index of [2, 3]) t.false(text.includes(`${uuidOfGuest(index)}/move`))
  const viewer = await server.session('viewer')
  for (const path of ['/guests', `/guests/${uuidOfGuest(1)}`])
    t.false((await ask(server, path, { headers: { cookie: viewer.cookie } })).text.includes('/move"'))
  t.is((await get(`/guests/${uuidOfGuest(2)}/move`)).status, 404)
  t.is((await get(`/guests/${uuidOfGuest(9)}/move/plan`)).status, 404)
})

test('what a stop would cure is offered, chosen with the rest, and begun as it was shown', async (t) => {
  const { pool, server, session, get } = await site(t)
  const plan = { ...pool.plan }
  Object.assign(pool.plan, {
    refusals: [{ code: 'cpu', reason: 'node0003 lacks avx2' }],
    withRestart: { stopMs: 12_400 },
    takesMs: undefined,
  })
  const refused = (await get(PATH)).text
  t.regex(refused, /With a stop of about 12\.4 s, beside what it takes to power off and to boot, it could go/)
  t.false(refused.includes('nothing says how fast'), 'that is not what is in its way')
  Object.assign(pool.plan, plan, {
    way: 'restarted',
    refusals: [],
    withRestart: undefined,
    pauseAtMostMs: 12_400,
    notSent: { zeroBytes: 2 ** 30, thereBytes: 2 ** 31 },
  })
  const { text } = await get(`${PATH}?restart=not+live`)
  for (const said of [
    'web1 would go to node0003, with a stop: it runs until its disks are there, is ended, and started there.',
    '<dt>Is down for</dt><dd>about 12.4 s, beside its own shutdown and boot</dd>',
    '<dt>Of them not sent</dt><dd>1 GiB that were never written; what has not changed of 2 GiB that it has left there</dd>',
    '<option value="not live" selected>',
    '<input type="hidden" name="restart" value="not live">',
    '<code>hostless migrate web1 --to node0003 --restart</code>',
  ])
    t.true(text.includes(said), said)
  await post(server, PATH, session, { host: idOf(2), restart: 'not live' }, { 'hx-request': 'true' })
  t.regex(pool.calls[0] ?? '', /"restart":\{"when":"not live","how":"clean","seconds":120,"compare":"stopped"\}/)
  const told = (await server.access.auditTrail(100)).entries.map(({ what }) => what)
  t.true(told.includes(`migrate guest ${uuidOfGuest(1)} to ${idOf(2)}, with a stop if need be`), told.join('\n'))
})
