// The charts of hosts and guests in a real browser: drawn, followed, read under the pointer, in light and dark, wide and narrow.
import test from 'ava'
import type { Browser, Page } from 'playwright-core'
import { nothingOf, wavesOf } from '../../fake-measures.ts'
import { until } from '../../site.ts'
import { fakeGuest, uuidOfGuest } from './fake-guests.ts'
import { idOf } from './fake-hosts.ts'
import { fakePool } from './fake-pool.ts'
import { startBrowser } from './page-server.ts'
import { sitting } from './sitting.ts'

let browser: Browser
test.before(async () => {
  browser = await startBrowser()
})
test.after.always(() => browser?.close())

const sit = sitting(() => browser)

/** Whose colour pixels of a canvas have: as many as there are other than the paper. */
const inked = (page: Page) =>
  page.evaluate<number[]>(`[...document.querySelectorAll('#measures canvas')].map((canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
    let count = 0
    for (let at = 3; at < data.length; at += 4) if (data[at] > 0) count += 1
    return count
  })`)

test.serial('CPU, memory, disks and network of a guest are drawn, follow its samples, and are read under the pointer', async (t) => {
  const pool = fakePool(4)
  pool.vms.push(fakeGuest(1))
  const begun = Date.now()
  pool.measures = (last) => wavesOf(last, begun)
  const { page, server, complaints } = await sit(t, pool)
  await page.goto(`${server.origin}/guests/${uuidOfGuest(1)}`)
  await page.waitForSelector('#live.on')
  await page.waitForSelector('#chart-network canvas')
  t.is(await page.locator('#measures canvas').count(), 4)
  t.true((await inked(page)).every((count) => count > 1000))
  t.deepEqual(await page.locator('#measures figcaption b').allTextContents(), ['CPU', 'Memory', 'Disks', 'Network'])
  await page.waitForSelector('#measures .command >> text=hostless vm stats web1 --last 1h')

  await page.hover('#chart-cpu .plot')
  await page.waitForSelector('#measures .chart-at >> text=/at \\d\\d:\\d\\d:\\d\\d/')
  t.regex((await page.textContent('#chart-disk .line-1')) ?? '', /written \d+(\.\d)? [KM]iB\/s/)
  await page.mouse.move(0, 0)

  const first = await page.evaluate("document.querySelector('#chart-cpu .uplot').dataset.marked = 'yes'")
  t.is(first, 'yes')
  pool.measures = (last) => wavesOf(last, begun + 600_000)
  // The first refresh is at once, whatever the pace.
  pool.become(idOf(1), {}, 'sample')
  await page.waitForSelector(`#measures[data-until="${begun + 600_000}"]`)
  t.is(await page.getAttribute('#chart-cpu .uplot', 'data-marked'), 'yes', 'the drawing is the same one, and has new numbers')
  t.is(await page.locator('#measures canvas').count(), 4)

  await page.click('#measures .spans >> text=last day')
  await page.waitForSelector('#measures[data-last="1d"] canvas')
  await page.waitForSelector('#measures .command >> text=--last 1d')
  t.true((await inked(page)).every((count) => count > 1000))
  await page.hover('#chart-cpu .plot')
  await page.waitForSelector('#chart-cpu >> text=/\\d+ %, most \\d+ %/')
  t.deepEqual(complaints, [])
})

test.serial('charts fit from 390 pixels on, in light and dark, and are drawn in the colours of each', async (t) => {
  const pool = fakePool(4)
  pool.vms.push(fakeGuest(1))
  pool.measures = (last) => wavesOf(last, Date.UTC(2026, 10, 29, 12))
  const { page, server, complaints } = await sit(t, pool)
  const folder = process.env.HOSTLESS_SHOTS
  for (const [name, path] of [
    ['guest', `/guests/${uuidOfGuest(1)}`],
    ['host', `/hosts/${idOf(2)}?last=1d`],
  ] as const) {
    await page.goto(`${server.origin}${path}`)
    await page.waitForSelector('#measures canvas')
    const seen = new Set<string>()
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      for (const width of [1440, 1024, 390]) {
        await page.setViewportSize({ width, height: 900 })
        const isDrawn = `[...document.querySelectorAll('.plot')].every((one) => one.firstElementChild.clientWidth <= one.clientWidth)`
        await until('that it is drawn anew', () => page.evaluate<boolean>(isDrawn))
        const fits = `[...document.querySelectorAll('html, .scrolls, #measures')].every((one) => one.scrollWidth <= one.clientWidth)`
        t.true(await page.evaluate(fits), `${name} ${width}`)
        await page.locator('#measures').scrollIntoViewIfNeeded()
        const shot = await page
          .locator('#chart-cpu canvas')
          .screenshot(folder ? { path: `${folder}/cpu-${name}-${colorScheme}-${width}.png` } : {})
        if (folder) await page.locator('#measures').screenshot({ path: `${folder}/${name}-${colorScheme}-${width}.png` })
        seen.add(shot.toString('base64'))
      }
    }
    t.is(seen.size, 6)
  }
  t.deepEqual(complaints, [])
})

test.serial('of what was never measured nothing is drawn, and that is said; what one chart lacks the others have', async (t) => {
  const pool = fakePool(4)
  const { page, server, complaints } = await sit(t, pool)
  await page.goto(`${server.origin}/hosts/${idOf(2)}`)
  await page.waitForSelector('#live.on')
  await page.waitForSelector('#measures >> text=Nothing was measured in the last hour')
  t.is(await page.locator('#measures canvas').count(), 0)
  const until = Date.now()
  const waves = wavesOf('1h', until)
  const unknown = { mean: waves.times.map(() => null) }
  pool.measures = () => ({ ...waves, read: unknown, written: unknown })
  pool.become(idOf(2), {}, 'sample')
  await page.waitForSelector('#measures canvas')
  t.is(await page.locator('#measures canvas').count(), 3)
  await page.waitForSelector('#chart-disk >> text=Nobody has measured it')
  pool.measures = nothingOf
  await page.click('#measures .spans >> text=last day')
  await page.waitForSelector('#measures >> text=Nothing was measured in the last day')
  t.deepEqual(complaints, [])
})
