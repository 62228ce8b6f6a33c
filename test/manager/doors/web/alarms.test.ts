// Alarms on pages: chosen, acknowledged, and on the page of each host that they are about.
import test, { type ExecutionContext } from 'ava'
import { idOf } from './fake-hosts.ts'
import { fakePool } from './fake-pool.ts'
import { ask, post, startPages } from './page-server.ts'

const ALARM = { raised: 1, last: 1, times: 1 }

async function site(t: ExecutionContext) {
  const pool = fakePool(40)
  const shared = Array.from({ length: 36 }, (_, at) => idOf(at + 2))
  pool.raise({ ...ALARM, key: 'connection-failed c1', kind: 'connection-failed', host: null, hosts: shared, text: 'a portal is away' })
  pool.raise({ ...ALARM, key: 'sibling-differs x', kind: 'sibling-differs', host: idOf(5), text: 'less memory' })
  pool.raise({ ...ALARM, key: 'disk-failing y', kind: 'disk-failing', host: idOf(5), text: 'sda foretells its failure' })
  const server = await startPages(pool)
  t.teardown(() => server.close())
  const session = await server.session('operator')
  const see = async (path: string) => (await ask(server, path, { headers: { cookie: session.cookie } })).text
  return { pool, server, session, see }
}

test('the gravest is first, an alarm of many hosts has a link to each, and what is chosen is said as a command', async (t) => {
  const { see } = await site(t)
  const page = await see('/alarms')
  t.deepEqual(
    [...page.matchAll(/<li class="(\w+)">/g)].map(([, severity]) => severity),
    ['critical', 'warning', 'info'],
  )
  t.regex(page, /<span class="severity">critical<\/span> <span class="risk">data at risk/)
  t.regex(page, /36 hosts:[\s\S]*href="\/hosts\/node0003"[\s\S]*and 24 more[\s\S]*href="\/hosts\/node0038"/)
  const chosen = await see(`/alarms?severity=warning&kind=connection-failed&host=node0006`)
  t.is(chosen.match(/<li class="/g)?.length, 1)
  t.regex(chosen, /hostless alarm list node0006 --severity warning --kind connection-failed/)
  t.regex(chosen, /<option value="warning" selected>warning and worse/)
  t.regex(await see('/alarms?host=nobody'), /there is no host nobody/)
  t.regex(await see('/alarms?severity=nonsense&which=nonsense'), /data at risk/)
})

test('an alarm about several hosts stands on the page of each', async (t) => {
  const { see } = await site(t)
  t.regex(
    await see('/hosts/node0012'),
    /class="warning"><a href="\/alarms\?kind&#x3D;connection-failed">warning<\/a>: a portal is away <small>\(with 35 other hosts\)/,
  )
  t.notRegex(await see('/hosts/node0040'), /a portal is away/)
})

test('several are acknowledged at once, with a comment, in the name of who does; they are seen where they are asked for', async (t) => {
  const { pool, server, session, see } = await site(t)
  const fields = { alarm: ['connection-failed c1', 'sibling-differs x', 'gone'], comment: 'switch 2 is <changed>' }
  const done = await post(server, '/alarms/acknowledge', session, fields, { 'hx-request': 'true' })
  t.regex(done.text, /2 alarms acknowledged\. 1 other had ended before\./)
  t.is(pool.calls[0], 'clear connection-failed c1 by otto: switch 2 is <changed>')
  t.is((await see('/alarms')).match(/<li class="/g)?.length, 1)
  const seenTo = await see('/alarms?which=acknowledged')
  t.regex(seenTo, /seen to by <bdi>otto<\/bdi> <time[^>]*>[^<]*<\/time>: switch 2 is &lt;changed&gt;/)
  t.notRegex(seenTo, /name="alarm"/, 'what is acknowledged is not acknowledged again')
  t.is((await post(server, '/alarms/acknowledge', session, {}, { 'hx-request': 'true' })).status, 400)
  t.regex((await server.access.auditTrail(1)).entries[0]?.what ?? '', /acknowledge/)
})

test('a viewer sees alarms and ticks none', async (t) => {
  const { server } = await site(t)
  const { text } = await ask(server, '/alarms', { headers: { cookie: (await server.session('viewer')).cookie } })
  t.regex(text, /data at risk/)
  t.notRegex(text, /type="checkbox"|acknowledge"/)
})
