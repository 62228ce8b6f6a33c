// Every page as axe-core reads it, on a wide and a narrow screen, light and dark: nothing that keeps somebody from using it.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import test from 'ava'
import type { Page } from 'playwright-core'
import { wavesOf } from '../../fake-measures.ts'
import { fakeGuest, uuidOfGuest } from './fake-guests.ts'
import { idOf } from './fake-hosts.ts'
import { fakePool } from './fake-pool.ts'
import { PASSWORD, startBrowser, startPages, USERS } from './page-server.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const NOWHERE = '/nope'
const PAGES: readonly string[] = [
  ...['/', `/hosts/${idOf(1)}`, '/guests', `/guests/${uuidOfGuest(1)}`, '/guests/new', '/pending', '/boots', '/checklist'],
  ...['/networks', '/storage', '/vm-images', '/cpu', '/site', '/tasks', '/automations', '/alarms', '/notifications'],
  ...['/users', '/account', '/audit', NOWHERE],
]

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

test('axe-core finds nothing on any page', async (t) => {
  t.timeout(300_000)
  const pool = fakePool(20)
  for (let number = 1; number <= 4; number += 1) pool.vms.push(fakeGuest(number))
  const began = Date.now()
  pool.measures = (last) => wavesOf(last, began)
  const server = await startPages(pool)
  const browser = await startBrowser()
  t.teardown(async () => {
    await browser.close()
    await server.close()
  })
  for (const [width, colorScheme] of [
    [1440, 'light'],
    [390, 'dark'],
  ] as const) {
    const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width, height: 900 }, colorScheme })
    const page = await context.newPage()
    await page.goto(server.origin)
    t.deepEqual(await violations(page), [], `sign in, ${width} ${colorScheme}`)
    await page.fill('[name=user]', USERS.admin)
    await page.fill('[name=password]', PASSWORD)
    await page.click('text=Sign in >> nth=-1')
    await page.waitForSelector('#live.on', { state: 'attached' })
    for (const path of PAGES) {
      const answer = await page.goto(server.origin + path)
      t.is(answer?.status(), path === NOWHERE ? 404 : 200, path)
      t.deepEqual(await violations(page), [], `${path}, ${width} ${colorScheme}`)
    }
    await context.close()
  }
})
