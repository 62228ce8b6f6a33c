// Boots of all machines, and the checklist that stands on the start page until a host was approved.
import test, { type ExecutionContext } from 'ava'
import { idOf } from './fake-hosts.ts'
import { type FakePool, fakePool } from './fake-pool.ts'
import { ask, startPages } from './page-server.ts'

async function start(t: ExecutionContext, pool: FakePool) {
  const server = await startPages(pool)
  t.teardown(() => server.close())
  const { cookie } = await server.session('viewer')
  return async (path: string) => (await ask(server, path, { headers: { cookie } })).text
}

test('boots stand there with their stages and diagnosis, the images that machines came up with beside them', async (t) => {
  const see = await start(t, fakePool(4))
  const text = await see('/boots')
  t.regex(text, /<h1>Boots<\/h1>.*Attempts, the newest first.*class="outcome"/s)
  t.regex(text, /dom0<\/bdi><td>a{16}<td><bdi>node0001, 1 machine that is no host/)
  t.regex(text, /href="\/checklist"/)
  t.regex(await see('/boots/list'), /^<div id="boots"/)
  t.regex(await see('/checklist'), /<h1>First visit<\/h1>.*A host is approved/s)
})

test('the checklist stands on the start page as long as no host was approved', async (t) => {
  t.notRegex(await (await start(t, fakePool(4)))('/'), /id="checklist"/)
  const bare = fakePool(1)
  bare.become(idOf(0), { trust: 'pending', state: 'pending' })
  const see = await start(t, bare)
  t.regex(await see('/'), /id="checklist".*A dom0 image is built and published.*node0001 waits/s)
  t.regex(await see('/boots'), /id="checklist"/)
})
