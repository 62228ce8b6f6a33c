// Sign-in by an issuer in a real browser, whose rules for cookies of other sites are what makes the way back hard.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import test, { type ExecutionContext } from 'ava'
import type { Browser, Page } from 'playwright-core'
import { placeWith } from './coming-by-issuer.ts'
import { startBrowser } from './page-server.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** A folder for pictures of the page, for a person to look at. */
const PICTURES = process.env.HOSTLESS_PICTURES

let browser: Browser
test.before(async () => {
  browser = await startBrowser()
})
test.after.always(() => browser?.close())

async function look(t: ExecutionContext, page: Page, name: string): Promise<void> {
  await page.evaluate(AXE)
  const found = await page.evaluate<readonly string[]>(
    'axe.run(document, { resultTypes: ["violations"] }).then((all) => all.violations.map(({ id, nodes }) => id + ": " + nodes[0].html))',
  )
  t.deepEqual(found, [], name)
  t.true(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth'), name)
  if (PICTURES) await page.screenshot({ path: `${PICTURES}/${name}.png` })
}

test.serial('by the button to the issuer, back, and on to the page that was asked for, signed in', async (t) => {
  const place = await placeWith(t)
  place.issuer.showsPage = true
  const context = await browser.newContext({ ignoreHTTPSErrors: true })
  t.teardown(() => context.close())
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())))
  await page.goto(`${place.server.origin}/guests?x=1`)
  t.is(await page.locator('h1').textContent(), 'Sign in')
  await page.click('a.button:has-text("Company login")')
  await page.click('text=It is me')
  await page.waitForURL(`${place.server.origin}/guests?x=1`)
  t.true(place.issuer.asked.includes('/authorize'))
  t.regex((await page.locator('header .self').textContent()) ?? '', /grace operator/)
  await page.goto(`${place.server.origin}/account`)
  t.regex((await page.locator('main').textContent()) ?? '', /You come in by/)
  // The issuer has no favicon.
  t.deepEqual(
    complaints.filter((one) => !one.includes('404')),
    [],
  )
})

test.serial('the page to sign in on is whole, narrow and wide, light and dark, and axe-core finds nothing on it', async (t) => {
  const place = await placeWith(t, { name: 'Company login of a long name, as may be' })
  place.issuer.error = 'access_denied'
  for (const width of [1440, 390])
    for (const colorScheme of ['light', 'dark'] as const) {
      const context = await browser.newContext({ ignoreHTTPSErrors: true, colorScheme, viewport: { width, height: 800 } })
      const page = await context.newPage()
      for (const what of ['first', 'refused'] as const) {
        await page.goto(`${place.server.origin}/signin`)
        if (what === 'refused') {
          await page.click('a.button')
          await page.waitForSelector('.refused')
        }
        await look(t, page, `signin-${width}-${colorScheme}-${what}`)
      }
      await context.close()
    }
})

test.serial('account and users show whose password is elsewhere, narrow and wide, light and dark', async (t) => {
  const place = await placeWith(t)
  place.issuer.person = { ...place.issuer.person, groups: ['rack-admins'] }
  for (const width of [1440, 390])
    for (const colorScheme of ['light', 'dark'] as const) {
      const context = await browser.newContext({ ignoreHTTPSErrors: true, colorScheme, viewport: { width, height: 800 } })
      const page = await context.newPage()
      await page.goto(`${place.server.origin}/signin?next=/account`)
      await page.click('a.button')
      await page.waitForURL(`${place.server.origin}/account`)
      await look(t, page, `account-${width}-${colorScheme}`)
      await page.goto(`${place.server.origin}/users`)
      await look(t, page, `users-${width}-${colorScheme}`)
      await context.close()
    }
})
