// Every page as axe-core reads it, on a wide and a narrow screen, light and dark: nothing that keeps somebody from using it.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import test from 'ava'
import type { Browser, Page } from 'playwright-core'
import { placeWith } from './coming-by-issuer.ts'
import { ADDRESSES, fullPool, PAGE_NAMES, pageNamesOn, visitAll } from './every-page.ts'
import { fakePool } from './fake-pool.ts'
import { startBrowser, startPages } from './page-server.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Found {
  readonly id: string
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
}

/** A line each: the rule, and what breaks it. */
async function violations(page: Page): Promise<readonly string[]> {
  // Evaluated, and no script of the page's: its policy takes none that is not its own.
  await page.evaluate(AXE)
  const found = await page.evaluate<readonly Found[]>('axe.run(document, { resultTypes: ["violations"] }).then((all) => all.violations)')
  return found.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary = '' }) => `${id}: ${html.slice(0, 160)}: ${failureSummary}`))
}

let browser: Browser
test.before(async () => {
  browser = await startBrowser()
})
test.after.always(() => browser?.close())

test('each route that is a page has its address among those that are visited', async (t) => {
  const server = await startPages(fakePool(1))
  t.teardown(() => server.close())
  const routes = server.pages.routes.filter(({ kind }) => kind === 'page').map(({ path }) => path)
  t.deepEqual(Object.keys(ADDRESSES).toSorted(), routes.toSorted())
})

for (const [width, colorScheme] of [
  [1440, 'light'],
  [390, 'dark'],
] as const) {
  test(`axe-core finds nothing on any page, and none is too wide, ${width} wide and ${colorScheme}`, async (t) => {
    t.timeout(300_000)
    const place = await placeWith(t, {}, { pool: fullPool() })
    const fresh = await startPages(fakePool(1), { users: 'none' })
    t.teardown(() => fresh.close())
    const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width, height: 900 }, colorScheme })
    t.teardown(() => context.close())
    const page = await context.newPage()
    const names = new Set<string>()
    await visitAll(page, place, fresh, async (what) => {
      for (const name of await pageNamesOn(page)) names.add(name)
      t.deepEqual(await violations(page), [], what)
      t.is(await page.evaluate('document.documentElement.scrollWidth - innerWidth'), 0, `${what}: as wide as the screen`)
    })
    t.deepEqual([...names].toSorted(), PAGE_NAMES.toSorted(), 'every template of a page was seen')
  })
}
