// The pages of notifications, boots and the first visit in a real browser: narrow, wide, light and dark, nothing is clipped.
import test from 'ava'
import type { Browser } from 'playwright-core'
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
const folder = process.env.HOSTLESS_PICTURES

test.serial('notifications, boots and the checklist have all their words at each width, and no page scrolls sideways', async (t) => {
  const pool = fakePool(1)
  pool.become(idOf(0), { trust: 'pending', state: 'pending' })
  const { page, server, complaints } = await sit(t, pool)
  for (const path of ['/notifications', '/boots', '/checklist', '/']) {
    await page.goto(`${server.origin}${path}`)
    for (const open of await page.locator('main details.thing > summary, main details.boot > summary').all()) await open.click()
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      for (const width of [1440, 1024, 390]) {
        await page.setViewportSize({ width, height: 900 })
        const wide = await page.evaluate(
          '[...document.querySelectorAll("html, main, main .scrolls")].filter((one) => one.scrollWidth > one.clientWidth + 1).length',
        )
        t.is(wide, 0, `${path} at ${width}`)
        const name = path === '/' ? 'start' : path.slice(1)
        if (folder) await page.screenshot({ path: `${folder}/${name}-${colorScheme}-${width}.png` })
      }
    }
  }
  await page.setViewportSize({ width: 1440, height: 900 })
  await page.goto(`${server.origin}/notifications`)
  await page.locator('#n-chat > summary').click()
  await page.click('#n-chat button:has-text("Send a test")')
  await page.waitForSelector('#notice >> text=it answers 401')
  await page.locator('#n-ops > summary').click()
  await page.click('#n-ops button:has-text("Send a test")')
  await page.waitForSelector('#notice >> text=ops took the test message')
  t.deepEqual(
    complaints.filter((one) => !/409/.test(one)),
    [],
  )
})
