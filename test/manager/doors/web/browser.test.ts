// The page in a real browser: what an admin sees and does, live, by mouse and by keyboard, and with names that mean harm.
import test from 'ava'
import type { Browser } from 'playwright-core'
import { fakeGuest, uuidOfGuest } from './fake-guests.ts'
import { idOf, THINGS } from './fake-hosts.ts'
import { fakePool } from './fake-pool.ts'
import { PASSWORD, startBrowser, USERS } from './page-server.ts'
import { sitting } from './sitting.ts'

let browser: Browser
test.before(async () => {
  browser = await startBrowser()
})
test.after.always(() => browser?.close())

const sit = sitting(() => browser)

const row = (index: number) => `#h-${idOf(index)}`

test.serial('an admin signs in, sees the matrix, and approves a machine by one click: its row changes without a reload', async (t) => {
  const pool = fakePool(40)
  const { page, complaints } = await sit(t, pool)
  t.is(await page.locator('#matrix tbody tr').count(), 40)
  t.is(await page.locator('#matrix thead th').count(), 7 + THINGS.length)
  t.is(await page.locator(`${row(0)} .st`).textContent(), 'pending')
  await page.evaluate('window.isSame = true')
  await page.click(`#p-${idOf(0)} button:has-text("Approve")`)
  await page.waitForSelector(`${row(0)}.up`)
  await page.waitForSelector(`#p-${idOf(0)}`, { state: 'detached' })
  await page.waitForSelector('#notice >> text=node0001 is approved.')
  t.true(await page.evaluate('window.isSame'))
  t.deepEqual(pool.calls, [`approve ${idOf(0)} by alice`])
  t.deepEqual(complaints, [])
})

test.serial(
  'only cells with too much in them are clipped, as each clip costs in every frame; and nothing of the others stands over',
  async (t) => {
    const pool = fakePool(12)
    pool.become(idOf(2), { image: { image: 'a-very-long-image-of-dom0', generation: 'g1' } })
    pool.become(idOf(3), { cordon: { reason: 'its fan', who: 'alice', at: 1 } })
    // The widest of those that are not cut.
    pool.become(idOf(4), { image: { image: 'm'.repeat(5), generation: 'g1' }, state: 'maintenance', guests: undefined })
    pool.become(idOf(5), { state: 'approved', guests: 1234 })
    const { page } = await sit(t, pool)
    const clipped = await page.evaluate<readonly string[]>(
      `[...document.querySelectorAll('#matrix tbody td')].filter((cell) => getComputedStyle(cell).overflowX !== 'visible').map((cell) => cell.textContent)`,
    )
    t.deepEqual(clipped, ['a-very-long-image-of-dom0', 'up, cordoned'])
    const over = await page.evaluate<readonly string[]>(
      `[...document.querySelectorAll('#matrix tbody td:not(.long)')].filter((cell) => cell.scrollWidth > cell.clientWidth).map((cell) => cell.outerHTML)`,
    )
    t.deepEqual(over, [])
  },
)

test.serial('on a phone the matrix has a screen of its own, below what waits for approval', async (t) => {
  const { page } = await sit(t, fakePool(60))
  await page.setViewportSize({ width: 390, height: 844 })
  t.true((await page.evaluate<number>(`document.querySelector('#matrix').clientHeight`)) > 600)
  await page.locator('#matrix').scrollIntoViewIfNeeded()
  await page.evaluate('scrollTo(0, document.documentElement.scrollHeight)')
  const [top, bottom] = await page.evaluate<readonly [number, number]>(
    `[document.querySelector('#matrix').getBoundingClientRect().top, document.querySelector('#why').getBoundingClientRect().bottom]`,
  )
  t.true(top < 300 && Math.round(bottom) === 844, `${top} ${bottom}`)
})

test.serial('reject asks first', async (t) => {
  const pool = fakePool(8)
  const { page } = await sit(t, pool)
  await page.click(`#p-${idOf(1)} summary`)
  t.deepEqual(pool.calls, [])
  await page.click(`#p-${idOf(1)} button.danger`)
  await page.waitForSelector(`${row(1)}.rejected`)
  t.deepEqual(pool.calls, [`reject ${idOf(1)} by alice`])
})

test.serial('a viewer sees all and may press nothing', async (t) => {
  const { page } = await sit(t, fakePool(8), USERS.viewer)
  t.is(await page.locator('#matrix tbody tr').count(), 8)
  t.is(await page.locator('button:has-text("Approve"), summary:has-text("Reject"), nav >> text=Users').count(), 0)
})

test.serial('a cell says why, by mouse and by keyboard', async (t) => {
  const { page, complaints } = await sit(t, fakePool(40))
  const cell = (host: number, column: number) => page.locator(`${row(host)} td`).nth(column - 1)
  const why = page.locator('#why')
  await cell(3, 7 + 9).hover()
  await page.waitForSelector('#why >> text=does not carry VLAN 109')
  await cell(3, 7 + 9).click()
  t.regex((await why.textContent()) ?? '', /not reached\s+node0004\s+→\s+VLAN\s+109/)
  t.regex((await cell(3, 7 + 9).getAttribute('title')) ?? '', /does not carry VLAN 109/)
  await page.keyboard.press('ArrowRight')
  await page.waitForSelector('#why >> text=tagged 110')
  await page.keyboard.press('ArrowDown')
  await page.waitForSelector('#why >> text=node0005')
  await page.keyboard.press('Escape')
  await page.waitForSelector('#why >> text=arrow keys')
  t.deepEqual(complaints, [])
})

test.serial('what changes shows at once: state, load, a cable, an alarm, a machine that was not there', async (t) => {
  const pool = fakePool(60)
  const { page, complaints } = await sit(t, pool)
  pool.become(idOf(5), { state: 'lost' })
  await page.waitForSelector(`${row(5)}.lost`)
  await page.waitForSelector('a.state.lost')
  const load = pool.host(idOf(6))?.load
  pool.become(idOf(6), { load: load && { ...load, cpus: 128 } }, 'sample')
  await page.waitForSelector(`${row(6)} td.bar.p100`)
  pool.plug(idOf(7), 'vlan:100', { reached: false, why: 'eth0 has no link' })
  await page.waitForSelector(`${row(7)} td:nth-child(8).x`)
  await page.locator(`${row(7)} td:nth-child(8)`).click()
  await page.waitForSelector('#why >> text=eth0 has no link')
  pool.raise({
    key: 'k',
    kind: 'duplicate-mac',
    host: idOf(1),
    text: 'two hosts, one MAC',
    raised: 1,
    last: 1,
    times: 1,
  })
  await page.waitForSelector(`#p-${idOf(1)} >> text=two hosts, one MAC`)
  t.deepEqual(complaints, [])
})

test.serial('a row that is out of sight is fetched when it comes into sight', async (t) => {
  const pool = fakePool(400)
  const { page } = await sit(t, pool)
  const asked: string[] = []
  page.on('request', (request) => void (request.url().includes('/rows?') && asked.push(request.url())))
  pool.become(idOf(390), { state: 'lost' })
  pool.become(idOf(4), { state: 'lost' })
  await page.waitForSelector(`${row(4)}.lost`, { state: 'attached' })
  t.false(asked.some((url) => url.includes(idOf(390))))
  await page.locator('#matrix').evaluate((element) => element.scrollTo(0, element.scrollHeight))
  await page.waitForSelector(`${row(390)}.lost`)
})

test.serial('the filter takes the selectors of the command line while they are typed, and says what is wrong with one', async (t) => {
  const { page } = await sit(t, fakePool(100))
  const rows = () => page.locator('#matrix tbody tr')
  const filter = async (text: string, said: RegExp) => {
    await page.fill('[name=q]', text)
    await page.locator('#filter-said', { hasText: said }).waitFor()
  }
  await filter('node00[10-19]', /^10 of 100 hosts$/)
  t.is(await rows().count(), 10)
  t.regex(page.url(), /\?q=node00/)
  await filter('@db,-node0011', /^9 of 100 hosts$/)
  await filter('node00[', /numbers and ranges|"\]" is missing/)
  t.is(await rows().count(), 9, 'what was shown stays')
  await filter('0042', /names with 0042 in them/)
  t.is(await rows().count(), 1)
  await page.fill('[name=q]', '')
  await page.selectOption('[name=state]', 'pending')
  await page.locator('#filter-said', { hasText: /^2 of 100 hosts$/ }).waitFor()
  await page.reload()
  t.is(await rows().count(), 2, 'the address has the filter')
})

test.serial('head and first column stay in sight', async (t) => {
  const { page } = await sit(t, fakePool(200))
  await page.setViewportSize({ width: 900, height: 700 })
  await page.locator('#matrix').evaluate((element) => element.scrollTo(600, 2000))
  const box = await page.locator('#matrix').boundingBox()
  const head = await page.locator('#matrix thead').boundingBox()
  t.is(Math.round(head?.y ?? 0), Math.round((box?.y ?? 0) + 1))
  const first = await page.locator('#matrix tbody tr:nth-child(90) th').boundingBox()
  t.is(Math.round(first?.x ?? -1), Math.round(box?.x ?? 0))
})

test.serial('what is opened stays open when hosts change, and what is wanted on every host follows them', async (t) => {
  const pool = fakePool(8)
  const { page, server, complaints } = await sit(t, pool)
  await page.goto(`${server.origin}/site`)
  await page.waitForSelector('#live.on')
  await page.click('#c-c1 > summary')
  await page.waitForSelector('#c-c1 >> text=failed: the login was refused')
  await page.evaluate(`document.getElementById('connections').dataset.old = 'yes'`)
  pool.become(idOf(3), { state: 'lost' })
  await page.waitForSelector('#connections:not([data-old])')
  await page.waitForSelector('#c-c1[open] >> text=failed: the login was refused')
  t.is(await page.locator('#c-c2[open]').count(), 0)
  await page.fill('[name=portal]', '10.77.0.2')
  await page.click('button.main:has-text("Connect")')
  await page.waitForSelector('#notice >> text=Hosts log in to all targets at 10.77.0.2')
  await page.waitForSelector('#c-c3')
  t.deepEqual(complaints, [])
})

test.serial(
  'a page that has lost its manager says so with since when, greys what it shows, and its buttons say that nobody hears',
  async (t) => {
    const { page, context, server } = await sit(t, fakePool(8))
    const began = Date.now()
    await context.route(/\/live(\?|$)/, (route) => route.abort())
    await page.goto(`${server.origin}/pending`)
    const lost = page.locator('#lost')
    await lost.waitFor()
    const said = (await lost.textContent()) ?? ''
    const [, since = ''] = /^The manager does not answer since (\d\d:\d\d:\d\d): all that is shown is as it was then/.exec(said) ?? []
    const [then, now] = [began - 1000, Date.now()].map((at) => new Date(at).toLocaleTimeString('en-GB'))
    t.true(then !== undefined && now !== undefined && (then > now || (since >= then && since <= now)), said)
    t.is(await page.evaluate(`getComputedStyle(document.getElementById('main')).filter`), 'grayscale(1)')
    await context.route(/\/approve$/, (route) => route.abort())
    await page.click(`#p-${idOf(0)} button:has-text("Approve")`)
    await page.waitForSelector('#notice .refused >> text=whether this was done is not known')
    await context.unroute(/\/live(\?|$)/)
    await page.waitForSelector('#live.on')
    await lost.waitFor({ state: 'hidden' })
    t.is(await page.evaluate(`getComputedStyle(document.getElementById('main')).filter`), 'none')
  },
)

test.serial('a manager of which nothing is heard any more is away, also where the network closes nothing', async (t) => {
  const { page, server } = await sit(t, fakePool(8))
  await page.clock.install()
  await page.goto(server.origin)
  await page.waitForSelector('#live.on')
  await page.clock.fastForward(39_000)
  t.is(await page.locator('#live.on').count(), 1)
  await page.clock.fastForward(2000)
  await page.waitForSelector('#live.away')
  await page.clock.fastForward(3000)
  await page.waitForSelector('#live.on', { state: 'attached' })
})

test.serial('the audit log says when, and not how long ago', async (t) => {
  const { page, server } = await sit(t, fakePool(8))
  await page.goto(`${server.origin}/audit`)
  await page.waitForSelector('#live.on')
  for (const said of await page.locator('.audit time').allTextContents()) t.regex(said, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)
  t.true((await page.locator('.audit time').count()) > 0)
})

test.serial('who is signed out elsewhere is asked to sign in again', async (t) => {
  const { page, server, context } = await sit(t, fakePool(8))
  const [cookie] = await context.cookies()
  await server.access.signOut(cookie?.value ?? '')
  await page.click(`#p-${idOf(0)} button:has-text("Approve")`)
  await page.waitForURL(/\/signin/)
  t.pass()
})

test.serial('without scripts the same buttons work', async (t) => {
  const pool = fakePool(8)
  const { server } = await sit(t, pool)
  const context = await browser.newContext({ ignoreHTTPSErrors: true, javaScriptEnabled: false })
  t.teardown(() => context.close())
  const page = await context.newPage()
  await page.goto(`${server.origin}/pending`)
  await page.fill('[name=user]', USERS.operator)
  await page.fill('[name=password]', PASSWORD)
  await page.click('button.main')
  await page.waitForURL(/\/pending$/)
  await page.click(`#p-${idOf(0)} button:has-text("Approve")`)
  await page.waitForURL(/\/hosts\/node0001$/)
  t.is(await page.locator('h1 .state').textContent(), 'up')
})

const HOSTILE: readonly string[] = [
  `<script>window.harm=1</script>`,
  `"><img src=x onerror=window.harm=1>`,
  `' onmouseover='window.harm=1`,
  '{{constructor}}</title></textarea><svg onload=window.harm=1>',
  '\u202egnp.exe\u2066\u0000\u200f\u001b[31m',
  'x'.repeat(10_000),
  'ﷺ'.repeat(500),
]

test.serial('names that mean harm are text on every page: no script runs, nothing is out of place', async (t) => {
  const nameOf = (index: number) => HOSTILE[index % HOSTILE.length] ?? ''
  const pool = fakePool(2 * HOSTILE.length, {
    pending: HOSTILE.length,
    changed: (index) => ({
      name: nameOf(index),
      notes: nameOf(index),
      groups: [nameOf(index)],
      image: { image: nameOf(index), generation: nameOf(index) },
    }),
  })
  for (const [index, name] of HOSTILE.entries()) {
    pool.raise({ key: name, kind: name, host: idOf(index), text: name, raised: 1, last: 1, times: 2 })
  }
  for (const [index, name] of HOSTILE.entries()) {
    pool.vms.push(fakeGuest(index, { name, notes: name, why: name, image: name, hostName: name, networks: [name], tags: [name] }))
  }
  const { page, server, complaints } = await sit(t, pool)
  await server.access.audit({ who: nameOf(0), peer: nameOf(1), what: HOSTILE.join(' ') })
  const hosts = HOSTILE.map((_, index) => `/hosts/${idOf(index + HOSTILE.length)}`)
  const guests = [1, 5].map((index) => `/guests/${uuidOfGuest(index)}`)
  const asked = `/cpu?from=${encodeURIComponent(HOSTILE.slice(0, 5).join(''))}&to=${idOf(1)}`
  for (const path of [
    '/',
    '/pending',
    '/guests',
    ...guests,
    ...hosts,
    '/networks',
    '/storage',
    '/vm-images',
    '/site',
    asked,
    '/alarms',
    '/users',
    '/audit',
  ]) {
    await page.goto(server.origin + path)
    await page.waitForSelector('#live.on')
    t.is(await page.evaluate('window.harm'), undefined, path)
    const width = await page.evaluate('document.documentElement.scrollWidth')
    t.true(Number(width) <= 1440, `${path} is ${width} wide`)
    t.notRegex(await page.content(), /[\u202a-\u202e\u2066-\u2069]/u, path)
  }
  await page.goto(server.origin)
  const heights = await page.locator('#matrix tbody tr').evaluateAll((rows) => rows.map((one) => one.getBoundingClientRect().height))
  t.true(Math.max(...heights) < 40, 'a row is a row')
  t.deepEqual(complaints, [])
})
