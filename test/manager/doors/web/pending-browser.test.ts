// Many machines that wait: ticked, named and let in by one act; and whoever walks through the list by keyboard stays in it.
import test from 'ava'
import type { Browser } from 'playwright-core'
import { idOf } from './fake-hosts.ts'
import { fakePool } from './fake-pool.ts'
import { ask, post, startBrowser, startPages } from './page-server.ts'
import { sitting } from './sitting.ts'

let browser: Browser
test.before(async () => {
  browser = await startBrowser()
})
test.after.always(() => browser?.close())

const sit = sitting(() => browser)

/** Plugged in the other way round than they are called. */
function waiting(count: number) {
  return fakePool(count + 4, {
    pending: count,
    changed: (index) =>
      index < count ? { seen: `seen${index}`, hardware: { link: { nic: 'eth0', switch: 'tor-1', port: `Ethernet${count - index}` } } } : {},
  })
}

test.serial('all are ticked at once, in the order of their ports, and approved with names and groups', async (t) => {
  const pool = waiting(12)
  const { page, server, complaints } = await sit(t, pool)
  await page.goto(`${server.origin}/pending`)
  await page.waitForSelector('#live.on')
  t.regex((await page.locator('#pending li').first().textContent()) ?? '', /node0012[\s\S]*tor-1, port Ethernet1/)
  await page.check('[data-all=machine]')
  await page.waitForSelector('[data-ticked=machine] >> text=12 ticked')
  await page.fill('[name=names]', 'rack{01..12}')
  await page.fill('[name=groups]', 'rack3 ssd')
  await page.click('text=Approve ticked')
  await page.waitForSelector('#pending li', { state: 'detached' })
  await page.waitForSelector('#admit', { state: 'hidden' })
  const ids = Array.from({ length: 12 }, (_, at) => idOf(11 - at))
  t.deepEqual(pool.calls, [`admit ${ids.join(' ')} as rack{01..12} in rack3 ssd by alice`])
  t.is(pool.host(idOf(11))?.name, 'rack01')
  t.deepEqual(complaints, [])
})

test.serial('the focus stays in the list when a machine of it is let in, and when another comes', async (t) => {
  const pool = waiting(3)
  const { page, server } = await sit(t, pool)
  await page.goto(`${server.origin}/pending`)
  await page.waitForSelector('#live.on')
  // A moment after the list has changed.
  const isOnNext = () => page.waitForSelector('[aria-label="Approve node0001"]:focus')
  await page.focus(`#p-${idOf(1)} button.main`)
  await page.keyboard.press('Enter')
  await page.waitForSelector(`#p-${idOf(1)}`, { state: 'detached' })
  await t.notThrowsAsync(isOnNext, 'the next in the list')
  pool.become(idOf(6), { trust: 'pending', state: 'pending' })
  await page.waitForSelector(`#p-${idOf(6)}`)
  await t.notThrowsAsync(isOnNext, 'still')
})

test('a pattern that makes another number of names is refused in words; ticks name what was seen', async (t) => {
  const pool = waiting(2)
  const server = await startPages(pool)
  t.teardown(() => server.close())
  const session = await server.session('operator')
  const machine = [`${idOf(0)} seen0`, `${idOf(1)} seen1`]
  const refused = await post(server, '/hosts/admit', session, { machine, names: 'node{01..03}' }, { 'hx-request': 'true' })
  t.is(refused.status, 400)
  t.regex(refused.text, /node\{01\.\.03\} makes 3 names, and 2 are wanted/)
  const page = (await ask(server, '/pending', { headers: { cookie: session.cookie } })).text
  t.regex(page, new RegExp(`name="machine" value="${idOf(0)} seen0" form="admit"`))
  t.is((await post(server, '/hosts/admit', session, { names: '' }, { 'hx-request': 'true' })).status, 400)
})
