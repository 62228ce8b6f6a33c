// The admin's page with 1,000 hosts × 123 things in Chromium: how much comes over the wire, how long until something is seen, until all
// rows are there, and from an event to the row on the page; what keeps it from answering while it is scrolled. Beside it the floor: the
// same rows as one plain table from memory by node:http, and a bare EventSource.

import { access } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { idOf, manyThings } from '../manager/doors/web/fake-hosts.ts'
import { type FakePool, fakePool } from '../manager/doors/web/fake-pool.ts'
import { startBrowser, startPages } from '../manager/doors/web/page-server.ts'
import { type Metric, mediansOf, metricTable } from './metric.ts'
import { type BenchOptions, inTurn, type Side } from './options.ts'
import { median } from './statistics.ts'

const HOSTS = 1000
const THINGS = manyThings(123)
const EVENTS = 20
const SCROLLS = 40
/** A notch of a wheel, pixels; how many; and milliseconds between two. */
const WHEEL = { notch: 120, turns: 100, between: 50 }
/** Where the changing host is in the table: in sight. */
const SEEN = 5
const PEER = 'plain table'

export const PAGE_TITLE = `Page: ${HOSTS} hosts × ${THINGS.length} networks and storage in Chromium`
export const PAGE_NOTES = [
  'The peer is the floor: the same rows as one table without style, ready in memory, over HTTP without TLS; and a bare EventSource that sets one text.',
  'First paint is the first contentful one; from an event to the page is a state change until the frame after it stands in the row, the median of 20.',
  `Long tasks are those that keep the page from answering for 50 ms or more while it is scrolled, down and across: by a wheel, ${1000 / WHEEL.between} notches a second, and`,
  `${SCROLLS} times by most of a screen, as fast as it can.`,
  'Aims: below 300 kB on the wire, first paint below 1000 ms, no long task, from an event to the page below 500 ms.',
]

export async function missingForPage(): Promise<string | undefined> {
  return access('/usr/bin/chromium').then(
    () => undefined,
    () => 'chromium is not installed: apt-get install chromium',
  )
}

export interface PageResult {
  readonly runs: readonly { readonly side: Side; readonly metrics: readonly Metric[] }[]
  readonly table: string
}

export async function runPage({ runs: count, sides }: BenchOptions): Promise<PageResult> {
  const browser = await startBrowser()
  const runs: { side: Side; metrics: readonly Metric[] }[] = []
  try {
    for (let run = 1; run <= count; run += 1) {
      for (const side of inTurn(sides, run))
        runs.push({ side, metrics: await (side === 'ours' ? measureOurs(browser) : measurePeer(browser)) })
    }
  } finally {
    await browser.close()
  }
  const medians = sides.map((side) => [side, mediansOf(runs.filter((run) => run.side === side).map(({ metrics }) => metrics))] as const)
  return { runs, table: metricTable(PEER, Object.fromEntries(medians)) }
}

async function measureOurs(browser: Browser): Promise<readonly Metric[]> {
  const pool = fakePool(HOSTS, { pending: 0, things: THINGS })
  const server = await startPages(pool)
  const context = await newContext(browser)
  try {
    const { cookie } = await server.session('admin')
    const [name = '', value = ''] = cookie.split('=')
    await context.addCookies([{ name, value, url: server.origin, secure: true, httpOnly: true, sameSite: 'Strict' }])
    const page = await context.newPage()
    await page.goto(`${server.origin}/pending`) // the connection and the stylesheet are there, as for whoever has it open all day
    const painted = await firstPaint(page, server.origin)
    await page.waitForSelector('#live.on')
    const scrolled = await scrolledBoth(page, '#matrix')
    return [...painted, ...scrolled, await eventToPage(page, `#h-${idOf(SEEN)} .st`, (state) => change(pool, state))]
  } finally {
    await context.close()
    await server.close()
  }
}

function change(pool: FakePool, state: 'up' | 'lost'): void {
  pool.become(idOf(SEEN), { state })
}

async function measurePeer(browser: Browser): Promise<readonly Metric[]> {
  const html = await plainTable()
  const followers = new Set<ServerResponse>()
  const server = createServer((request, response) => {
    if (request.url !== '/events') return void response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(html)
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('\n')
    followers.add(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const origin = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  const context = await newContext(browser)
  try {
    const page = await context.newPage()
    await page.goto('about:blank')
    const painted = await firstPaint(page, origin)
    await page.waitForFunction('source.readyState === 1')
    const scrolled = await scrolledBoth(page, 'html')
    const tell = (state: string) => {
      for (const follower of followers) follower.write(`data: ${state}\n\n`)
    }
    return [...painted, ...scrolled, await eventToPage(page, '#changing', tell)]
  } finally {
    await context.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

async function plainTable(): Promise<string> {
  const pool = fakePool(HOSTS, { pending: 0, things: THINGS })
  const { hosts, rows } = pool.matrix()
  const body = hosts.map(({ name, state }, index) => {
    const cells = rows.map(({ cells: of }) => `<td>${of[index]?.reached ? '✓' : '✗'}`).join('')
    return `<tr><th>${name}<td${index === SEEN ? ' id=changing' : ''}>${state}<td>dom0<td>1<td>50<td>50<td>5${cells}`
  })
  const head = ['Host', 'State', 'Image', 'Group', 'CPU', 'Memory', 'Guests', ...rows.map(({ name }) => name)].map((name) => `<th>${name}`)
  const script = `<script>const source = new EventSource('/events'); source.onmessage = ({ data }) => { changing.textContent = data }</script>`
  return `<!doctype html><title>Floor</title><table><tr>${head.join('')}${body.join('')}</table>${script}`
}

function newContext(browser: Browser): Promise<BrowserContext> {
  return browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1440, height: 900 } })
}

async function firstPaint(page: Page, url: string): Promise<readonly Metric[]> {
  await page.goto(url, { waitUntil: 'load' })
  // Evaluated once: a page that lets no string become code lets nobody ask again and again.
  const paint = await page.evaluate(`new Promise((resolve) => {
    const tell = (list) => list.getEntriesByName('first-contentful-paint').forEach(({ startTime }) => resolve(startTime))
    new PerformanceObserver(tell).observe({ type: 'paint', buffered: true })
  })`)
  const parsed = await page.evaluate(`performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd`)
  const bytes = await page.evaluate(`performance.getEntriesByType('navigation')[0].encodedBodySize`)
  return [
    { name: 'on the wire', unit: 'kB', better: 'less', value: Number(bytes) / 1000 },
    milliseconds('first paint', Number(paint)),
    milliseconds('all rows there', Number(parsed)),
  ]
}

/** Of the whole while `selector` is scrolled; at its beginning afterwards. */
async function scrolledBoth(page: Page, selector: string): Promise<readonly Metric[]> {
  const byWheel = await longTasks(page, 'by a wheel', async () => {
    await page.mouse.move(700, 500)
    for (let turn = 1; turn <= WHEEL.turns; turn += 1) {
      await (turn % 10 === 0 ? page.mouse.wheel(WHEEL.notch, 0) : page.mouse.wheel(0, WHEEL.notch))
      await pause(WHEEL.between)
    }
  })
  const byScreens = await longTasks(page, 'by screens', () =>
    page.evaluate(`(async () => {
    const box = document.querySelector(${JSON.stringify(selector)})
    box.scrollTo(0, 0)
    const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
    for (let step = 0; step < ${SCROLLS}; step += 1) {
      if (step % 4 === 3) box.scrollBy(box.clientWidth * 0.8, 0)
      else box.scrollBy(0, innerHeight * 0.8)
      await frame()
      await frame()
    }
  })()`),
  )
  await page.evaluate(`document.querySelector(${JSON.stringify(selector)}).scrollTo(0, 0)`)
  return [...byWheel, ...byScreens]
}

async function longTasks(page: Page, how: string, scroll: () => Promise<unknown>): Promise<readonly Metric[]> {
  await page.evaluate(`{
    globalThis.long = []
    globalThis.watching = new PerformanceObserver((list) => long.push(...list.getEntries().map(({ duration }) => duration)))
    watching.observe({ type: 'longtask' })
  }`)
  await scroll()
  const durations = await page.evaluate<readonly number[]>(
    'new Promise((resolve) => setTimeout(() => { watching.disconnect(); resolve(long) }, 100))',
  )
  return [
    { name: `long tasks while scrolled ${how}`, unit: '', better: 'less', value: durations.length },
    milliseconds(`the longest of them, ${how}`, Math.max(0, ...durations)),
  ]
}

/** Node and Chromium read the same clock of one machine. */
async function eventToPage(page: Page, selector: string, tell: (state: 'up' | 'lost') => void): Promise<Metric> {
  const times: number[] = []
  for (let event = 0; event < EVENTS; event += 1) {
    const state = event % 2 === 0 ? 'lost' : 'up'
    const shown = page.evaluate(
      `new Promise((resolve) => {
        const look = () => document.querySelector(${JSON.stringify(selector)})?.textContent === '${state}'
          ? requestAnimationFrame(() => resolve(performance.timeOrigin + performance.now())) : requestAnimationFrame(look)
        look()
      })`,
    )
    await page.evaluate('0') // what waits is in place
    const told = performance.timeOrigin + performance.now()
    tell(state)
    times.push(Number(await shown) - told)
  }
  return milliseconds('event to page', median(times))
}

function milliseconds(name: string, value: number): Metric {
  return { name, unit: 'ms', better: 'less', value }
}
